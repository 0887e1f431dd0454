#include "service/engine/account_rollover.h"

#include <utility>

#include <fmt/format.h>

#include "acme/link.h"
#include "acme/messages.h"
#include "acme/order_step.h"
#include "acme/payloads.h"
#include "acme/problem.h"

namespace certbroker::engine {
namespace {

using std::chrono::milliseconds;
using Ending = RolloverOutcome::End;

constexpr milliseconds kOrdersCheck{1'000};
// After its exchange has timed out, a request may still be under way to the CA for so long.
constexpr milliseconds kLateArrival{15'000};
constexpr std::string_view kNoAccount = "accountDoesNotExist";

Error AnothersKey(const AccountKey& key, const std::string& account_url) {
  return {Reason::kCaRejected,
          fmt::format("the CA knows the key with thumbprint {} as that of another account, {} (RFC "
                      "8555 §7.3.5): the account keeps its key; provision another key, which no CA "
                      "has seen, and roll over to that",
                      key.thumbprint, Printable(account_url, 256))};
}

}  // namespace

AccountRollover::AccountRollover(Deps deps, const Issuer& issuer, Account account, Done done)
    : deps_(deps), issuer_(issuer), account_(std::move(account)), done_(std::move(done)) {}

void AccountRollover::Begin() {
  if (WaitsForOrders() || !TakeKeys()) return;
  Ask();
}

// While there are some, nothing has been sent yet: none has begun to be proven since the roll-over
// was put on record (AccountStore::WantKey).
bool AccountRollover::WaitsForOrders() {
  const auto orders = deps_.accounts.OrdersInProof(account_.name);
  if (!orders) {
    Again(orders.error());
    return true;
  }
  if (*orders == 0) return false;
  Error why(
      Reason::kOrderInProgress,
      fmt::format("{} order(s) of the account are being proven with its present key, which "
                  "the CA would not recognise after a roll-over{}; see `certbroker orders "
                  "list`",
                  *orders, IsLate() ? "; it is given up, ask again when they are through" : ""));
  if (IsLate()) {
    End({.end = Ending::kGivenUp, .why = std::move(why)});
  } else {
    End({.end = Ending::kAgain, .why = std::move(why), .due_in = kOrdersCheck});
  }
  return true;
}

bool AccountRollover::TakeKeys() {
  auto old_key = deps_.keys.SignerFor(account_);
  auto new_key = deps_.keys.SignerFor(WithKey(account_, *account_.wanted_key));
  if (old_key) old_key_ = *std::move(old_key);
  if (new_key) {
    new_key_ = *std::move(new_key);
    if (old_key_) return true;
    // Without the old key it can still be found that the new one is live already.
    change_error_ = std::move(old_key).error();
    if (change_error_->retry() == Retry::kNever) return true;
    Again(*change_error_);
    return false;
  }
  Error why = std::move(new_key).error();
  // A PIN that is refused says nothing about the key.
  const bool lost =
      why.reason() == Reason::kHsmKeyMissing || why.reason() == Reason::kHsmKeyRefused;
  if (lost && old_key_) {
    GiveUp(std::move(why));
  } else {
    Again(std::move(why));
  }
  return false;
}

acme::SignedCall AccountRollover::CallFor(SignaturePurpose purpose) const {
  acme::SignedCall call;
  call.purpose = purpose;
  call.subject = account_.name.ToString();
  return call;
}

void AccountRollover::Ask() {
  acme::SignedCall call = CallFor(SignaturePurpose::kNewAccount);
  call.target = acme::Endpoint::kNewAccount;
  call.payload =
      acme::NewAccountPayload({.contacts = {},
                               .terms_of_service_agreed = account_.terms_of_service_agreed,
                               .only_return_existing = true});
  problem_.clear();
  call.on_answer = [this](const HttpResponse& response) {
    if (const auto problem = acme::ParseProblem(response.body)) problem_ = problem->type;
  };
  issuer_.client.Send(
      std::move(call), *new_key_,
      [self = shared_from_this()](const Result<acme::Answer>& answer) { self->OnAsked(answer); });
}

void AccountRollover::OnAsked(const Result<acme::Answer>& answer) {
  if (answer) {
    const auto url = acme::LocationOf(answer->response, answer->url);
    if (!url) {
      Again(url.error());
    } else if (*url == account_.account_url) {
      End({.end = Ending::kNewKeyIsLive});
    } else {
      // Live, but not ours; or ours under another spelling, which the old key's answer tells.
      GiveUp(AnothersKey(*account_.wanted_key, url->ToString()));
    }
    return;
  }
  new_key_is_unknown_ = problem_ == kNoAccount;
  if (!new_key_is_unknown_ && acme::IsTransient(answer.error())) {
    Again(answer.error());
  } else if (change_error_ && account_.failures > 0 && !IsOver()) {
    // An earlier request, whose answer was lost, may still be on its way.
    Again(*change_error_);
  } else if (change_error_) {
    GiveUp(*change_error_);
  } else if (new_key_is_unknown_) {
    OnNotKnown();
  } else {
    account_is_gone_ = answer.error().reason() == Reason::kCaAccountUnusable;
    GiveUp(answer.error());
  }
}

void AccountRollover::OnNotKnown() {
  if (IsOver()) {
    GiveUp(TooLate());
  } else if (IsLate()) {
    Again(TooLate());
  } else {
    issuer_.client.GetDirectory([self = shared_from_this()](Result<acme::Directory> directory) {
      if (directory) {
        self->Send(*directory);
      } else {
        self->Again(std::move(directory).error());
      }
    });
  }
}

// RFC 8555 §7.3.5.
void AccountRollover::Send(const acme::Directory& directory) {
  if (!directory.key_change) {
    GiveUp(Error(Reason::kCaRejected,
                 "the CA's directory has no keyChange (RFC 8555 §7.1.1): this CA cannot roll keys "
                 "over; make another account with the new key, under another --id"));
    return;
  }
  const auto inner = new_key_->Sign(
      {.purpose = SignaturePurpose::kKeyChange,
       .url = *directory.key_change,
       .nonce = std::nullopt,
       .account_url = std::nullopt,
       .payload = acme::KeyChangePayload(account_.account_url, old_key_->public_key()),
       .subject = account_.name.ToString()},
      deps_.clock.Tick() + issuer_.client.options().sign_timeout);
  if (!inner) {
    Again(inner.error());
    return;
  }
  acme::SignedCall call = CallFor(SignaturePurpose::kKeyChange);
  call.target = *directory.key_change;
  call.payload = *inner;
  call.account_url = account_.account_url;
  call.before_send = [this](const Intent&) { return StillOurs(); };
  issuer_.client.Send(
      std::move(call), *old_key_,
      [self = shared_from_this()](const Result<acme::Answer>& answer) { self->OnChanged(answer); });
}

// Who takes the account over next may find that it is time to give up, and must not be overtaken by
// what we send.
Result<void> AccountRollover::StillOurs() const {
  if (deps_.clock.Tick() < deps_.send_before) return {};
  return Error(Reason::kLeaseLost,
               "asking the CA and the HSM took so long that another replica may have taken the "
               "roll-over up; nothing was sent");
}

// A refusal may be of this request only, because an earlier one has done it: 409 with our own
// account's URL, or an old key that is not known any more.
void AccountRollover::OnChanged(const Result<acme::Answer>& answer) {
  if (answer) {
    End({.end = Ending::kNewKeyIsLive});
  } else if (acme::IsTransient(answer.error()) || answer.error().reason() == Reason::kLeaseLost) {
    Again(answer.error());
  } else {
    change_error_ = answer.error();
    Ask();
  }
}

void AccountRollover::GiveUp(Error why) {
  if (new_key_is_unknown_) {
    End({.end = Ending::kGivenUp, .why = std::move(why)});
    return;
  }
  if (!old_key_) {
    Again(std::move(why));
    return;
  }
  acme::SignedCall call = CallFor(SignaturePurpose::kPostAsGet);
  call.target = account_.account_url;
  call.account_url = account_.account_url;
  issuer_.client.Send(
      std::move(call), *old_key_,
      [self = shared_from_this(), why = std::move(why)](const Result<acme::Answer>& answer) {
        // RFC 8555 §7.3.6: one that the CA has ended is refused whatever it is signed with.
        const bool gone = !answer && self->account_is_gone_ &&
                          answer.error().reason() == Reason::kCaAccountUnusable;
        self->End({.end = answer || gone ? Ending::kGivenUp : Ending::kAgain, .why = why});
      });
}

bool AccountRollover::IsOver() const {
  return account_.change_age >=
         issuer_.rollover.patience + issuer_.client.options().timeout + kLateArrival;
}

Error AccountRollover::TooLate() const {
  return {Reason::kCaUnavailable,
          fmt::format("the CA has not taken the new key within {} s, and orders wait: the account "
                      "keeps its key; try again later (last failure: {})",
                      std::chrono::duration_cast<std::chrono::seconds>(account_.change_age).count(),
                      account_.failure ? account_.failure->detail() : "none")};
}

void AccountRollover::Again(Error why) { End({.end = Ending::kAgain, .why = std::move(why)}); }

}  // namespace certbroker::engine
