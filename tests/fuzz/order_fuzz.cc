// An order of a CA (RFC 8555 §7.1.3). Input: JSON.
#include "tests/fuzz/message_text.h"
#include "tests/fuzz/target.h"

namespace certbroker::fuzz {

bool Try(std::string_view input) {
  const auto order = acme::ParseOrder(input);
  if (!CheckReading(order, input, &acme::ParseOrder)) return false;
  for (const HttpsUrl& url : order->authorizations) CheckUrl(url);
  if (order->finalize) CheckUrl(*order->finalize);
  if (order->certificate) CheckUrl(*order->certificate);
  if (order->error) CheckError(acme::ToError(*order->error, 0, std::nullopt));
  return true;
}

}  // namespace certbroker::fuzz
