// acme/external_account_binding.h: ties a new ACME account to one that was made on a CA's website
// (RFC 8555 §7.3.4): the account's public key, authenticated with a MAC key that the CA gave out.
//
// Pure functions. The MAC key is a Secret from the file to the MAC and appears in no text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/https_url.h"
#include "core/jws.h"
#include "core/result.h"
#include "core/secret.h"

namespace certbroker::acme {

// RFC 7518 §3.2.
enum class MacAlgorithm { kHs256, kHs384, kHs512 };
std::string_view ToString(MacAlgorithm algorithm);  // "HS256"
std::optional<MacAlgorithm> MacAlgorithmFromName(std::string_view name);

struct MacKey {
  Secret octets;
  std::string warning;  // for the operator, without a character of the key; empty: none
};

// A MAC key as CAs hand it out: base64url or base64, padded or not, with white space around it, as
// in a file (tJ6).
//
// kConfigInvalid, with a hint: empty, neither alphabet or both, hexadecimal, or shorter than the
// algorithm's hash (RFC 7518 §3.2), which CAs refuse too. HS256 takes 16 octets and more with a
// warning below 32, because some CAs give out such keys. Also a warning: octets that are themselves
// base64 (Google's REST API encodes twice).
Result<MacKey> ParseMacKey(const Secret& text, MacAlgorithm algorithm);

struct ExternalAccount {
  std::string key_id;  // the CA's, any text
  MacAlgorithm algorithm = MacAlgorithm::kHs256;
  Secret mac_key;  // octets, as from ParseMacKey
};

// The JSON value of "externalAccountBinding": a JWS in flattened serialisation with the account key
// as payload, for `new_account`, which the outer JWS must be for too. It has no nonce and is good
// for one account: at newAccount only (A3).
std::string BindExternalAccount(const ExternalAccount& external, const Jwk& account_key,
                                const HttpsUrl& new_account);

}  // namespace certbroker::acme
