# embed_sql.cmake: SQL files become constants of the program, so that a binary and its SQL cannot differ.
#
#   certbroker_embed_queries(OUT_SOURCES sources OUT_INCLUDE dir)
#     db/queries/*.sql     -> db/queries.h: `extern const Query kLeaseOrders;` for lease_orders.sql. Comment lines are left out.
#     db/migrations/*.sql  -> the table behind db/migrations.h, with each file's SHA-256.
#
# The same file is the script that writes them at build time (cmake -P), so that an edited file is embedded without configuring
# again.

if(NOT CMAKE_SCRIPT_MODE_FILE)
  set(embed_sql_script "${CMAKE_CURRENT_LIST_FILE}")

  function(certbroker_embed_queries)
    cmake_parse_arguments(arg "" "OUT_SOURCES;OUT_INCLUDE" "" ${ARGN})
    set(out "${CMAKE_CURRENT_BINARY_DIR}/sql")
    file(GLOB sql_files CONFIGURE_DEPENDS queries/*.sql migrations/*.sql)
    set(outputs "${out}/db/queries.h" "${out}/queries.cc" "${out}/migrations.cc")
    add_custom_command(
      OUTPUT ${outputs}
      COMMAND "${CMAKE_COMMAND}" "-DSOURCE=${CMAKE_CURRENT_SOURCE_DIR}" "-DOUT=${out}" -P "${embed_sql_script}"
      DEPENDS ${sql_files} "${embed_sql_script}"
      COMMENT "Embedding SQL"
      VERBATIM)
    set(${arg_OUT_SOURCES} ${outputs} PARENT_SCOPE)
    set(${arg_OUT_INCLUDE} "${out}" PARENT_SCOPE)
  endfunction()
  return()
endif()

# "lease_orders" -> "kLeaseOrders"
function(constant_name out name)
  string(REPLACE "_" ";" words "${name}")
  set(result "k")
  foreach(word IN LISTS words)
    string(SUBSTRING "${word}" 0 1 first)
    string(SUBSTRING "${word}" 1 -1 rest)
    string(TOUPPER "${first}" first)
    string(APPEND result "${first}${rest}")
  endforeach()
  set(${out} "${result}" PARENT_SCOPE)
endfunction()

set(header "// Generated from db/queries by cmake/embed_sql.cmake.\n#pragma once\n\n#include \"db/query.h\"\n\n")
string(APPEND header "namespace certbroker::db::sql {\n\n")
set(source "#include \"db/queries.h\"\n\nnamespace certbroker::db::sql {\n\n")
file(GLOB files "${SOURCE}/queries/*.sql")
foreach(file IN LISTS files)
  cmake_path(GET file STEM name)
  constant_name(constant "${name}")
  file(READ "${file}" text)
  string(REGEX REPLACE "(^|\n)--[^\n]*" "" text "${text}")
  string(STRIP "${text}" text)
  string(APPEND header "extern const Query ${constant};\n")
  string(APPEND source "const Query ${constant}{\"${name}\", R\"sql(${text})sql\"};\n")
endforeach()
string(APPEND header "\n}  // namespace certbroker::db::sql\n")
string(APPEND source "\n}  // namespace certbroker::db::sql\n")

set(migrations "#include \"db/migrations.h\"\n\n#include <array>\n\nnamespace certbroker::db {\nnamespace {\n\n")
string(APPEND migrations "constexpr auto kMigrations = std::to_array<Migration>({\n")
file(GLOB files "${SOURCE}/migrations/*.sql")
foreach(file IN LISTS files)
  cmake_path(GET file STEM stem)
  if(NOT stem MATCHES "^([0-9][0-9][0-9][0-9])_([a-z_]+)$")
    message(FATAL_ERROR "${file}: a migration is named NNNN_what.sql")
  endif()
  set(name "${CMAKE_MATCH_2}")
  string(REGEX REPLACE "^0+" "" version "${CMAKE_MATCH_1}")
  file(READ "${file}" text)
  file(SHA256 "${file}" checksum)
  string(APPEND migrations "    {${version}, \"${name}\", \"${checksum}\", R\"sql(${text})sql\"},\n")
endforeach()
string(APPEND migrations "});\n\n}  // namespace\n\nstd::span<const Migration> AllMigrations() { return kMigrations; }\n\n")
string(APPEND migrations "}  // namespace certbroker::db\n")

file(WRITE "${OUT}/db/queries.h" "${header}")
file(WRITE "${OUT}/queries.cc" "${source}")
file(WRITE "${OUT}/migrations.cc" "${migrations}")
