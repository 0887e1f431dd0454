#include "cli/checkpoint_signature.h"

#include <optional>

#include <nlohmann/json.hpp>

#include "keystore/public_key.h"

namespace certbroker::cli {
namespace {

using nlohmann::json;

Error NotOne(std::string_view why) {
  return {Reason::kInvalidArgument, "not a checkpoint: " + std::string(why)};
}

// Empty: no such member, or no text. nlohmann's value() throws for the latter.
std::string TextIn(const json& object, const char* member) {
  const auto found = object.find(member);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// Empty: no such member, or not base64url.
Bytes OctetsIn(const json& object, const char* member) {
  return FromBase64Url(TextIn(object, member)).value_or(Bytes());
}

// RFC 7518 §6.2.1, §6.3.1.
Result<keystore::PublicKey> KeyIn(const json& jwk) {
  if (!jwk.is_object()) return NotOne("its header has no key");
  if (TextIn(jwk, "kty") == "RSA")
    return keystore::PublicKey::FromRsa(OctetsIn(jwk, "n"), OctetsIn(jwk, "e"));
  constexpr std::uint8_t kUncompressed = 4;
  Bytes point = {kUncompressed};
  for (const char* coordinate : {"x", "y"}) {
    const Bytes octets = OctetsIn(jwk, coordinate);
    point.insert(point.end(), octets.begin(), octets.end());
  }
  return keystore::PublicKey::FromEcPoint(point);
}

struct Part {
  std::string_view encoded;
  json value;
};

Part PartOf(std::string_view encoded) {
  const auto octets = FromBase64Url(encoded);
  return {encoded, octets ? json::parse(AsText(*octets), nullptr, false) : json()};
}

Result<Checkpoint> CheckpointIn(const json& payload) {
  if (!payload.is_object() || !payload.contains("number") ||
      !payload["number"].is_number_integer()) {
    return NotOne("its payload has no number");
  }
  const auto sha256 = FromHex(TextIn(payload, "sha256"));
  const auto time = ParseRfc3339(TextIn(payload, "time"));
  if (!sha256 || !time) return NotOne("its payload has no hash or no time");
  return Checkpoint{payload["number"].get<std::int64_t>(), *sha256, *time};
}

}  // namespace

Result<VerifiedCheckpoint> VerifyCheckpoint(std::string_view jws) {
  const std::size_t dot = jws.find('.');
  const std::size_t last = jws.rfind('.');
  if (dot == std::string_view::npos || dot == last) return NotOne("it has no three parts");
  const Part header = PartOf(jws.substr(0, dot));
  const Part payload = PartOf(jws.substr(dot + 1, last - dot - 1));
  const auto signature = FromBase64Url(jws.substr(last + 1));
  if (!header.value.is_object() || TextIn(header.value, "typ") != kCheckpointType || !signature)
    return NotOne("its header is another one");
  const auto jwk = header.value.find("jwk");
  const auto found = KeyIn(jwk == header.value.end() ? json() : *jwk);
  if (!found) return NotOne("its header has no key that it could be checked with");
  const keystore::PublicKey& key = *found;
  const Bytes digest = DigestFor(key.kind(), AsBytes(jws.substr(0, last)));
  if (key.jwk().algorithm != TextIn(header.value, "alg") || !key.Verifies(digest, *signature))
    return NotOne("its signature does not verify");
  ASSIGN_OR_RETURN(Checkpoint checkpoint, CheckpointIn(payload.value));
  return VerifiedCheckpoint{std::move(checkpoint), key.thumbprint()};
}

}  // namespace certbroker::cli
