#include "core/certificate.h"

#include <fmt/format.h>

#include "core/check.h"

namespace certbroker {

std::string_view ToString(RevocationState state) {
  switch (state) {
    case RevocationState::kRequested:
      return "REVOKE_REQUESTED";
    case RevocationState::kRevoked:
      return "REVOKED";
    case RevocationState::kFailed:
      return "REVOKE_FAILED";
  }
  CERTBROKER_CHECK(false);
}

std::optional<RevocationState> RevocationStateFromName(std::string_view name) {
  for (const auto state :
       {RevocationState::kRequested, RevocationState::kRevoked, RevocationState::kFailed}) {
    if (ToString(state) == name) return state;
  }
  return std::nullopt;
}

std::optional<RevocationReason> RevocationReasonFromCode(int code) {
  switch (code) {
    case 0:
      return RevocationReason::kUnspecified;
    case 1:
      return RevocationReason::kKeyCompromise;
    case 3:
      return RevocationReason::kAffiliationChanged;
    case 4:
      return RevocationReason::kSuperseded;
    case 5:
      return RevocationReason::kCessationOfOperation;
    default:
      return std::nullopt;
  }
}

std::string_view ToString(RevocationReason reason) {
  switch (reason) {
    case RevocationReason::kUnspecified:
      return "unspecified";
    case RevocationReason::kKeyCompromise:
      return "keyCompromise";
    case RevocationReason::kAffiliationChanged:
      return "affiliationChanged";
    case RevocationReason::kSuperseded:
      return "superseded";
    case RevocationReason::kCessationOfOperation:
      return "cessationOfOperation";
  }
  CERTBROKER_CHECK(false);
}

Result<void> AnswersRevocation(const Revocation& on_record, RevocationReason asked) {
  if (asked != RevocationReason::kKeyCompromise || asked == on_record.reason) return {};
  return Error(Reason::kCaAlreadyRevoked,
               fmt::format("the certificate {} revoked as {}, and keyCompromise was not recorded: "
                           "the CA adds it only when asked with the certificate's own key: an "
                           "operator can, with `certbrokerd revoke`. Do not use the key again",
                           on_record.state == RevocationState::kRevoked ? "is" : "is being",
                           ToString(on_record.reason)));
}

}  // namespace certbroker
