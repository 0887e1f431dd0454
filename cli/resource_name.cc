#include "cli/resource_name.h"

namespace certbroker::cli {

std::string WithCollection(std::string_view collection, std::string_view typed) {
  if (typed.empty() || typed.starts_with(collection)) return std::string(typed);
  return std::string(collection) + std::string(typed);
}

std::string IdOf(std::string_view collection, std::string_view name) {
  if (name.starts_with(collection)) name.remove_prefix(collection.size());
  return std::string(name);
}

}  // namespace certbroker::cli
