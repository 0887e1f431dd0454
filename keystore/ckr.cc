#include "keystore/ckr.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace certbroker::keystore {
namespace {

struct Row {
  CK_RV rv;
  std::string_view name;
  Fault fault;
};

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): the name of the constant is what people look up
#define CERTBROKER_CKR(name, fault) \
  { name, #name, Fault::fault }

constexpr auto kRows = std::to_array<Row>({
    CERTBROKER_CKR(CKR_OK, kNone),
    CERTBROKER_CKR(CKR_SESSION_HANDLE_INVALID, kSession),
    CERTBROKER_CKR(CKR_SESSION_CLOSED, kSession),
    CERTBROKER_CKR(CKR_OPERATION_ACTIVE, kSession),
    CERTBROKER_CKR(CKR_OPERATION_NOT_INITIALIZED, kSession),
    CERTBROKER_CKR(CKR_FUNCTION_CANCELED, kSession),
    CERTBROKER_CKR(CKR_USER_NOT_LOGGED_IN, kLogin),
    CERTBROKER_CKR(CKR_OBJECT_HANDLE_INVALID, kHandle),
    CERTBROKER_CKR(CKR_KEY_HANDLE_INVALID, kHandle),
    CERTBROKER_CKR(CKR_SESSION_COUNT, kBusy),
    CERTBROKER_CKR(CKR_HOST_MEMORY, kBusy),
    CERTBROKER_CKR(CKR_DEVICE_MEMORY, kBusy),
    CERTBROKER_CKR(CKR_DEVICE_ERROR, kToken),
    CERTBROKER_CKR(CKR_DEVICE_REMOVED, kToken),
    CERTBROKER_CKR(CKR_TOKEN_NOT_PRESENT, kToken),
    CERTBROKER_CKR(CKR_TOKEN_NOT_RECOGNIZED, kToken),
    CERTBROKER_CKR(CKR_SLOT_ID_INVALID, kToken),
    CERTBROKER_CKR(CKR_GENERAL_ERROR, kToken),
    CERTBROKER_CKR(CKR_FUNCTION_FAILED, kToken),
    CERTBROKER_CKR(CKR_CRYPTOKI_NOT_INITIALIZED, kToken),
    CERTBROKER_CKR(CKR_CANT_LOCK, kToken),
    // Beside real tokens without a PIN, what a SoftHSM store says while another process logs in.
    CERTBROKER_CKR(CKR_USER_PIN_NOT_INITIALIZED, kToken),
    CERTBROKER_CKR(CKR_PIN_INCORRECT, kPin),
    CERTBROKER_CKR(CKR_PIN_INVALID, kPin),
    CERTBROKER_CKR(CKR_PIN_LEN_RANGE, kPin),
    CERTBROKER_CKR(CKR_PIN_EXPIRED, kPin),
    CERTBROKER_CKR(CKR_PIN_LOCKED, kPin),
    CERTBROKER_CKR(CKR_ARGUMENTS_BAD, kFinal),
    CERTBROKER_CKR(CKR_ATTRIBUTE_READ_ONLY, kFinal),
    CERTBROKER_CKR(CKR_ATTRIBUTE_SENSITIVE, kFinal),
    CERTBROKER_CKR(CKR_ATTRIBUTE_TYPE_INVALID, kFinal),
    CERTBROKER_CKR(CKR_ATTRIBUTE_VALUE_INVALID, kFinal),
    CERTBROKER_CKR(CKR_BUFFER_TOO_SMALL, kFinal),
    CERTBROKER_CKR(CKR_CURVE_NOT_SUPPORTED, kFinal),
    CERTBROKER_CKR(CKR_DATA_INVALID, kFinal),
    CERTBROKER_CKR(CKR_DATA_LEN_RANGE, kFinal),
    CERTBROKER_CKR(CKR_DOMAIN_PARAMS_INVALID, kFinal),
    CERTBROKER_CKR(CKR_FUNCTION_NOT_SUPPORTED, kFinal),
    CERTBROKER_CKR(CKR_KEY_FUNCTION_NOT_PERMITTED, kFinal),
    CERTBROKER_CKR(CKR_KEY_SIZE_RANGE, kFinal),
    CERTBROKER_CKR(CKR_KEY_TYPE_INCONSISTENT, kFinal),
    CERTBROKER_CKR(CKR_MECHANISM_INVALID, kFinal),
    CERTBROKER_CKR(CKR_MECHANISM_PARAM_INVALID, kFinal),
    CERTBROKER_CKR(CKR_SESSION_READ_ONLY, kFinal),
    CERTBROKER_CKR(CKR_TEMPLATE_INCOMPLETE, kFinal),
    CERTBROKER_CKR(CKR_TEMPLATE_INCONSISTENT, kFinal),
    CERTBROKER_CKR(CKR_TOKEN_WRITE_PROTECTED, kFinal),
});

#undef CERTBROKER_CKR

const Row* Find(CK_RV rv) {
  const auto* const row = std::ranges::find(kRows, rv, &Row::rv);
  return row == kRows.end() ? nullptr : row;
}

}  // namespace

Fault Classify(CK_RV rv) {
  const Row* row = Find(rv);
  return row == nullptr ? Fault::kToken : row->fault;
}

std::string CkrName(CK_RV rv) {
  const Row* row = Find(rv);
  return fmt::format("{} ({:#x})", row == nullptr ? "an unlisted code" : row->name, rv);
}

Error CallFailed(std::string_view function, CK_RV rv) {
  switch (Classify(rv)) {
    case Fault::kPin:
      return {Reason::kHsmPinRefused,
              fmt::format("{} answered {}: the token refuses the PIN; it will not be tried again, "
                          "because tokens lock after a few tries. Correct the PIN file",
                          function, CkrName(rv))};
    case Fault::kFinal:
      return {Reason::kHsmKeyRefused, fmt::format("{} answered {}", function, CkrName(rv))};
    case Fault::kNone:
    case Fault::kSession:
    case Fault::kLogin:
    case Fault::kHandle:
    case Fault::kBusy:
    case Fault::kToken:
      break;
  }
  return {Reason::kHsmUnavailable, fmt::format("{} answered {}", function, CkrName(rv))};
}

}  // namespace certbroker::keystore
