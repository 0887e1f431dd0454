// Lines to join with (client/join_token.h). Input: what somebody pasted, or, when it begins with
// '{', the JSON in it, because no mutation gets through base64url.
#include <string>

#include "client/join_token.h"
#include "core/bytes.h"
#include "core/check.h"
#include "tests/fuzz/promises.h"
#include "tests/fuzz/target.h"

namespace certbroker::fuzz {
namespace {

constexpr std::size_t kShortText = 256;  // it quotes nothing

void CheckSameLine(const client::JoinLine& a, const client::JoinLine& b) {
  CERTBROKER_CHECK(a.addresses == b.addresses && a.ca_sha256 == b.ca_sha256);
  CERTBROKER_CHECK(a.id == b.id && a.expire_time == b.expire_time);
  CERTBROKER_CHECK(a.secret.ExposeForUse() == b.secret.ExposeForUse());
}

}  // namespace

bool Try(std::string_view input) {
  const std::string pasted =
      input.starts_with('{') ? "CBJ1." + Base64Url(AsBytes(input)) : std::string(input);
  const auto line = client::ParseJoinLine(pasted);
  if (!line) {
    CheckError(line.error(), kShortText);
    return false;
  }
  for (const std::string& address : line->addresses) CheckPrintable(address);
  CERTBROKER_CHECK(!line->addresses.empty() && line->ca_sha256.size() == 32);
  CERTBROKER_CHECK(line->secret.ExposeForUse().size() == client::kJoinSecretOctets);
  // Blanks in the JSON may have made it longer than it needs to be, never shorter.
  const auto composed = client::ComposeJoinLine(*line);
  CERTBROKER_CHECK(composed.has_value());
  const auto again = client::ParseJoinLine(composed->ExposeForUse());
  CERTBROKER_CHECK(again.has_value());
  CheckSameLine(*again, *line);
  return true;
}

}  // namespace certbroker::fuzz
