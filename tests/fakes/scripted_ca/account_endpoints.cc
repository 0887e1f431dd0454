#include "tests/fakes/scripted_ca/account_view.h"
#include "tests/fakes/scripted_ca/endpoints.h"
#include "tests/fakes/scripted_ca/progress.h"

namespace certbroker::scripted_ca {
namespace {

Response ExistingAccount(const Ca& ca, const Account& account) {
  if (account.status != Status::kValid) {
    return ToResponse(Unauthorized("the account of this key is deactivated"));
  }
  return AccountAnswer(ca, account, 200);
}

// What newAccount makes, when everything in the payload is right.
Outcome<Account> ReadAccount(Ca& ca, const SignedRequest& request) REQUIRES(ca.mutex) {
  const Json& payload = request.payload;
  if (!ca.terms.empty() && !BoolAt(payload, "termsOfServiceAgreed")) {
    return TermsNotAgreed(ca.terms);
  }
  auto contacts = ReadContacts(payload, {});
  if (!contacts) return contacts.problem();
  const auto key_id = CheckExternalAccount(ca, request);
  if (!key_id) return key_id.problem();
  Account account;
  account.key = request.key;
  account.contacts = *std::move(contacts);
  account.agreed_terms = ca.terms;
  account.created = ca.clock.Now();
  if (!key_id->empty()) account.external_account = payload["externalAccountBinding"];
  if (auto problem = ca.limits.OnNewAccount(request.address, account.created)) {
    return *std::move(problem);
  }
  // The one that is about to be.
  if (!key_id->empty()) ca.bound_eab_keys[*key_id] = ca.store.accounts().size() + 1;
  return account;
}

std::optional<Problem> Update(Ca& ca, Account& account, const Json& payload) REQUIRES(ca.mutex) {
  auto contacts = ReadContacts(payload, account.contacts);
  if (!contacts) return contacts.problem();
  if (const std::string* status = StringAt(payload, "status")) {
    if (*status != "deactivated" && *status != NameOf(account.status)) {
      return Malformed("an account can only be deactivated");
    }
    if (*status == "deactivated") account.status = Status::kDeactivated;
  }
  account.contacts = *std::move(contacts);
  if (BoolAt(payload, "termsOfServiceAgreed")) account.agreed_terms = ca.terms;
  return std::nullopt;
}

// "cursor=50" → 50; 0 for anything else.
std::size_t CursorOf(const std::string& query) {
  constexpr std::string_view kName = "cursor=";
  return query.starts_with(kName) ? ParseId(std::string_view(query).substr(kName.size())) : 0;
}

}  // namespace

Response NewAccount(Ca& ca, const SignedRequest& request) {
  if (request.is_get()) return ToResponse(Malformed("newAccount needs a payload"));
  const MutexLock lock(ca.mutex);
  if (const Account* existing = ca.store.FindAccountByKey(request.key->thumbprint)) {
    return ExistingAccount(ca, *existing);
  }
  if (BoolAt(request.payload, "onlyReturnExisting")) {
    return ToResponse({400, "accountDoesNotExist", "no account has this key"});
  }
  auto account = ReadAccount(ca, request);
  if (!account) return ToResponse(account.problem());
  return AccountAnswer(ca, ca.store.AddAccount(*std::move(account)), 201);
}

Response PostAccount(Ca& ca, const SignedRequest& request) {
  if (ParseId(request.route.argument) != request.account) {
    return ToResponse(Unauthorized("this is somebody else's account"));
  }
  const MutexLock lock(ca.mutex);
  Account& account = *ca.store.FindAccount(request.account);
  if (!request.is_get()) {
    if (auto problem = Update(ca, account, request.payload)) return ToResponse(*problem);
  }
  return AccountAnswer(ca, account, 200);
}

Response ListOrders(Ca& ca, const SignedRequest& request) {
  if (ParseId(request.route.argument) != request.account) {
    return ToResponse(Unauthorized("these are somebody else's orders"));
  }
  const MutexLock lock(ca.mutex);
  const Account& account = *ca.store.FindAccount(request.account);
  const std::size_t end =
      std::min(CursorOf(request.route.query) + ca.options.orders_per_page, account.orders.size());
  Json orders = Json::array();
  for (std::size_t i = CursorOf(request.route.query); i < end; ++i) {
    Order& order = *ca.store.FindOrder(account.orders[i]);
    BringUpToDate(ca, order);
    // RFC 8555 §7.1.2.1: invalid ones should not be there.
    if (order.status != Status::kInvalid) orders.push_back(ca.Url(Endpoint::kOrder, order.id));
  }
  Response response = JsonResponse(200, {{"orders", std::move(orders)}});
  if (end < account.orders.size()) {
    response.headers.emplace_back("Link", "<" + ca.Url(Endpoint::kOrders, account.id) +
                                              "?cursor=" + std::to_string(end) + ">;rel=\"next\"");
  }
  return response;
}

}  // namespace certbroker::scripted_ca
