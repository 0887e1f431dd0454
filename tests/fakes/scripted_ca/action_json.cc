#include "tests/fakes/scripted_ca/action_json.h"

#include "tests/fakes/scripted_ca/json_setters.h"

namespace certbroker::scripted_ca {
namespace {

constexpr const char* kUnpauseUrl = "https://ca.example/sfe/v1/unpause";

// The short forms: each is an action by itself, which other members then change.
struct ShortForm {
  std::optional<bool> bad_nonce;
  std::optional<std::string> rate_limited;
  std::optional<std::string> paused;
  std::optional<int> html;
  std::optional<std::size_t> deep_json;
  std::optional<std::size_t> huge_body;
  std::optional<std::string> malformed;

  Setters AsSetters() {
    return {{"bad_nonce", Into(bad_nonce)}, {"rate_limited", Into(rate_limited)},
            {"paused", Into(paused)},       {"html", Into(html)},
            {"deep_json", Into(deep_json)}, {"huge_body", Into(huge_body)},
            {"malformed", Into(malformed)}};
  }
};

std::optional<Action> MalformedFromName(const std::string& name) {
  constexpr std::size_t kPadding = std::size_t{1} << 20;
  constexpr std::size_t kFields = 10'000;
  if (name == "status_line") return BadStatusLine();
  if (name == "header_overflow") return HeaderOverflow(kPadding);
  if (name == "endless_headers") return EndlessHeaders(kFields);
  if (name == "chunks") return ChunkedGarbage();
  if (name == "early_close") return EarlyClose();
  return std::nullopt;
}

Result<Action> Begin(const ShortForm& form, const std::string& where) {
  if (form.bad_nonce.value_or(false)) return BadNonce();
  if (form.rate_limited) {
    const auto retry_after = RetryAfterFormFromName(*form.rate_limited);
    if (retry_after) return RateLimited(*retry_after);
    return Error(Reason::kConfigInvalid, where + ".rate_limited is no form of Retry-After");
  }
  if (form.paused) return Paused(*form.paused, kUnpauseUrl);
  if (form.html) return HtmlError(*form.html);
  if (form.deep_json) return DeepJson(*form.deep_json);
  if (form.huge_body) return HugeBody(*form.huge_body);
  if (form.malformed) {
    if (auto action = MalformedFromName(*form.malformed)) return *std::move(action);
    return Error(Reason::kConfigInvalid, where + ".malformed is no kind of malformed answer");
  }
  return Action();
}

std::optional<Drop> DropFromName(const std::string& name) {
  if (name == "no") return Drop::kNo;
  if (name == "before") return Drop::kBeforeActing;
  if (name == "after") return Drop::kAfterActing;
  return std::nullopt;
}

Setter IntoHeaders(std::vector<std::pair<std::string, std::string>>& out) {
  return [&out](const Json& json) {
    if (!json.is_object()) return false;
    for (const auto& [name, value] : json.items()) {
      if (!value.is_string()) return false;
      out.emplace_back(name, value.get<std::string>());
    }
    return true;
  };
}

Setter IntoProblem(Action& action) {
  return [&action](const Json& json) {
    Problem problem;
    const auto read = ReadObject(json, "problem",
                                 {{"status", Into(problem.status)},
                                  {"type", Into(problem.type)},
                                  {"detail", Into(problem.detail)},
                                  {"more", Into(problem.more)}});
    if (!read || !problem.more.is_object()) return false;
    action.problem = std::move(problem);
    action.acts = false;
    return true;
  };
}

Setters MembersOf(Action& action) {
  return {{"drop", IntoWord(action.drop, &DropFromName)},
          {"acts", Into(action.acts)},
          {"problem", IntoProblem(action)},
          {"delay_before", Into(action.delay_before)},
          {"delay", Into(action.delay)},
          {"flaw", IntoWord(action.flaw, &FlawFromName)},
          {"merge", Into(action.merge)},
          {"patch", Into(action.patch)},
          {"status", Into(action.status)},
          {"body", Into(action.body)},
          {"content_type", Into(action.content_type)},
          {"remove_headers", Into(action.remove_headers)},
          {"headers", IntoHeaders(action.headers)},
          {"retry_after_form", IntoWord(action.retry_after_form, &RetryAfterFormFromName)},
          {"retry_after", Into(action.retry_after)},
          {"shorten_to", Into(action.shorten_to)},
          {"cut_after", Into(action.cut_after)},
          {"octets_per_second", Into(action.octets_per_second)},
          {"raw", Into(action.raw)}};
}

}  // namespace

Result<Action> ActionFromJson(const Json& json, const std::string& where) {
  ShortForm form;
  Setters short_forms = form.AsSetters();
  Json rest = Json::object();
  Json begin = Json::object();
  if (json.is_object()) {
    for (const auto& [name, value] : json.items()) {
      (short_forms.count(name) != 0 ? begin : rest)[name] = value;
    }
  } else {
    rest = json;
  }
  RETURN_IF_ERROR(ReadObject(begin, where, short_forms));
  ASSIGN_OR_RETURN(Action action, Begin(form, where));
  RETURN_IF_ERROR(ReadObject(rest, where, MembersOf(action)));
  return action;
}

}  // namespace certbroker::scripted_ca
