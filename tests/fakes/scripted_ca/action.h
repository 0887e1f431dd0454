// tests/fakes/scripted_ca/action.h: what a scripted answer does differently.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/fakes/scripted_ca/flaw.h"
#include "tests/fakes/scripted_ca/problem.h"
#include "tests/fakes/scripted_ca/retry_after.h"

namespace certbroker::scripted_ca {

enum class Drop { kNo, kBeforeActing, kAfterActing };

struct Action {
  Drop drop = Drop::kNo;  // of the connection
  // False: the request is not acted upon; an empty answer of status 200, changed as below.
  bool acts = true;
  std::optional<Problem> problem = {};  // the answer, without acting
  std::chrono::milliseconds delay_before{0};
  std::chrono::milliseconds delay{0};  // after acting, before answering
  Flaw flaw = Flaw::kNone;             // of a certificate that this request makes

  // Changes to the answer, in this order.
  Json merge = {};  // RFC 7396, on a JSON body; null: none
  Json patch = {};  // RFC 6902; null: none
  std::optional<int> status = {};
  std::optional<std::string> body = {};
  std::optional<std::string> content_type = {};                   // empty: none sent
  std::vector<std::string> remove_headers = {};                   // "Replay-Nonce", "Link", …
  std::vector<std::pair<std::string, std::string>> headers = {};  // added
  RetryAfterForm retry_after_form = RetryAfterForm::kNone;
  std::chrono::seconds retry_after{0};
  std::optional<std::size_t> shorten_to = {};  // octets of the body; the answer looks complete
  std::optional<std::size_t> cut_after = {};   // octets; then the connection closes
  std::size_t octets_per_second = 0;           // of the body; 0: as fast as it goes

  // These octets, whatever they are, instead of all that; then the connection closes.
  std::optional<std::string> raw = {};
};

Action DropBefore();
Action DropAfter();
Action Delay(std::chrono::milliseconds delay);
Action Refuse(Problem problem);
Action BadNonce();
// 429 "rateLimited", with Retry-After or without.
Action RateLimited(RetryAfterForm form, std::chrono::seconds delay = {});
// 429 as Let's Encrypt says that an account may not order a name until an operator has acted.
Action Paused(const std::string& name, const std::string& unpause_url);
// A balancer's page: no problem document.
Action HtmlError(int status);
Action ServerError();  // 500 serverInternal
Action ServiceBusy(
    std::chrono::seconds delay);  // 503 rateLimited, as from Let's Encrypt's balancer
Action Shortened(std::size_t octets);
Action CutAfter(std::size_t octets);
Action Trickle(std::size_t octets_per_second);
Action Body(std::string body, std::string content_type = "application/json");
Action DeepJson(std::size_t depth);
Action HugeBody(std::size_t octets);
Action Merge(Json merge);
Action WithHeader(std::string name, std::string value);
Action Wrong(Flaw flaw);
// The request is acted upon, the answer breaks HTTP/1.1 (RFC 9112).
Action Raw(std::string octets);
Action BadStatusLine();
Action HeaderOverflow(std::size_t octets);  // of one field
Action EndlessHeaders(std::size_t fields);  // and no empty line after them
Action ChunkedGarbage();                    // a chunk's size that is no number
Action EarlyClose();                        // within the header

// `response` as the action changes it.
Response Changed(const Action& action, Response response, Time now);

}  // namespace certbroker::scripted_ca
