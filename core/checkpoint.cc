#include "core/checkpoint.h"

#include <fmt/format.h>

namespace certbroker {

UnsignedCheckpoint::UnsignedCheckpoint(const Checkpoint& checkpoint, const Jwk& key) {
  const std::string header = fmt::format(R"({{"alg":"{}","jwk":{},"typ":"{}"}})", key.algorithm,
                                         key.canonical_json, kCheckpointType);
  const std::string payload =
      fmt::format(R"({{"number":{},"sha256":"{}","time":"{}"}})", checkpoint.number,
                  Hex(checkpoint.sha256), FormatRfc3339(checkpoint.create_time));
  signing_input_ = Base64Url(AsBytes(header)) + '.' + Base64Url(AsBytes(payload));
}

std::string UnsignedCheckpoint::WithSignature(ByteView signature) const {
  return signing_input_ + '.' + Base64Url(signature);
}

}  // namespace certbroker
