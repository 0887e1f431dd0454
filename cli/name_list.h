// cli/name_list.h: lists in a line: DNS names, and that there is more than was asked for.
#pragma once

#include <string>

#include "google/protobuf/repeated_ptr_field.h"

namespace certbroker::cli {

using Names = google::protobuf::RepeatedPtrField<std::string>;

// "a.test, b.test +3": for a column.
std::string ShortNames(const Names& names);
// "a.test, b.test, c.test, d.test, e.test".
std::string AllNames(const Names& names);

// What follows a list that ended early; empty when it did not.
std::string MoreText(const std::string& next_page_token);

}  // namespace certbroker::cli
