#include "tests/fakes/scripted_ca/store.h"

namespace certbroker::scripted_ca {
namespace {

template <class T>
T& AddNumbered(std::deque<T>& list, T item) {
  item.id = list.size() + 1;
  return list.emplace_back(std::move(item));
}

template <class T>
T* At(std::deque<T>& list, Id id) {
  return id == 0 || id > list.size() ? nullptr : &list[id - 1];
}

template <class Map, class T>
T* Look(const Map& map, const std::string& key, std::deque<T>& list) {
  const auto found = map.find(key);
  return found == map.end() ? nullptr : &list[found->second];
}

std::string OrderKey(Id account, const std::vector<Identifier>& names, const std::string& profile) {
  return std::to_string(account) + " " + profile + " " + Listed(names);
}

std::string ProofKey(Id account, const Identifier& identifier, bool wildcard) {
  return std::to_string(account) + (wildcard ? " *." : " ") + identifier.value;
}

}  // namespace

std::string_view NameOf(Status status) {
  switch (status) {
    case Status::kPending:
      return "pending";
    case Status::kReady:
      return "ready";
    case Status::kProcessing:
      return "processing";
    case Status::kValid:
      return "valid";
    case Status::kInvalid:
      return "invalid";
    case Status::kDeactivated:
      return "deactivated";
    case Status::kExpired:
      return "expired";
    case Status::kRevoked:
      return "revoked";
  }
  return "unknown";
}

Account& Store::AddAccount(Account account) {
  Account& added = AddNumbered(accounts_, std::move(account));
  accounts_by_key_[added.key->thumbprint] = added.id;
  return added;
}

Authorization& Store::AddAuthorization(Authorization authorization) {
  return AddNumbered(authorizations_, std::move(authorization));
}

Order& Store::AddOrder(Order order) {
  Order& added = AddNumbered(orders_, std::move(order));
  FindAccount(added.account)->orders.push_back(added.id);
  last_orders_[OrderKey(added.account, added.identifiers, added.profile)] = added.id;
  return added;
}

Certificate& Store::AddCertificate(Certificate certificate) {
  const std::size_t at = certificates_.size();
  certificates_by_serial_[certificate.serial] = at;
  certificates_by_renewal_id_[certificate.renewal_id] = at;
  issued_sets_[Listed(certificate.names)] = certificate.issued;
  return certificates_.emplace_back(std::move(certificate));
}

Account* Store::FindAccount(Id id) { return At(accounts_, id); }
Authorization* Store::FindAuthorization(Id id) { return At(authorizations_, id); }
Order* Store::FindOrder(Id id) { return At(orders_, id); }

Account* Store::FindAccountByKey(const std::string& thumbprint) {
  const auto found = accounts_by_key_.find(thumbprint);
  return found == accounts_by_key_.end() ? nullptr : FindAccount(found->second);
}

Certificate* Store::FindCertificate(const std::string& serial) {
  return Look(certificates_by_serial_, serial, certificates_);
}

Certificate* Store::FindByRenewalId(const std::string& renewal_id) {
  return Look(certificates_by_renewal_id_, renewal_id, certificates_);
}

void Store::ChangeKey(Account& account, PublicJwkPtr key) {
  accounts_by_key_.erase(account.key->thumbprint);
  account.key = std::move(key);
  accounts_by_key_[account.key->thumbprint] = account.id;
}

Order* Store::LastOrder(Id account, const std::vector<Identifier>& names,
                        const std::string& profile) {
  const auto found = last_orders_.find(OrderKey(account, names, profile));
  return found == last_orders_.end() ? nullptr : FindOrder(found->second);
}

Authorization* Store::LastProof(Id account, const Identifier& identifier, bool wildcard) {
  const auto found = proofs_.find(ProofKey(account, identifier, wildcard));
  return found == proofs_.end() ? nullptr : FindAuthorization(found->second);
}

void Store::RememberProof(const Authorization& authorization) {
  proofs_[ProofKey(authorization.account, authorization.identifier, authorization.wildcard)] =
      authorization.id;
}

std::optional<Time> Store::LastIssued(const std::vector<Identifier>& names) const {
  const auto found = issued_sets_.find(Listed(names));
  if (found == issued_sets_.end()) return std::nullopt;
  return found->second;
}

}  // namespace certbroker::scripted_ca
