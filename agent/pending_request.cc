#include "agent/pending_request.h"

#include <utility>

#include <fmt/format.h>

#include "agent/durable_file.h"
#include "agent/json_fields.h"

namespace certbroker::agent {
namespace {

constexpr int kPendingVersion = 1;
constexpr const char* kDescription = "pending.json";
constexpr const char* kKey = "pending.key";

}  // namespace

Result<std::optional<PendingRequest>> PendingRequests::Load() const {
  auto text = ReadText(folder_ / kDescription);
  if (!text && text.error().reason() == Reason::kNotFound) return std::optional<PendingRequest>();
  if (!text) return std::move(text).error();
  auto request = Parse(*text);
  if (request) return std::optional(*std::move(request));
  return Error(Reason::kFileUnusable,
               fmt::format("{} holds an unfinished request that cannot be read ({}). Remove it to "
                           "begin anew; a certificate that was asked for with it is lost then",
                           Printable((folder_ / kDescription).string()), request.error().detail()));
}

Result<PendingRequest> PendingRequests::Parse(const std::string& text) const {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!HasVersion(json, kPendingVersion)) {
    return Error(Reason::kFileUnusable,
                 fmt::format("no JSON object of version {}", kPendingVersion));
  }
  ASSIGN_OR_RETURN(const Secret pem, ReadSecret(folder_ / kKey));
  ASSIGN_OR_RETURN(HostKey key, HostKey::FromPem(pem));
  ASSIGN_OR_RETURN(Wish wish, WishIn(json));
  auto csr = FromBase64Url(TextAt(json, "csr"));
  const auto spki = FromHex(TextAt(json, "spki_sha256"));
  PendingRequest request{.wish = std::move(wish),
                         .certificate = TextAt(json, "certificate"),
                         .request_id = TextAt(json, "request_id"),
                         .csr_der = csr.value_or(Bytes()),
                         .order = TextAt(json, "order"),
                         .key = std::move(key)};
  if (request.request_id.empty() || request.csr_der.empty()) {
    return Error(Reason::kFileUnusable, "fields are missing");
  }
  // A key of an earlier request beside a later description, or the other way round.
  if (!spki || *spki != request.key.spki_sha256()) {
    return Error(Reason::kFileUnusable, "pending.key is not its key");
  }
  return request;
}

Result<void> PendingRequests::Save(const PendingRequest& request) const {
  nlohmann::ordered_json json = {{"version", kPendingVersion},
                                 {"request_id", request.request_id},
                                 {"order", request.order},
                                 {"certificate", request.certificate},
                                 {"csr", Base64Url(request.csr_der)},
                                 {"spki_sha256", Hex(request.key.spki_sha256())}};
  AddWish(request.wish, json);
  const Secret pem = request.key.ToPem();
  RETURN_IF_ERROR(WriteDurably(folder_ / kKey, pem.ExposeForUse(), 0600));
  return WriteDurably(folder_ / kDescription, json.dump(2) + "\n", 0600);
}

Result<void> PendingRequests::Clear() const {
  RETURN_IF_ERROR(RemoveDurably(folder_ / kDescription));
  return RemoveDurably(folder_ / kKey);
}

}  // namespace certbroker::agent
