// cli/field_list.h: one thing's fields for people: a name and a value per line, aligned.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace certbroker::cli {

class FieldList {
 public:
  // The value is made printable; an empty one is left out.
  void Add(std::string_view name, std::string_view value);

  // Ends with a newline, unless it is empty.
  std::string Text() const;

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

}  // namespace certbroker::cli
