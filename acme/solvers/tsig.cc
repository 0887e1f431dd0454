#include "acme/solvers/tsig.h"

#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "acme/solvers/dns_name.h"
#include "acme/solvers/ldns_handles.h"
#include "core/check.h"

namespace certbroker::acme {
namespace {

constexpr std::size_t kDnsHeader = 12;
constexpr std::uint16_t kFudge = 300;  // seconds, RFC 8945 §10
constexpr std::uint16_t kTypeTsig = 250;
constexpr std::uint16_t kClassAny = 255;

constexpr std::array<std::string_view, 3> kAlgorithms = {"hmac-sha256", "hmac-sha384",
                                                         "hmac-sha512"};

const EVP_MD* DigestOf(TsigAlgorithm algorithm) {
  switch (algorithm) {
    case TsigAlgorithm::kHmacSha256:
      return EVP_sha256();
    case TsigAlgorithm::kHmacSha384:
      return EVP_sha384();
    case TsigAlgorithm::kHmacSha512:
      return EVP_sha512();
  }
  return EVP_sha256();
}

// The TSIG record's fields; `time` in seconds since 1970.
struct Fields {
  std::uint64_t time = 0;
  std::uint16_t fudge = kFudge;
  std::uint16_t error = 0;
  Bytes other;
};

void Put(Bytes& out, std::uint64_t number, std::size_t octets) {
  for (std::size_t i = octets; i > 0; --i) {
    out.push_back(static_cast<std::uint8_t>(number >> (8 * (i - 1))));
  }
}

void Put(Bytes& out, ByteView octets) { out.insert(out.end(), octets.begin(), octets.end()); }

std::uint64_t Get(const ldns_rr* record, std::size_t field) {
  const ldns_rdf* rdf = ldns_rr_rdf(record, field);
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < ldns_rdf_size(rdf); ++i) {
    number = number << 8U | ldns_rdf_data(rdf)[i];
  }
  return number;
}

// The data of a field that has its length in its first two octets.
Bytes GetCounted(const ldns_rr* record, std::size_t field) {
  const ldns_rdf* rdf = ldns_rr_rdf(record, field);
  if (ldns_rdf_size(rdf) < 2) return {};
  return {ldns_rdf_data(rdf) + 2, ldns_rdf_data(rdf) + ldns_rdf_size(rdf)};
}

// A name as the signature covers it: uncompressed, in lower case (RFC 8945 §4.3.3).
Bytes WireName(std::string_view name) {
  Bytes out;
  const std::string text = DnsName(name);
  for (std::string_view rest = text; !rest.empty(); rest = ParentOf(rest)) {
    const std::string_view label = rest.substr(0, rest.find('.'));
    out.push_back(static_cast<std::uint8_t>(label.size()));
    Put(out, AsBytes(label));
  }
  out.push_back(0);
  return out;
}

Bytes Mac(const TsigKey& key, ByteView data) {
  const std::string_view secret = key.secret.ExposeForUse();
  Bytes mac(EVP_MAX_MD_SIZE);
  unsigned int size = 0;
  CERTBROKER_CHECK(HMAC(DigestOf(key.algorithm), secret.data(), static_cast<int>(secret.size()),
                        data.data(), data.size(), mac.data(), &size) != nullptr);
  mac.resize(size);
  return mac;
}

// RFC 8945 §4.3.3: what of the record is signed, after the message.
void PutVariables(Bytes& out, const TsigKey& key, const Fields& fields) {
  Put(out, WireName(key.name));
  Put(out, kClassAny, 2);
  Put(out, 0, 4);
  Put(out, WireName(NameOf(key.algorithm)));
  Put(out, fields.time, 6);
  Put(out, fields.fudge, 2);
  Put(out, fields.error, 2);
  Put(out, fields.other.size(), 2);
  Put(out, fields.other);
}

std::uint64_t SecondsOf(Time now) {
  const auto since_1970 = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch();
  return static_cast<std::uint64_t>(since_1970.count());
}

std::uint16_t Count(ByteView message, std::size_t at) {
  return static_cast<std::uint16_t>(message[at] << 8U | message[at + 1]);
}

// The message's last record and where it begins.
struct LastRecord {
  LdnsRecord record;
  std::size_t at = 0;
};

LastRecord FindLastRecord(ByteView message) {
  constexpr std::array<ldns_pkt_section, 4> kSections = {
      LDNS_SECTION_QUESTION, LDNS_SECTION_ANSWER, LDNS_SECTION_AUTHORITY, LDNS_SECTION_ADDITIONAL};
  LastRecord last;
  std::size_t at = kDnsHeader;
  for (std::size_t section = 0; section < kSections.size() && message.size() >= kDnsHeader;
       ++section) {
    for (int left = Count(message, 4 + 2 * section); left > 0; --left) {
      last.at = at;
      ldns_rr* record = nullptr;
      if (ldns_wire2rr(&record, message.data(), message.size(), &at, kSections[section]) !=
          LDNS_STATUS_OK) {
        return {};
      }
      last.record.reset(record);
    }
  }
  if (at != message.size() || Count(message, 10) == 0) return {};
  return last;
}

bool IsTsigOf(const ldns_rr* record, const TsigKey& key) {
  const LdnsMemory<char> owner(ldns_rdf2str(ldns_rr_owner(record)));
  const LdnsMemory<char> algorithm(ldns_rdf2str(ldns_rr_rdf(record, 0)));
  return owner != nullptr && algorithm != nullptr && DnsName(owner.get()) == DnsName(key.name) &&
         DnsName(algorithm.get()) == NameOf(key.algorithm);
}

// The message as it was before the record was put at its end.
Bytes WithoutLastRecord(ByteView message, const LastRecord& last) {
  Bytes bare = ToBytes(message.first(last.at));
  const auto additional = static_cast<std::uint16_t>(Count(message, 10) - 1);
  bare[10] = static_cast<std::uint8_t>(additional >> 8U);
  bare[11] = static_cast<std::uint8_t>(additional & 0xFFU);
  const std::uint64_t original_id = Get(last.record.get(), 4);
  bare[0] = static_cast<std::uint8_t>(original_id >> 8U);
  bare[1] = static_cast<std::uint8_t>(original_id & 0xFFU);
  return bare;
}

bool Equal(const Bytes& a, const Bytes& b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

std::optional<TsigAlgorithm> TsigAlgorithmFromName(std::string_view name) {
  const auto* found = std::ranges::find(kAlgorithms, name);
  if (found == kAlgorithms.end()) return std::nullopt;
  return static_cast<TsigAlgorithm>(found - kAlgorithms.begin());
}

std::string_view NameOf(TsigAlgorithm algorithm) {
  return kAlgorithms[static_cast<std::size_t>(algorithm)];
}

Result<Secret> DecodeTsigSecret(std::string_view base64) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t from = std::min(base64.find_first_not_of(kSpace), base64.size());
  base64 = base64.substr(from, base64.find_last_not_of(kSpace) + 1 - from);
  std::string octets(base64.size() / 4 * 3 + 1, '\0');
  const int size = base64.empty() || base64.size() % 4 != 0
                       ? -1
                       : EVP_DecodeBlock(reinterpret_cast<unsigned char*>(octets.data()),
                                         reinterpret_cast<const unsigned char*>(base64.data()),
                                         static_cast<int>(base64.size()));
  // EVP_DecodeBlock counts the octets that padding stands for.
  const std::size_t padding = base64.ends_with("==") ? 2 : base64.ends_with('=') ? 1 : 0;
  if (size <= 0) {
    OPENSSL_cleanse(octets.data(), octets.size());
    return Error(Reason::kConfigInvalid,
                 "a TSIG secret is base64 on one line, as in the output of tsig-keygen");
  }
  Secret secret(octets.substr(0, static_cast<std::size_t>(size) - padding));
  OPENSSL_cleanse(octets.data(), octets.size());
  return secret;
}

SignedMessage SignMessage(ByteView message, const TsigKey& key, Time now) {
  const Fields fields{.time = SecondsOf(now), .other = {}};
  Bytes data = ToBytes(message);
  PutVariables(data, key, fields);
  SignedMessage result{.octets = ToBytes(message), .mac = Mac(key, data)};

  Bytes rdata = WireName(NameOf(key.algorithm));
  Put(rdata, fields.time, 6);
  Put(rdata, fields.fudge, 2);
  Put(rdata, result.mac.size(), 2);
  Put(rdata, result.mac);
  Put(rdata, message.first(2));  // the original id
  Put(rdata, 0, 2);
  Put(rdata, 0, 2);

  Put(result.octets, WireName(key.name));
  Put(result.octets, kTypeTsig, 2);
  Put(result.octets, kClassAny, 2);
  Put(result.octets, 0, 4);
  Put(result.octets, rdata.size(), 2);
  Put(result.octets, rdata);
  const auto additional = static_cast<std::uint16_t>(Count(message, 10) + 1);
  result.octets[10] = static_cast<std::uint8_t>(additional >> 8U);
  result.octets[11] = static_cast<std::uint8_t>(additional & 0xFFU);
  return result;
}

TsigFinding VerifyReply(ByteView reply, const SignedMessage& request, const TsigKey& key,
                        Time now) {
  const LastRecord last = FindLastRecord(reply);
  if (last.record == nullptr || ldns_rr_get_type(last.record.get()) != LDNS_RR_TYPE_TSIG ||
      ldns_rr_rd_count(last.record.get()) != 7) {
    return {.problem = "the answer has no signature"};
  }
  const ldns_rr* record = last.record.get();
  TsigFinding finding{.error = static_cast<int>(Get(record, 5)), .problem = {}};
  if (!IsTsigOf(record, key)) {
    finding.problem = "the answer is signed with another key or algorithm";
    return finding;
  }
  const Fields fields{.time = Get(record, 1),
                      .fudge = static_cast<std::uint16_t>(Get(record, 2)),
                      .error = static_cast<std::uint16_t>(Get(record, 5)),
                      .other = GetCounted(record, 6)};
  Bytes data;
  Put(data, request.mac.size(), 2);
  Put(data, request.mac);
  Put(data, WithoutLastRecord(reply, last));
  PutVariables(data, key, fields);
  if (!Equal(Mac(key, data), GetCounted(record, 3))) {
    finding.problem = "the answer's signature is wrong";
    return finding;
  }
  const std::uint64_t here = SecondsOf(now);
  const std::uint64_t apart = here > fields.time ? here - fields.time : fields.time - here;
  // RFC 8945 §5.2.3: a BADTIME answer carries the time of our request; the server's is in `other`.
  finding.is_signed = apart <= fields.fudge;
  if (!finding.is_signed) finding.problem = "the answer was signed at another time";
  return finding;
}

}  // namespace certbroker::acme
