#include "cli/key_use_chain.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "client/time_text.h"
#include "core/key_use.h"
#include "pki/digest.h"

namespace certbroker::cli {
namespace {

Bytes OctetsOf(const std::string& field) { return ToBytes(AsBytes(field)); }

// Nothing: it has a purpose that this program does not know.
std::optional<RecordedKeyUse> FromProto(const v1::KeyUse& from) {
  const auto purpose = SignaturePurposeFromName(from.purpose());
  if (!purpose) return std::nullopt;
  RecordedKeyUse record;
  record.use = {.purpose = *purpose,
                .url = from.url(),
                .account_url = from.account_url(),
                .key_uri = from.key_uri(),
                .thumbprint = from.thumbprint(),
                .subject = from.subject(),
                .agent = from.agent(),
                .request_id = from.request_id(),
                .input_sha256 = OctetsOf(from.input_sha256())};
  record.number = from.number();
  record.create_time = client::ToTime(from.create_time());
  record.replica = from.replica();
  record.previous_sha256 = OctetsOf(from.previous_sha256());
  record.sha256 = OctetsOf(from.sha256());
  return record;
}

}  // namespace

void KeyUseChain::Problem(std::int64_t number, std::string_view what) {
  if (problem_.empty()) problem_ = fmt::format("record {}: {}", number, what);
}

void KeyUseChain::Add(const v1::KeyUse& from) {
  if (records_++ == 0) {
    head_number_ = expected_number_ = from.number();
    head_sha256_ = expected_sha256_ = OctetsOf(from.sha256());
  }
  const auto record = FromProto(from);
  if (from.number() != expected_number_) {
    Problem(expected_number_, fmt::format("missing; {} follows instead", from.number()));
  } else if (OctetsOf(from.sha256()) != expected_sha256_) {
    Problem(from.number(), "the record after it names another one as the one before");
  } else if (!record) {
    Problem(from.number(), "a purpose that this version does not know; use a newer one");
  } else if (pki::Sha256(ChainOctets(*record)) != record->sha256) {
    Problem(from.number(), "its content is not what its hash was made of: it was changed");
  }
  expected_number_ = from.number() - 1;
  expected_sha256_ = OctetsOf(from.previous_sha256());
}

void KeyUseChain::End() {
  if (records_ == 0) return;
  const bool zeros = std::ranges::all_of(expected_sha256_, [](auto octet) { return octet == 0; });
  if (expected_number_ != 0 || !zeros || expected_sha256_.size() != kKeyUseHashOctets)
    Problem(expected_number_, "missing, and everything before it");
}

}  // namespace certbroker::cli
