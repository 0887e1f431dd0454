// service/config/problems.h: everything that is wrong with one file, collected, so that an operator
// mends it in one go.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/result.h"

namespace certbroker::config {

class Problems {
 public:
  explicit Problems(std::string file_name) : file_name_(std::move(file_name)) {}

  // `line` counts from 1; 0: the file has no such place (a key that is missing with its table).
  // `key` is the whole path ("issuers[0].directory"); empty: the file itself.
  void Add(int line, std::string key, std::string_view what);

  std::size_t size() const { return problems_.size(); }

  // Success, or kConfigInvalid: the first problem by line, how many more there are, and one
  // violation per problem (at most 100): the key, and "file:line: key: what" as its description.
  Result<void> ToResult() const;

 private:
  struct Problem {
    int line = 0;
    std::string key;
    std::string text;  // "file:line: key: what"
  };
  std::string file_name_;
  std::vector<Problem> problems_;
};

}  // namespace certbroker::config
