// acme/persist_record.h: the TXT record with which the owner of a name lets one account at one CA
// have certificates for it, for good (dns-persist-01, draft-ietf-acme-dns-persist).
//
// It is published once, by a person or a zone generator, so what matters here is to say what it
// must hold and what is wrong with what is there. Pure functions. Whoever holds the account key can
// use the record: that is why it names the account.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/https_url.h"
#include "core/identifier.h"
#include "core/result.h"
#include "core/time.h"

namespace certbroker::acme {

struct PersistRecord {
  std::string issuer_domain;  // lower case, no trailing dot: one of the challenge's issuer names
  HttpsUrl account_url;
  bool wildcard = false;                     // also for names below, and "*."
  std::optional<Time> until = std::nullopt;  // whole seconds; the CA takes it no later than that

  friend bool operator==(const PersistRecord&, const PersistRecord&) = default;
};

// "_validation-persist.example.com"; the same for a wildcard. Precondition: a DNS name.
std::string PersistRecordName(const Identifier& name);

// The record's text, in the grammar of CAA's issue-value (RFC 8659 §4.2): "ca.example;
// accounturi=https://…; policy=wildcard; persistUntil=1795248000". More than 255 octets go into
// several character-strings of one record.
std::string PersistRecordText(const PersistRecord& record);

// As a CA reads it: parameters in any order and case, unknown ones ignored. kInvalidArgument with
// what is wrong: no issuer, no accounturi or none that is https, a parameter twice or without "=",
// a ';' at the end, white space in a value, persistUntil that is no number.
Result<PersistRecord> ParsePersistRecord(std::string_view text);

struct PersistNeed {
  std::vector<std::string> issuer_domains;  // the challenge's issuer-domain-names
  HttpsUrl account_url;
  bool wildcard = false;
  std::chrono::seconds warn_before = std::chrono::hours(24 * 30);
};

struct PersistVerdict {
  bool sufficient = false;    // one of the records is what the CA will look for
  std::optional<Time> until;  // of the one that lasts longest; nothing: for ever, or none suffices
  // For the operator, printable: why records of this CA do not do, and what will soon not do.
  std::vector<std::string> remarks;
};

// `texts`: every TXT record at PersistRecordName, each joined from its character-strings. Records
// of other CAs are none of our business and get no remark.
PersistVerdict JudgePersistRecords(const std::vector<std::string>& texts, const PersistNeed& need,
                                   Time now);

}  // namespace certbroker::acme
