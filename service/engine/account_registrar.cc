#include "service/engine/account_registrar.h"

#include <utility>

#include <fmt/format.h>

#include "acme/link.h"
#include "acme/messages.h"
#include "acme/payloads.h"
#include "acme/problem.h"
#include "core/backoff.h"

namespace certbroker::engine {
namespace {

using std::chrono::milliseconds;

constexpr BackoffLimits kRegistrationBackoff{milliseconds{500}, milliseconds{60'000}};

Result<HttpsUrl> ReadAccount(const Result<acme::Answer>& answer) {
  if (!answer) return answer.error();
  ASSIGN_OR_RETURN(const acme::AccountMessage message, acme::ParseAccount(answer->response.body));
  if (message.status != acme::AccountStatus::kValid) {
    return Error(
        Reason::kCaAccountUnusable,
        "the CA knows this key's account as deactivated or revoked; provision a new key and "
        "create the account with it");
  }
  return acme::LocationOf(answer->response, answer->url);
}

}  // namespace

struct AccountRegistrar::Run {
  Account account;
  std::shared_ptr<Signer> signer;
  // What a deactivated account is told when it asks once more: a holder before us got through.
  bool is_gone = false;
};

std::string AccountRegistrar::Binding(const Issuer& issuer, const Run& run,
                                      const acme::Directory& directory) {
  if (!issuer.external_account) return {};
  return acme::BindExternalAccount(*issuer.external_account, run.signer->public_key(),
                                   directory.new_account);
}

AccountRegistrar::AccountRegistrar(RunnerDeps deps, AccountStore& accounts, AccountKeys& keys,
                                   LeaseOptions options)
    : deps_(deps), accounts_(accounts), keys_(keys), options_(std::move(options)) {}

Result<std::optional<milliseconds>> AccountRegistrar::LeaseDue() {
  ASSIGN_OR_RETURN(
      LeasedAccounts leased,
      accounts_.LeaseAccounts({.owner = options_.owner, .limit = 10, .lease = options_.lease}));
  for (Account& account : leased.accounts) {
    ++in_flight_;
    auto run = std::make_shared<Run>(Run{std::move(account), nullptr, false});
    deps_.workers.Post([this, run] { Begin(run); });
  }
  return leased.next_due_in;
}

void AccountRegistrar::Begin(const RunPtr& run) {
  const auto fail = [&](const Error& error) {
    if (run->account.change != AccountChange::kNone) {
      ConcludeChange(run, error);
    } else {
      Conclude(run, error);
    }
  };
  auto issuer = deps_.accounts.IssuerOf(run->account.issuer);
  if (!issuer) {
    fail(issuer.error());
    return;
  }
  if (run->account.change == AccountChange::kKey) {
    RollOver(run, **issuer);
    return;
  }
  auto signer = keys_.SignerFor(run->account);
  if (!signer) {
    fail(signer.error());
    return;
  }
  run->signer = *std::move(signer);
  if (run->account.change != AccountChange::kNone) {
    Update(run, **issuer);
    return;
  }
  (*issuer)->client.GetDirectory([this, run, issuer = *issuer](Result<acme::Directory> directory) {
    if (directory) {
      Register(run, *directory, *issuer);
    } else {
      Conclude(run, std::move(directory).error());
    }
  });
}

void AccountRegistrar::Register(const RunPtr& run, const acme::Directory& directory,
                                const Issuer& issuer) {
  if (directory.external_account_required && !issuer.external_account) {
    Conclude(run,
             Error(Reason::kCaExternalAccountRequired,
                   "this CA makes accounts for its customers only: get a key id and a MAC key "
                   "from its website, and put them into eab_key_id and eab_mac_key_file of the "
                   "issuer's configuration (RFC 8555 §7.3.4)"));
    return;
  }
  acme::SignedCall call;
  call.purpose = SignaturePurpose::kNewAccount;
  call.target = acme::Endpoint::kNewAccount;
  call.payload =
      acme::NewAccountPayload({.contacts = run->account.contacts,
                               .terms_of_service_agreed = run->account.terms_of_service_agreed,
                               .only_return_existing = false,
                               .external_account_binding = Binding(issuer, *run, directory)});
  call.subject = run->account.name.ToString();
  issuer.client.Send(
      std::move(call), *run->signer,
      [this, run](const Result<acme::Answer>& answer) { Conclude(run, ReadAccount(answer)); });
}

// RFC 8555 §7.3.2, §7.3.6.
void AccountRegistrar::Update(const RunPtr& run, const Issuer& issuer) {
  acme::SignedCall call;
  call.purpose = SignaturePurpose::kAccountUpdate;
  call.target = run->account.account_url;
  call.payload = run->account.change == AccountChange::kDeactivation
                     ? acme::DeactivatePayload()
                     : acme::UpdateContactsPayload(run->account.wanted_contacts);
  call.account_url = run->account.account_url;
  call.subject = run->account.name.ToString();
  call.on_answer = [run = run.get()](const HttpResponse& response) {
    const auto problem = acme::ParseProblem(response.body);
    run->is_gone = response.status == 401 && problem && problem->type == "unauthorized";
  };
  issuer.client.Send(
      std::move(call), *run->signer,
      [this, run](const Result<acme::Answer>& answer) { ConcludeChange(run, answer); });
}

void AccountRegistrar::Conclude(const RunPtr& run, const Result<HttpsUrl>& account_url) {
  Account& account = run->account;
  milliseconds due_in{0};
  if (account_url) {
    account.state = AccountState::kValid;
    account.account_url = *account_url;
    account.failures = 0;
    account.failure.reset();
  } else {
    // An unknown outcome is no reason to ask first: newAccount is asking.
    const bool final = account_url.error().retry() == Retry::kNever;
    account.state = final ? AccountState::kFailed : AccountState::kPending;
    due_in = Failed(account, account_url.error());
  }
  End(account, due_in);
}

void AccountRegistrar::ConcludeChange(const RunPtr& run, const Result<acme::Answer>& answer) {
  Account& account = run->account;
  const bool deactivation = account.change == AccountChange::kDeactivation;
  if (answer || (deactivation && run->is_gone)) {
    if (deactivation) {
      account.state = AccountState::kDeactivated;
    } else {
      account.contacts = account.wanted_contacts;
    }
    account.change = AccountChange::kNone;
    account.failures = 0;
    account.failure.reset();
    End(account, milliseconds{0});
    return;
  }
  if (answer.error().retry() == Retry::kNever) account.change = AccountChange::kNone;
  End(account, Failed(account, answer.error()));
}

void AccountRegistrar::RollOver(const RunPtr& run, const Issuer& issuer) {
  // Leased a moment ago; one exchange has to fit into what is left.
  const SteadyTime send_before =
      deps_.clock.Tick() + options_.lease - issuer.client.options().timeout;
  const AccountRollover::Deps deps{accounts_, keys_, deps_.clock, send_before};
  const auto rollover = std::make_shared<AccountRollover>(
      deps, issuer, run->account, [this, run, &issuer](const RolloverOutcome& outcome) {
        ConcludeRollover(run, issuer, outcome);
      });
  rollover->Begin();
}

void AccountRegistrar::ConcludeRollover(const RunPtr& run, const Issuer& issuer,
                                        const RolloverOutcome& outcome) {
  Account& account = run->account;
  if (outcome.end == RolloverOutcome::End::kNewKeyIsLive) {
    deps_.log.Info("account_key_rolled_over", {{"account", account.name.ToString()},
                                               {"retired", account.thumbprint},
                                               {"live", account.wanted_key->thumbprint}});
    Ended(account, milliseconds{0}, accounts_.CommitKey(account, issuer.rollover.keep_retired));
    return;
  }
  if (outcome.due_in) {
    // Looked at too often to be told each time.
    account.failure = outcome.why;
    Ended(account, *outcome.due_in, accounts_.Commit(account, *outcome.due_in));
    return;
  }
  const milliseconds due_in = Failed(account, *outcome.why);
  if (outcome.end == RolloverOutcome::End::kGivenUp) {
    account.change = AccountChange::kNone;
    account.wanted_key.reset();
    deps_.log.Warning("account_key_rollover_given_up",
                      {{"account", account.name.ToString()}, {"error", outcome.why->ToString()}});
  }
  End(account, due_in);
}

milliseconds AccountRegistrar::Failed(Account& account, const Error& error) {
  milliseconds due_in = Backoff(account.failures, kRegistrationBackoff, deps_.random);
  if (error.retry_after()) due_in = std::max<milliseconds>(due_in, *error.retry_after());
  ++account.failures;
  account.failure = error;
  return due_in;
}

void AccountRegistrar::End(const Account& account, milliseconds due_in) {
  deps_.log.Info("account", {{"account", account.name.ToString()},
                             {"state", std::string(ToString(account.state))},
                             {"error", account.failure ? account.failure->ToString() : ""}});
  Ended(account, due_in, accounts_.Commit(account, due_in));
}

void AccountRegistrar::Ended(const Account& account, milliseconds due_in,
                             const Result<void>& committed) {
  if (!committed) {
    deps_.log.Warning("commit_failed", {{"account", account.name.ToString()},
                                        {"error", committed.error().ToString()}});
  }
  // After the commit: who reads it anew reads what is so.
  deps_.accounts.Forget(account.name);
  --in_flight_;
  if (notify_due_) notify_due_(due_in);
}

}  // namespace certbroker::engine
