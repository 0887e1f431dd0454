#include "core/key_use.h"

#include <initializer_list>
#include <string_view>

#include <fmt/format.h>

namespace certbroker {

Bytes ChainOctets(const RecordedKeyUse& record) {
  const KeyUse& use = record.use;
  const std::string number = std::to_string(record.number);
  const std::string time = FormatRfc3339(record.create_time);
  const std::string input = Hex(use.input_sha256);
  const std::string previous = Hex(record.previous_sha256);
  std::string text;
  for (const std::string_view field : std::initializer_list<std::string_view>{
           "certbroker key use 1", number, time, record.replica, ToString(use.purpose), use.url,
           use.account_url, use.key_uri, use.thumbprint, use.subject, use.agent, use.request_id,
           input, previous}) {
    text += fmt::format("{}:{},", field.size(), field);
  }
  return ToBytes(AsBytes(text));
}

}  // namespace certbroker
