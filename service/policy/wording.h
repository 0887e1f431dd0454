// service/policy/wording.h: how lists and names look in what policy says to people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace certbroker::policy {

// In quotes, printable, cut.
std::string Quoted(std::string_view text);
// "a, b, c and 4 more".
std::string Joined(const std::vector<std::string>& items);
// In quotes; the CA's default has no name.
std::string ProfileName(std::string_view profile);

}  // namespace certbroker::policy
