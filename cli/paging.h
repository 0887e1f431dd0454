// cli/paging.h: reads a list page by page, as far as it was asked for.
#pragma once

#include <algorithm>
#include <utility>

#include "core/result.h"

namespace certbroker::cli {

inline constexpr int kDefaultLimit = 100;
inline constexpr int kLargestPage = 1000;  // what the service gives at most

// Calls `fetch`, a function from a request to Result<Response>, until there are `limit` items or
// no more; `items` gives the repeated field of a response. The answer's next_page_token is empty
// when nothing was left out, else it goes on where this ended. `limit` is at least 1.
template <class Response, class Request, class Fetch, class Items>
Result<Response> CollectPages(Request request, int limit, Fetch fetch, Items items) {
  Response all;
  do {
    request.set_page_size(std::min(limit - items(all)->size(), kLargestPage));
    request.set_page_token(all.next_page_token());
    ASSIGN_OR_RETURN(Response page, fetch(request));
    items(all)->MergeFrom(*items(page));
    // A service that repeats itself must not keep us for ever.
    if (page.next_page_token() == request.page_token()) page.clear_next_page_token();
    all.set_next_page_token(page.next_page_token());
  } while (!all.next_page_token().empty() && items(all)->size() < limit);
  return all;
}

// Calls `fetch` for every page of a list and `see` with each.
template <class Request, class Fetch, class See>
Result<void> EachPage(Fetch fetch, See see) {
  Request request;
  request.set_page_size(kLargestPage);
  do {
    ASSIGN_OR_RETURN(const auto page, fetch(request));
    see(page);
    // As above.
    const bool repeats = page.next_page_token() == request.page_token();
    request.set_page_token(repeats ? "" : page.next_page_token());
  } while (!request.page_token().empty());
  return {};
}

}  // namespace certbroker::cli
