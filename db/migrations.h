// db/migrations.h: the schema, as the files of db/migrations in the order of their numbers,
// embedded at build time.
#pragma once

#include <span>
#include <string_view>

namespace certbroker::db {

struct Migration {
  int version;  // 1, 2, 3, … without gaps
  std::string_view name;
  std::string_view checksum;  // SHA-256 of the file, lower-case hex
  std::string_view sql;
};

std::span<const Migration> AllMigrations();

}  // namespace certbroker::db
