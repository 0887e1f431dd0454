// An account of a CA (RFC 8555 §7.1.2). Input: JSON.
#include "tests/fuzz/message_text.h"
#include "tests/fuzz/target.h"

namespace certbroker::fuzz {

bool Try(std::string_view input) {
  const auto account = acme::ParseAccount(input);
  if (!CheckReading(account, input, &acme::ParseAccount)) return false;
  if (account->orders) CheckUrl(*account->orders);
  return true;
}

}  // namespace certbroker::fuzz
