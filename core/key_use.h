// core/key_use.h: one use of an account key, as the ledger of key uses holds it.
//
// Each record names the record before it by its hash, so that none can be changed, removed or put
// in between without every later one telling.
#pragma once

#include <cstdint>
#include <string>

#include "core/bytes.h"
#include "core/jws.h"
#include "core/time.h"

namespace certbroker {

struct KeyUse {
  SignaturePurpose purpose = SignaturePurpose::kPostAsGet;
  std::string url;          // of the request (RFC 8555 §6.4); empty for kKeyProof
  std::string account_url;  // the kid; empty where the JWS carries the key itself
  std::string key_uri;      // PKCS#11 URI without PIN
  std::string thumbprint;   // RFC 7638, base64url
  std::string subject;      // "orders/…", "issuers/…/accounts/…"; empty for kKeyProof
  std::string agent;        // on whose behalf; empty: nobody's
  std::string request_id;   // of the agent's request; empty: none
  Bytes input_sha256;  // of the JWS signing input (RFC 7515 §5.1); of what was signed otherwise

  friend bool operator==(const KeyUse&, const KeyUse&) = default;
};

struct RecordedKeyUse {
  KeyUse use;
  std::int64_t number = 0;  // 1, 2, 3, … without a gap
  Time create_time;         // the database's; whole microseconds
  std::string replica;      // who asked for the signature
  Bytes previous_sha256;    // of the record before; 32 zero octets for the first
  Bytes sha256;             // of ChainOctets
};

inline constexpr std::size_t kKeyUseHashOctets = 32;

// What a record's sha256 is the SHA-256 of: "certbroker key use 1" and then number, time (as
// FormatRfc3339), replica, purpose, url, account_url, key_uri, thumbprint, subject, agent,
// request_id, input_sha256 and previous_sha256 (both lower-case hex), each as a netstring
// ("5:hello,").
Bytes ChainOctets(const RecordedKeyUse& record);

}  // namespace certbroker
