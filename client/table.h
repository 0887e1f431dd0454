// client/table.h: rows of text in aligned columns.
#pragma once

#include <string>
#include <vector>

namespace certbroker::client {

class Table {
 public:
  explicit Table(std::vector<std::string> headers);
  // One cell per header. Each is made printable; an empty one is shown as "-".
  void Add(std::vector<std::string> cells);

  bool empty() const { return rows_.size() == 1; }
  // Two spaces between columns, nothing at the end of a line, a newline after each.
  std::string Text() const;

 private:
  std::vector<std::vector<std::string>> rows_;  // the headers first
};

}  // namespace certbroker::client
