#include "cli/accounts_command.h"

#include <limits>

#include "certbroker/v1/account.grpc.pb.h"
#include "cli/account_keys_text.h"
#include "cli/account_text.h"
#include "cli/account_wait.h"
#include "cli/paging.h"
#include "cli/resource_name.h"
#include "core/ids.h"

namespace certbroker::cli {
namespace {

using AccountStub = v1::AccountService::StubInterface;

std::string AccountNameOf(const std::string& issuer, const std::string& id) {
  return WithCollection(kIssuers, issuer) + "/accounts/" + id;
}

}  // namespace

AccountsCommand::AccountsCommand(CLI::App& app)
    : command_(app.add_subcommand("accounts", "ACME accounts at the configured issuers")),
      create_command_(command_->add_subcommand(
          "create", "Make an account at an issuer, or find it if its key is known there")),
      update_command_(command_->add_subcommand("update", "Replace an account's contacts")),
      deactivate_command_(
          command_->add_subcommand("deactivate", "Have the CA deactivate an account, for ever")),
      rollover_command_(command_->add_subcommand(
          "rollover", "Have the CA take another key of the HSM for the account's")),
      keys_command_(command_->add_subcommand(
          "keys", "An account's keys: live, wanted, and retired ones with how to destroy them")),
      list_command_(command_->add_subcommand("list", "All accounts, newest first")) {
  command_->require_subcommand(1);
  CLI::App& create = *create_command_;
  AddName(create);
  create.add_option("--contact", contacts_, "mailto:name@example.com; may be repeated")
      ->allow_extra_args(false)
      ->type_name("URL");
  create.add_option("--key-uri", key_uri_,
                    "PKCS#11 URI of the key; default: the key labelled acme/ISSUER/ID/v1");
  create.add_flag("--agree-tos", agree_tos_, "You have read and agree to the CA's terms");
  AddWait(create);

  AddName(*update_command_);
  CLI::Option_group& contacts = *update_command_->add_option_group("contacts");
  contacts.add_option("--contact", contacts_, "mailto:name@example.com; may be repeated")
      ->allow_extra_args(false)
      ->type_name("URL");
  contacts.add_flag("--no-contacts", no_contacts_, "The CA shall forget those it has");
  contacts.require_option(1);
  AddWait(*update_command_);

  AddName(*deactivate_command_);
  deactivate_command_
      ->add_flag("--for-ever", for_ever_,
                 "You know that no CA takes it back. Certificates stay valid, and can be revoked "
                 "with their own keys only")
      ->required();
  AddWait(*deactivate_command_);

  AddName(*rollover_command_);
  rollover_command_->add_option(
      "--key-uri", key_uri_,
      "PKCS#11 URI of the new key; default: the next spare, acme/ISSUER/ID/vN");
  rollover_command_->add_flag("--dry-run", dry_run_,
                              "Show both thumbprints and what others have to change; do nothing");
  AddWait(*rollover_command_);

  AddName(*keys_command_);
}

void AccountsCommand::AddName(CLI::App& command) {
  command.add_option("--issuer", issuer_, "An issuer of the service's configuration")->required();
  command.add_option("--id", id_, "The account's name at the issuer")->capture_default_str();
}

void AccountsCommand::AddWait(CLI::App& command) {
  command.add_flag("--wait", wait_, "Return when the CA has confirmed or refused it");
  command.add_option("--timeout", timeout_seconds_, "How long --wait waits, in seconds")
      ->check(CLI::Range(1, 86'400))
      ->capture_default_str();
}

int AccountsCommand::Run(const ServiceLink& link) const {
  if (create_command_->parsed()) return Create(link);
  if (update_command_->parsed()) return Update(link);
  if (deactivate_command_->parsed()) return Deactivate(link);
  if (rollover_command_->parsed()) return RollOver(link);
  if (keys_command_->parsed()) return Keys(link);
  return List(link);
}

int AccountsCommand::Create(const ServiceLink& link) const {
  const auto stub = v1::AccountService::NewStub(link.channel);
  v1::CreateAccountRequest request;
  request.set_request_id(Uuid::V7(link.clock.Now(), link.random).ToString());
  request.set_parent(WithCollection(kIssuers, issuer_));
  request.set_account_id(id_);
  request.mutable_account()->set_key_uri(key_uri_);
  for (const std::string& contact : contacts_) request.mutable_account()->add_contacts(contact);
  // Without it the service refuses and says where the terms are: only it knows the CA's directory.
  request.set_terms_of_service_agreed(agree_tos_);
  return ShowWhenDone(link, *stub,
                      link.calls.Unary<AccountStub>(*stub, &AccountStub::CreateAccount, request));
}

int AccountsCommand::Update(const ServiceLink& link) const {
  const auto stub = v1::AccountService::NewStub(link.channel);
  v1::UpdateAccountRequest request;
  request.set_request_id(Uuid::V7(link.clock.Now(), link.random).ToString());
  request.set_name(AccountNameOf(issuer_, id_));
  for (const std::string& contact : contacts_) request.add_contacts(contact);
  return ShowWhenDone(link, *stub,
                      link.calls.Unary<AccountStub>(*stub, &AccountStub::UpdateAccount, request));
}

int AccountsCommand::Deactivate(const ServiceLink& link) const {
  const auto stub = v1::AccountService::NewStub(link.channel);
  v1::DeactivateAccountRequest request;
  request.set_request_id(Uuid::V7(link.clock.Now(), link.random).ToString());
  request.set_name(AccountNameOf(issuer_, id_));
  return ShowWhenDone(
      link, *stub, link.calls.Unary<AccountStub>(*stub, &AccountStub::DeactivateAccount, request));
}

int AccountsCommand::ShowWhenDone(const ServiceLink& link, AccountStub& stub,
                                  Result<v1::Account> account) const {
  if (account && wait_) account = Wait(link, stub, *account);
  if (!account) return link.Fail(account.error());
  return link.Show(*account,
                   [&](const v1::Account& shown) { return AccountText(shown, link.clock.Now()); });
}

Result<v1::Account> AccountsCommand::Wait(const ServiceLink& link, AccountStub& stub,
                                          const v1::Account& account) const {
  v1::GetAccountRequest get;
  get.set_name(account.name());
  return WaitForAccount(
      account, [&] { return link.calls.Unary<AccountStub>(stub, &AccountStub::GetAccount, get); },
      std::chrono::seconds{timeout_seconds_}, link.clock, link.wait);
}

int AccountsCommand::RollOver(const ServiceLink& link) const {
  const auto stub = v1::AccountService::NewStub(link.channel);
  v1::RolloverAccountKeyRequest request;
  request.set_request_id(Uuid::V7(link.clock.Now(), link.random).ToString());
  request.set_name(AccountNameOf(issuer_, id_));
  request.set_key_uri(key_uri_);
  request.set_validate_only(dry_run_);
  auto rollover = link.calls.Unary<AccountStub>(*stub, &AccountStub::RolloverAccountKey, request);
  if (!rollover) return link.Fail(rollover.error());
  if (wait_ && !dry_run_) {
    auto account = Wait(link, *stub, rollover->account());
    if (!account) return link.Fail(account.error());
    *rollover->mutable_account() = *std::move(account);
  }
  return link.Show(*rollover, [&](const v1::RolloverAccountKeyResponse& shown) {
    return RolloverText(shown, dry_run_);
  });
}

int AccountsCommand::Keys(const ServiceLink& link) const {
  const auto stub = v1::AccountService::NewStub(link.channel);
  v1::GetAccountRequest get;
  get.set_name(AccountNameOf(issuer_, id_));
  const auto account = link.calls.Unary<AccountStub>(*stub, &AccountStub::GetAccount, get);
  if (!account) return link.Fail(account.error());
  return link.Show(
      *account, [&](const v1::Account& shown) { return AccountKeysText(shown, link.clock.Now()); });
}

int AccountsCommand::List(const ServiceLink& link) const {
  const auto stub = v1::AccountService::NewStub(link.channel);
  const auto list = CollectPages<v1::ListAccountsResponse>(
      v1::ListAccountsRequest(), std::numeric_limits<int>::max(),
      [&](const auto& request) {
        return link.calls.Unary<AccountStub>(*stub, &AccountStub::ListAccounts, request);
      },
      [](v1::ListAccountsResponse& page) { return page.mutable_accounts(); });
  if (!list) return link.Fail(list.error());
  return link.Show(*list, [&](const v1::ListAccountsResponse& shown) {
    return AccountsText(shown, link.clock.Now());
  });
}

}  // namespace certbroker::cli
