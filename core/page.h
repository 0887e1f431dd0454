// core/page.h: one page of a list, newest first.
#pragma once

#include <string>
#include <vector>

namespace certbroker {

struct PageRequest {
  int size = 100;     // 1 to 1000; the store clamps
  std::string token;  // empty: first page; else the next_token of the page before. A foreign token
                      // is kInvalidArgument.
};

template <class T>
struct Page {
  std::vector<T> items;
  std::string next_token;  // empty: this was the last
};

}  // namespace certbroker
