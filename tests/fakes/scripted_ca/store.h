// tests/fakes/scripted_ca/store.h: everything the CA remembers, in memory.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/fakes/scripted_ca/model.h"

namespace certbroker::scripted_ca {

// Not thread-safe. References stay good: nothing is ever removed.
class Store {
 public:
  Account& AddAccount(Account account);
  Authorization& AddAuthorization(Authorization authorization);
  Order& AddOrder(Order order);
  Certificate& AddCertificate(Certificate certificate);

  // nullptr: there is none.
  Account* FindAccount(Id id);
  Account* FindAccountByKey(const std::string& thumbprint);
  Authorization* FindAuthorization(Id id);
  Order* FindOrder(Id id);
  Certificate* FindCertificate(const std::string& serial);
  Certificate* FindByRenewalId(const std::string& renewal_id);

  // The account's signatures are made with that key from now on.
  void ChangeKey(Account& account, PublicJwkPtr key);

  // The order that this account last made for exactly these names; nullptr: none.
  Order* LastOrder(Id account, const std::vector<Identifier>& names, const std::string& profile);
  // The authorization that this account last proved for the name; nullptr: none.
  Authorization* LastProof(Id account, const Identifier& identifier, bool wildcard);
  void RememberProof(const Authorization& authorization);
  // When the exact set was last issued, by whomever; nothing: never.
  std::optional<Time> LastIssued(const std::vector<Identifier>& names) const;

  const std::deque<Account>& accounts() const { return accounts_; }
  const std::deque<Authorization>& authorizations() const { return authorizations_; }
  const std::deque<Order>& orders() const { return orders_; }
  const std::deque<Certificate>& certificates() const { return certificates_; }

 private:
  std::deque<Account> accounts_;
  std::deque<Authorization> authorizations_;
  std::deque<Order> orders_;
  std::deque<Certificate> certificates_;
  std::unordered_map<std::string, Id> accounts_by_key_;
  std::unordered_map<std::string, Id> last_orders_;
  std::unordered_map<std::string, Id> proofs_;
  std::unordered_map<std::string, Time> issued_sets_;
  std::unordered_map<std::string, std::size_t> certificates_by_serial_;
  std::unordered_map<std::string, std::size_t> certificates_by_renewal_id_;
};

}  // namespace certbroker::scripted_ca
