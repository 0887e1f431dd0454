// db/query.h: a statement of db/queries, by the name of its file. db/queries.h, generated from that
// folder, has them all; no SQL is put together anywhere else.
#pragma once

#include <string_view>

namespace certbroker::db {

struct Query {
  std::string_view name;  // of the file, for error texts
  std::string_view sql;   // with $1, $2, … for parameters
};

}  // namespace certbroker::db
