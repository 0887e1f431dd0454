// tests/fakes/scripted_ca/dns_look.h: the challenges that are answered by a TXT record.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/fakes/scripted_ca/question.h"

namespace certbroker::scripted_ca {

// The TXT records of a name; "dns" when they cannot be had. Called on the validator's threads.
using TxtLookup = std::function<Outcome<std::vector<std::string>>(const std::string& name)>;

// dns-01 (RFC 8555 §8.4), dns-account-01 (draft-ietf-acme-dns-account-label-02) and dns-persist-01
// (draft-ietf-acme-dns-persist; `issuers` are the names by which the CA goes there). Of several
// records one has to be right. "unauthorized": there is none; "incorrectResponse": none is right;
// "dns".
Verdict LookUp(const Question& question, const TxtLookup& lookup,
               const std::vector<std::string>& issuers);

// "_ujmmovf2vn55tgye" for an account's URL: the label in front of "_acme-challenge".
std::string AccountLabel(const std::string& account_url);

}  // namespace certbroker::scripted_ca
