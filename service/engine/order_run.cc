#include "service/engine/order_run.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "acme/link.h"
#include "acme/messages.h"
#include "acme/payloads.h"
#include "acme/renewal_plan.h"
#include "acme/retry_after.h"
#include "pki/certificate.h"
#include "pki/csr.h"
#include "pki/pem_chain.h"
#include "service/engine/issued_certificate.h"

namespace certbroker::engine {
namespace {

using std::chrono::milliseconds;

// After an exchange has timed out, its answer may still be on its way to a holder that lost its
// lease; so much later it is not.
constexpr milliseconds kLateAnswer{5'000};
// A roll-over that ends wakes who waits for it; this is for a lost hint, and for the rest.
constexpr milliseconds kRolloverCheck{30'000};
constexpr milliseconds kKeyMoved{1'000};
constexpr std::size_t kMaxChainBytes = std::size_t{1024} * 1024;
constexpr std::string_view kPemChain = "application/pem-certificate-chain";  // RFC 8555 §7.4.2

std::string SubjectOf(const Order& order) { return "orders/" + order.id.ToString(); }

bool IsBeforeProof(OrderState state) {
  return state == OrderState::kQueued || state == OrderState::kPlaced;
}

// As AccountStore::OrdersInProof.
bool IsInProof(OrderState state) {
  return state == OrderState::kPresenting || state == OrderState::kPropagating ||
         state == OrderState::kValidating;
}

// What is kept of a refusal: enough for people, and no way to fill a disk.
constexpr std::size_t kMaxRefusal = std::size_t{16} * 1024;

Fact FactOf(const HttpResponse& response) {
  std::string body = response.body;
  if (response.status >= 400 && body.size() > kMaxRefusal) body.resize(kMaxRefusal);
  return {response.status, std::string(response.Header("location").value_or("")), std::move(body)};
}

// What was learned before, as if it had just arrived.
acme::Answer AnswerOf(const Fact& fact, const HttpsUrl& url) {
  HttpResponse response;
  response.status = fact.http_status;
  if (!fact.location.empty()) response.headers.emplace_back("location", fact.location);
  response.body = fact.body;
  return {std::move(response), url};
}

}  // namespace

OrderRun::OrderRun(OrderRunner& runner, LeasedOrder leased)
    : runner_(runner),
      order_(std::move(leased.order)),
      open_intent_(std::move(leased.open_intent)),
      effect_(acme::FetchOrder{}),
      committed_(runner.deps_.clock.Tick()) {}

acme::MachineContext OrderRun::Context() const {
  static const Jwk kNoKey;
  return {.now = runner_.deps_.clock.Now(),
          .account_key = account_ ? account_->signer->public_key() : kNoKey,
          .random = runner_.deps_.random,
          .solvers = runner_.solvers_};
}

void OrderRun::Begin() {
  // A finalize that somebody else began is settled by asking for the order, whatever became of the
  // request.
  if (open_intent_ && order_.state == OrderState::kFinalizing) intent_ = open_intent_->id;
  Proceed();
}

void OrderRun::Proceed() {
  for (;;) {
    effect_ = std::exchange(finalize_again_, false) ? acme::Effect(acme::Finalize{})
                                                    : acme::Next(order_, Context());
    if (auto* decided = std::get_if<acme::Decide>(&effect_)) {
      if (!Take(std::move(decided->step))) return;
      continue;
    }
    if (account_ == nullptr) {
      auto account = runner_.deps_.accounts.Get(order_.account);
      if (!account) {
        Conclude(std::move(account).error());
        return;
      }
      account_ = *std::move(account);
      // Policy is asked about the issuer; requests go to the account's. A row that was tampered
      // with may name two.
      if (account_->issuer.id != order_.issuer) {
        Take(acme::Fail(order_,
                        Error(Reason::kInternal, "the order's account is another issuer's")));
        return;
      }
    }
    if (WaitsForKey()) return;
    CarryOut(effect_);
    return;
  }
}

// What a challenge is answered with holds the thumbprint of the account's key (RFC 8555 §8.1), so
// nothing new is proven while another one is to take its place.
bool OrderRun::WaitsForKey() {
  if (account_->account.change != AccountChange::kKey || !IsBeforeProof(order_.state)) return false;
  Take(acme::WaitForAccountKey(order_, kRolloverCheck,
                               "held until the account's key has been rolled over"));
  return true;
}

bool OrderRun::IsSignedWithAnotherKey(const Error& failure) {
  if (account_ == nullptr) return false;
  const KeyStanding standing = runner_.deps_.accounts.StandingOf(*account_, failure);
  // A roll-over waits for orders in proof: they must not wait for it.
  return standing == KeyStanding::kReplaced ||
         (standing == KeyStanding::kGivingWay && !IsInProof(order_.state));
}

bool OrderRun::WaitForKey(const std::string& event) {
  runner_.deps_.accounts.Forget(order_.account);
  account_.reset();
  return Take(acme::WaitForAccountKey(order_, kKeyMoved, event));
}

void OrderRun::CarryOut(const acme::Effect& effect) {
  if (std::holds_alternative<acme::PlaceOrder>(effect)) {
    // The row may have waited long, or been written by somebody else (T34).
    if (!StillGranted()) return;
    if (open_intent_) {
      ResumePlaced();
    } else {
      Place();
    }
  } else if (std::holds_alternative<acme::Finalize>(effect)) {
    SendFinalize();
  } else if (const auto* fetch = std::get_if<acme::FetchAuthorization>(&effect)) {
    Fetch(order_.authorizations[fetch->index].url);
  } else if (const auto* ask = std::get_if<acme::AskToValidate>(&effect)) {
    Respond(ask->index);
  } else if (std::holds_alternative<acme::FetchCertificate>(effect)) {
    chains_.clear();
    Download(order_.certificate_url);
  } else {
    Fetch(order_.order_url);
  }
}

void OrderRun::Place() {
  account_->issuer.client.GetDirectory(
      [self = shared_from_this()](Result<acme::Directory> directory) {
        if (directory) {
          self->PlaceAt(*directory);
        } else {
          self->Conclude(std::move(directory).error());
        }
      });
}

void OrderRun::PlaceAt(const acme::Directory& directory) {
  runner_.caa_.Ask(order_, directory, account_->account.account_url,
                   [self = shared_from_this(), directory](Result<std::string> note) {
                     if (note) {
                       self->SendNewOrder(directory, *std::move(note));
                     } else {
                       self->Conclude(std::move(note).error());
                     }
                   });
}

void OrderRun::SendNewOrder(const acme::Directory& directory, std::string note) {
  // RFC 9773 §5: only to a CA that has renewal information.
  if (!directory.renewal_info) order_.replaces.clear();
  acme::SignedCall call;
  call.purpose = SignaturePurpose::kNewOrder;
  call.target = acme::Endpoint::kNewOrder;
  call.payload = acme::NewOrderPayload(order_.names, order_.profile, order_.replaces);
  call.before_send = [this, note = std::move(note)](const Intent& intent) {
    return Record(intent, order_, note);
  };
  Send(std::move(call));
}

// Somebody signed and recorded a newOrder and did not live to see what became of it. The same
// octets again are harmless: their nonce works once.
void OrderRun::ResumePlaced() {
  intent_ = open_intent_->id;
  in_doubt_ = true;
  if (open_intent_->fact) {
    fact_ = open_intent_->fact;
    OnAnswer(AnswerOf(*open_intent_->fact, open_intent_->intent.url));
    return;
  }
  account_->issuer.client.SendAgain(
      open_intent_->intent, [this](const HttpResponse& response) { fact_ = FactOf(response); },
      [self = shared_from_this()](Result<acme::Answer> answer) {
        if (!answer && answer.error().reason() == Reason::kCaBadNonce) {
          self->PlaceAfterDoubt();
        } else {
          self->OnAnswer(std::move(answer));
        }
      });
}

// The nonce of the recorded newOrder is spent: the CA has most likely accepted it, and we do not
// know the order's URL. A new newOrder is safe, because nobody can finalize the one we lost sight
// of (Let's Encrypt even hands the same one out again). But first the lost answer gets its time to
// be recorded by whoever sent the request, if they are still alive.
void OrderRun::PlaceAfterDoubt() {
  const milliseconds late = account_->issuer.client.options().timeout + kLateAnswer;
  if (open_intent_->age < late) {
    intent_.reset();
    acme::Step step{.order = order_,
                    .due_in = late - open_intent_->age,
                    .wakeable = false,
                    .event = "newOrder was sent; its outcome is unknown"};
    step.order.held_by = HeldBy::kCaPolling;
    Take(std::move(step));
    return;
  }
  runner_.deps_.log.Warning("order_in_doubt", {{"order", order_.id.ToString()}});
  in_doubt_ = false;
  open_intent_.reset();
  Place();
}

// Policy may have changed since the order was accepted.
bool OrderRun::StillGranted() {
  auto allowed = runner_.policy_.Get()->Recheck(order_);
  if (allowed) return true;
  if (Take(acme::Fail(order_, std::move(allowed).error()))) Proceed();
  return false;
}

void OrderRun::SendFinalize() {
  // From here on there is no way back.
  if (!StillGranted()) return;
  acme::SignedCall call;
  call.purpose = SignaturePurpose::kFinalize;
  call.target = order_.finalize_url;
  call.payload = acme::FinalizePayload(order_.csr_der);
  // The row says kFinalizing before the request leaves: if we die in between, the next holder asks
  // the CA where the order stands instead of finalizing a second time.
  call.before_send = [this](const Intent& intent) -> Result<void> {
    Order after = order_.state == OrderState::kFinalizing ? order_ : acme::Finalizing(order_);
    after.state_time =
        order_.state == OrderState::kFinalizing ? order_.state_time : runner_.deps_.clock.Now();
    RETURN_IF_ERROR(Record(intent, after, "the CSR is sent to the CA"));
    order_ = std::move(after);
    return {};
  };
  Send(std::move(call));
}

void OrderRun::Fetch(const HttpsUrl& url) {
  acme::SignedCall call;
  call.purpose = SignaturePurpose::kPostAsGet;
  call.target = url;
  Send(std::move(call));
}

void OrderRun::Respond(std::size_t index) {
  acme::SignedCall call;
  call.purpose = SignaturePurpose::kChallengeResponse;
  call.target = order_.authorizations[index].challenge_url;
  call.payload = acme::ChallengeResponsePayload();
  Send(std::move(call));
}

void OrderRun::Download(const HttpsUrl& url) {
  acme::SignedCall call;
  call.purpose = SignaturePurpose::kPostAsGet;
  call.target = url;
  call.accept = kPemChain;
  call.max_body_bytes = kMaxChainBytes;
  Send(std::move(call));
}

void OrderRun::Send(acme::SignedCall call) {
  call.account_url = account_->account.account_url;
  call.subject = SubjectOf(order_);
  call.agent = order_.agent.ToString();
  call.request_id = order_.request_id.ToString();
  call.on_answer = [this](const HttpResponse& response) {
    if (intent_ && !fact_) fact_ = FactOf(response);
  };
  auto& client = account_->issuer.client;
  // The callbacks in `call` use `this`; `done`, which lives as long as they do, keeps it alive.
  client.Send(std::move(call), *account_->signer,
              [self = shared_from_this()](Result<acme::Answer> answer) {
                self->OnAnswer(std::move(answer));
              });
}

Result<void> OrderRun::Record(const Intent& intent, const Order& order_after,
                              const std::string& event) {
  ASSIGN_OR_RETURN(intent_, runner_.queue_.RecordIntent(order_after, intent, event));
  fact_.reset();
  committed_ = runner_.deps_.clock.Tick();
  return {};
}

void OrderRun::OnAnswer(Result<acme::Answer> answer) {
  if (std::holds_alternative<acme::FetchCertificate>(effect_)) {
    OnChain(std::move(answer));
    return;
  }
  if (!answer) {
    Conclude(std::move(answer).error());
    return;
  }
  Conclude(Observe(*answer));
}

Result<acme::Observation> OrderRun::Observe(const acme::Answer& answer) {
  if (std::holds_alternative<acme::AskToValidate>(effect_))
    return acme::Observation(acme::ChallengeAccepted{});
  if (std::holds_alternative<acme::FetchAuthorization>(effect_)) {
    ASSIGN_OR_RETURN(acme::AuthorizationMessage message,
                     acme::ParseAuthorization(answer.response.body));
    return acme::Observation(acme::AuthorizationSeen{
        std::move(message), acme::RetryAfter(answer.response, runner_.deps_.clock.Now())});
  }
  return ObserveOrder(answer);
}

Result<acme::Observation> OrderRun::ObserveOrder(const acme::Answer& answer) const {
  ASSIGN_OR_RETURN(acme::OrderMessage message, acme::ParseOrder(answer.response.body));
  acme::OrderSeen seen{
      .message = std::move(message), .location = std::nullopt, .retry_after = std::nullopt};
  seen.retry_after = acme::RetryAfter(answer.response, runner_.deps_.clock.Now());
  if (std::holds_alternative<acme::PlaceOrder>(effect_) && answer.response.Header("location")) {
    ASSIGN_OR_RETURN(seen.location, acme::LocationOf(answer.response, answer.url));
  }
  return acme::Observation(std::move(seen));
}

void OrderRun::OnChain(Result<acme::Answer> answer) {
  if (!answer && chains_.empty()) {
    Conclude(std::move(answer).error());
    return;
  }
  if (answer) {
    // RFC 8555 §7.4.2. Without a wish nobody looks at the alternates.
    if (chains_.empty() && account_->issuer.chain != pki::ChainPreference()) {
      alternates_left_ = acme::AlternatesOf(answer->response, answer->url);
      std::ranges::reverse(alternates_left_);
    }
    chains_.push_back(std::move(answer->response.body));
  }
  if (alternates_left_.empty()) {
    Conclude(ObserveChains());
    return;
  }
  const HttpsUrl next = std::move(alternates_left_.back());
  alternates_left_.pop_back();
  Download(next);
}

Result<acme::Observation> OrderRun::ObserveChains() {
  const Issuer& issuer = account_->issuer;
  ASSIGN_OR_RETURN(
      issued_, CheckIssued(order_, chains_, issuer.chain, issuer.roots, runner_.deps_.clock.Now()));
  issued_->renewal = acme::FirstPlan({.certificate_id = issued_->renewal_id,
                                      .not_before = issued_->not_before,
                                      .not_after = issued_->not_after},
                                     runner_.deps_.clock.Now(), runner_.deps_.random);
  return acme::Observation(acme::CertificateAccepted{});
}

void OrderRun::Conclude(const Result<acme::Observation>& outcome) {
  if (!outcome && outcome.error().reason() == Reason::kLeaseLost) {
    End(std::nullopt);
    return;
  }
  // Sent, by us or by a holder before us, and no answer: the intent stays open, because the CA may
  // have acted on it.
  if (!outcome && !fact_ && (in_doubt_ || outcome.error().retry() == Retry::kReadBackFirst))
    intent_.reset();
  if (!outcome && IsSignedWithAnotherKey(outcome.error())) {
    WaitForKey("the account has, or is about to have, another key than the one that was refused");
    return;
  }
  if (Take(acme::Apply(order_, effect_, outcome, Context()))) Proceed();
}

bool OrderRun::MustCommit(const acme::Step& step) const {
  const auto lease = runner_.options_.lease;
  return step.due_in || IsTerminal(step.order.state) || step.order.state != order_.state ||
         !step.event.empty() || intent_ || issued_ ||
         step.order.authorizations != order_.authorizations ||
         runner_.deps_.clock.Tick() - committed_ > lease / 3;
}

bool OrderRun::Take(acme::Step step) {
  const bool final = IsTerminal(step.order.state);
  if (!step.due_in && runner_.ending_) step.due_in = milliseconds{0};
  const bool goes_on = !final && !step.due_in;
  finalize_again_ = step.finalize_again;
  if (MustCommit(step)) {
    OrderCommit commit;
    commit.order = step.order;
    if (intent_) commit.settles = Settlement{*intent_, fact_};
    commit.issued = issued_;
    commit.event = step.event;
    commit.due_in = step.due_in;
    commit.wakeable = step.wakeable;
    commit.lease = runner_.options_.lease;
    if (IsBeforeProof(order_.state) && IsInProof(step.order.state))
      commit.proven_with = account_->account.thumbprint;
    if (auto committed = runner_.queue_.Commit(commit); !committed) {
      return TakeRefusal(std::move(committed).error());
    }
    committed_ = runner_.deps_.clock.Tick();
    intent_.reset();
    fact_.reset();
    open_intent_.reset();
  }
  if (step.order.state != order_.state || step.order.attempt != order_.attempt) {
    step.order.state_time = runner_.deps_.clock.Now();
    LogState(step.order);
  }
  order_ = std::move(step.order);
  if (goes_on) return true;
  End(final ? std::nullopt : step.due_in);
  return false;
}

// There is nothing but the log to watch a fleet by: a failure says whose and why.
void OrderRun::LogState(const Order& after) const {
  std::vector<LogField> fields = {{"order", after.id.ToString()},
                                  {"state", std::string(ToString(after.state))}};
  if (after.state != OrderState::kFailed) {
    runner_.deps_.log.Info("order_state", fields);
    return;
  }
  fields.push_back({"agent", after.agent.ToString()});
  fields.push_back({"certificate", after.certificate.ToString()});
  fields.push_back({"names", JoinNames(after.names)});
  if (after.failure) fields.push_back({"error", after.failure->ToString()});
  runner_.deps_.log.Warning("order_state", fields);
}

bool OrderRun::TakeRefusal(Error why) {
  runner_.deps_.log.Warning("commit_failed",
                            {{"order", order_.id.ToString()}, {"error", why.ToString()}});
  if (why.reason() == Reason::kAccountNotReady)
    return WaitForKey("held: the account's key is not what the order was to be proven with");
  const bool final = why.reason() == Reason::kCaBadAnswer || why.reason() == Reason::kInternal;
  if (final && !refused_) {
    // What the CA said cannot be true (another order has this URL), or cannot be stored: the order
    // ends, as it was before. Done again it would be refused again.
    refused_ = true;
    issued_.reset();
    return Take(acme::Fail(order_, std::move(why)));
  }
  // Lost lease: somebody else moves the order. Lost database: the lease runs out, and the next
  // holder asks the CA where things stand.
  End(std::nullopt);
  return false;
}

void OrderRun::End(std::optional<milliseconds> due_in) { runner_.Ended(due_in); }

}  // namespace certbroker::engine
