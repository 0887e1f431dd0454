// core/page_token.h: the opaque text between two pages of a list: where to go on, and in which
// list. One form for every store, so that the fakes refuse what Postgres refuses.
#pragma once

#include <string>
#include <string_view>

#include "core/result.h"

namespace certbroker {

// `list` says which list under which filter ("orders agent=… unfinished"); `last` is the key of the
// page's last item.
std::string MakePageToken(std::string_view list, std::string_view last);

// The `last` of MakePageToken. kInvalidArgument for anything that was not made for the same `list`:
// a page of another filter would silently skip items (AIP-158), and so would one that was changed
// on its way. Not a secret and not a signature: a forged token can only name a place to go on from,
// which the store checks.
Result<std::string> ReadPageToken(std::string_view list, std::string_view token);

}  // namespace certbroker
