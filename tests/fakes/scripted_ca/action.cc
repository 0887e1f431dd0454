#include "tests/fakes/scripted_ca/action.h"

#include <strings.h>

#include <algorithm>

namespace certbroker::scripted_ca {
namespace {

bool SameName(const std::string& a, const std::string& b) {
  return ::strcasecmp(a.c_str(), b.c_str()) == 0;
}

void RemoveHeader(Response& response, const std::string& name) {
  auto& headers = response.headers;
  headers.erase(std::remove_if(headers.begin(), headers.end(),
                               [&](const auto& header) { return SameName(header.first, name); }),
                headers.end());
}

void ChangeJson(const Action& action, Response& response) {
  if (action.merge.is_null() && action.patch.is_null()) return;
  Json json = Json::parse(response.body, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded()) return;
  if (!action.merge.is_null()) json.merge_patch(action.merge);
  if (!action.patch.is_null()) {
    // A patch that does not fit is a mistake in the script; the answer then goes out unpatched.
    try {
      json = json.patch(action.patch);
    } catch (const Json::exception&) {
    }
  }
  response.body = json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Action DropBefore() { return {.drop = Drop::kBeforeActing}; }
Action DropAfter() { return {.drop = Drop::kAfterActing}; }

Action Delay(std::chrono::milliseconds delay) {
  Action action;
  action.delay = delay;
  return action;
}

Action Refuse(Problem problem) {
  Action action;
  action.acts = false;
  action.problem = std::move(problem);
  return action;
}

Action BadNonce() {
  return Refuse({400, "badNonce", "the nonce is not one of ours, says a script"});
}

Action RateLimited(RetryAfterForm form, std::chrono::seconds delay) {
  Action action = Refuse({429, "rateLimited", "too many requests, says a script"});
  action.retry_after_form = form;
  action.retry_after = delay;
  return action;
}

Action Paused(const std::string& name, const std::string& unpause_url) {
  return Refuse({429, "rateLimited",
                 "Your account is temporarily prevented from requesting certificates for " + name +
                     " and possibly others. Please visit: " + unpause_url});
}

Action HtmlError(int status) {
  Action action = Body("<html><head><title>" + std::to_string(status) + "</title></head></html>\n",
                       "text/html");
  action.status = status;
  return action;
}

Action ServerError() { return Refuse({500, "serverInternal", "something broke, says a script"}); }

Action ServiceBusy(std::chrono::seconds delay) {
  Action action = Refuse({503, "rateLimited", "Service busy; retry later."});
  action.retry_after_form = RetryAfterForm::kSeconds;
  action.retry_after = delay;
  return action;
}

Action Shortened(std::size_t octets) {
  Action action;
  action.shorten_to = octets;
  return action;
}

Action CutAfter(std::size_t octets) {
  Action action;
  action.cut_after = octets;
  return action;
}

Action Trickle(std::size_t octets_per_second) {
  Action action;
  action.octets_per_second = octets_per_second;
  return action;
}

Action Body(std::string body, std::string content_type) {
  Action action;
  action.acts = false;
  action.body = std::move(body);
  action.content_type = std::move(content_type);
  return action;
}

Action DeepJson(std::size_t depth) {
  return Body(std::string(depth, '[') + std::string(depth, ']'));
}

Action HugeBody(std::size_t octets) {
  return Body(R"({"padding":")" + std::string(octets, 'x') + R"("})");
}

Action Merge(Json merge) {
  Action action;
  action.merge = std::move(merge);
  return action;
}

Action WithHeader(std::string name, std::string value) {
  Action action;
  action.headers.emplace_back(std::move(name), std::move(value));
  return action;
}

Action Wrong(Flaw flaw) {
  Action action;
  action.flaw = flaw;
  return action;
}

Action Raw(std::string octets) {
  Action action;
  action.raw = std::move(octets);
  return action;
}

Action BadStatusLine() { return Raw("HTTP/1.1 fine\r\nContent-Length: 2\r\n\r\n{}"); }

Action HeaderOverflow(std::size_t octets) {
  return Raw("HTTP/1.1 200 OK\r\nX-Padding: " + std::string(octets, 'x') +
             "\r\nContent-Length: 2\r\n\r\n{}");
}

Action EndlessHeaders(std::size_t fields) {
  std::string octets = "HTTP/1.1 200 OK\r\n";
  for (std::size_t i = 0; i < fields; ++i) octets += "X-" + std::to_string(i) + ": x\r\n";
  return Raw(std::move(octets));
}

Action ChunkedGarbage() {
  return Raw(
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2\r\n{}\r\nno number\r\n");
}

Action EarlyClose() { return Raw("HTTP/1.1 200 OK\r\nContent-Le"); }

Response Changed(const Action& action, Response response, Time now) {
  ChangeJson(action, response);
  if (action.status) response.status = *action.status;
  if (action.body) response.body = *action.body;
  if (action.content_type) response.content_type = *action.content_type;
  for (const std::string& name : action.remove_headers) RemoveHeader(response, name);
  response.headers.insert(response.headers.end(), action.headers.begin(), action.headers.end());
  if (action.retry_after_form != RetryAfterForm::kNone) {
    RemoveHeader(response, "Retry-After");
    response.headers.emplace_back("Retry-After",
                                  RetryAfterText(action.retry_after_form, action.retry_after, now));
  }
  if (action.shorten_to) {
    response.body.resize(std::min(response.body.size(), *action.shorten_to));
  }
  return response;
}

}  // namespace certbroker::scripted_ca
