#include "tests/fakes/scripted_ca/json_setters.h"

namespace certbroker::scripted_ca {

Result<void> ReadObject(const Json& json, const std::string& where, const Setters& setters) {
  if (!json.is_object()) return Error(Reason::kConfigInvalid, where + " is no JSON object");
  for (const auto& [name, value] : json.items()) {
    const auto setter = setters.find(name);
    if (setter == setters.end()) {
      return Error(Reason::kConfigInvalid, where + " has no member '" + Printable(name) + "'");
    }
    if (!setter->second(value)) {
      return Error(Reason::kConfigInvalid, where + "." + name + " has a wrong value");
    }
  }
  return {};
}

}  // namespace certbroker::scripted_ca
