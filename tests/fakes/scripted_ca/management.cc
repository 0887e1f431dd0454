#include "tests/fakes/scripted_ca/management.h"

#include "tests/fakes/scripted_ca/json_setters.h"
#include "tests/fakes/scripted_ca/script_file.h"

namespace certbroker::scripted_ca {
namespace {

Response Refused(int status, const std::string& why) {
  return JsonResponse(status, {{"error", why}});
}

Response NotAllowed() { return Refused(405, "this path does not take that method"); }

// {"advance": seconds} or {"now": time}; nothing when it was done.
std::optional<std::string> MoveClock(VirtualClock& clock, const std::string& body) {
  std::optional<std::chrono::seconds> advance;
  std::optional<std::string> now;
  const auto read = ReadObject(Json::parse(body, nullptr, /*allow_exceptions=*/false), "clock",
                               {{"advance", Into(advance)}, {"now", Into(now)}});
  if (!read) return read.error().detail();
  if (advance.has_value() == now.has_value()) return "say either \"advance\" or \"now\"";
  if (advance) {
    clock.Advance(*advance);
    return std::nullopt;
  }
  const auto time = ParseRfc3339(*now);
  if (!time) return "\"now\" is no time of RFC 3339";
  clock.Set(*time);
  return std::nullopt;
}

}  // namespace

Response Management::Clock(const Request& request) {
  if (request.method != "GET" && request.method != "POST") return NotAllowed();
  if (request.method == "POST") {
    if (const auto mistake = MoveClock(clock_, request.body)) return Refused(400, *mistake);
  }
  return JsonResponse(200, {{"now", FormatRfc3339(clock_.Now())}});
}

Response Management::Rules(const Request& request) {
  if (request.method == "DELETE") {
    ca_.script().Clear();
    return JsonResponse(200, Json::object());
  }
  if (request.method != "POST") return NotAllowed();
  auto rules = ParseRules(request.body);
  if (!rules) return Refused(400, rules.error().detail());
  for (Rule& rule : *rules) ca_.script().Add(std::move(rule));
  return JsonResponse(200, Json::object());
}

Response Management::Answer(const Request& request) {
  if (request.target == "/clock") return Clock(request);
  if (request.target == "/rules") return Rules(request);
  if (request.target == "/report") {
    return request.method == "GET" ? JsonResponse(200, Report(ca_)) : NotAllowed();
  }
  return Refused(404, "there are /clock, /report and /rules");
}

Json Report(const ScriptedCa& ca) {
  return {{"requests", ca.record().ToJson()},
          {"accounts", ca.accounts().size()},
          {"orders", ca.orders().size()},
          {"certificates", ca.certificates().size()}};
}

}  // namespace certbroker::scripted_ca
