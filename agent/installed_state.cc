#include "agent/installed_state.h"

#include <utility>

#include "agent/json_fields.h"

namespace certbroker::agent {
namespace {

constexpr int kStateVersion = 1;

}  // namespace

std::string InstalledState::ToJson() const {
  nlohmann::ordered_json json = {{"version", kStateVersion},
                                 {"certificate", certificate},
                                 {"order", order},
                                 {"serial", serial}};
  AddWish(wish, json);
  return json.dump(2) + "\n";
}

Result<InstalledState> InstalledState::Parse(std::string_view text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!HasVersion(json, kStateVersion)) {
    return Error(Reason::kFileUnusable, "is no state file of this version of certbroker-agent");
  }
  ASSIGN_OR_RETURN(Wish wish, WishIn(json));
  InstalledState state{.certificate = TextAt(json, "certificate"),
                       .order = TextAt(json, "order"),
                       .serial = TextAt(json, "serial"),
                       .wish = std::move(wish)};
  if (state.certificate.empty()) {
    return Error(Reason::kFileUnusable, "does not say which certificate it is about");
  }
  return state;
}

}  // namespace certbroker::agent
