#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "keystore/ckr.h"
#include "keystore/qualification_steps.h"

namespace certbroker::keystore {
namespace {

// A field of PKCS#11, without the blanks at its end.
template <std::size_t N>
std::string Field(const unsigned char (&field)[N]) {
  const std::string_view text(reinterpret_cast<const char*>(field), N);
  return std::string(text.substr(0, text.find_last_not_of(std::string_view(" \0", 2)) + 1));
}

std::string VersionText(const CK_VERSION& version) {
  return fmt::format("{}.{}", version.major, version.minor);
}

std::string LimitText(CK_ULONG limit) {
  if (limit == CK_UNAVAILABLE_INFORMATION) return "unknown";
  return limit == CK_EFFECTIVELY_INFINITE ? "no limit" : std::to_string(limit);
}

struct FlagName {
  CK_FLAGS flag;
  std::string_view name;
};
constexpr auto kTokenFlags = std::to_array<FlagName>({
    {CKF_RNG, "random numbers"},
    {CKF_WRITE_PROTECTED, "write protected"},
    {CKF_LOGIN_REQUIRED, "login required"},
    {CKF_PROTECTED_AUTHENTICATION_PATH, "PIN entered at the token"},
    {CKF_USER_PIN_COUNT_LOW, "a wrong PIN was offered lately"},
    {CKF_USER_PIN_TO_BE_CHANGED, "PIN to be changed"},
});

std::string FlagsText(CK_FLAGS flags) {
  std::string text;
  for (const FlagName& flag : kTokenFlags) {
    if ((flags & flag.flag) != 0) text += fmt::format(", {}", flag.name);
  }
  return text;
}

void DescribeToken(Trial& trial) {
  CK_TOKEN_INFO info{};
  const CK_RV rv = trial.functions().C_GetTokenInfo(trial.bench().slot(), &info);
  if (rv != CKR_OK) {
    trial.Note("token", Verdict::kLimited, fmt::format("C_GetTokenInfo answered {}", CkrName(rv)),
               "certbroker asks it for signs of life; without it a loss is noticed later");
    return;
  }
  trial.Note("token", Verdict::kFact,
             fmt::format("'{}', {} {}, serial {}, hardware {}, firmware {}; sessions: {}, writing "
                         "ones: {}; PIN of {} to {} octets{}",
                         Field(info.label), Field(info.manufacturerID), Field(info.model),
                         Field(info.serialNumber), VersionText(info.hardwareVersion),
                         VersionText(info.firmwareVersion), LimitText(info.ulMaxSessionCount),
                         LimitText(info.ulMaxRwSessionCount), info.ulMinPinLen, info.ulMaxPinLen,
                         FlagsText(info.flags)));
}

struct Needed {
  CK_MECHANISM_TYPE type;
  std::string_view name;
  bool to_sign;
  std::string_view without;  // what its absence means
};
constexpr auto kNeeded = std::to_array<Needed>({
    {CKM_EC_KEY_PAIR_GEN, "CKM_EC_KEY_PAIR_GEN", false,
     "no EC keys are made here; such a key of the HSM's own tool can be adopted"},
    {CKM_ECDSA, "CKM_ECDSA", true, "no ES256 and no ES384"},
    {CKM_RSA_PKCS_KEY_PAIR_GEN, "CKM_RSA_PKCS_KEY_PAIR_GEN", false,
     "no RSA keys are made here; such a key of the HSM's own tool can be adopted"},
    {CKM_RSA_PKCS, "CKM_RSA_PKCS", true, "no RS256"},
});

void DescribeMechanism(Trial& trial, const Needed& needed) {
  const std::string step = fmt::format("mechanism {}", needed.name);
  CK_MECHANISM_INFO info{};
  const CK_RV rv = trial.functions().C_GetMechanismInfo(trial.bench().slot(), needed.type, &info);
  const CK_FLAGS use = needed.to_sign ? CKF_SIGN : CKF_GENERATE_KEY_PAIR;
  if (rv != CKR_OK || (info.flags & use) == 0) {
    trial.Note(step, needed.to_sign ? Verdict::kFails : Verdict::kLimited,
               rv == CKR_OK ? std::string("it is there, but not for this use") : CkrName(rv),
               std::string(needed.without));
    return;
  }
  trial.Note(step, Verdict::kWorks,
             fmt::format("{} to {} bits{}", info.ulMinKeySize, info.ulMaxKeySize,
                         (info.flags & CKF_HW) != 0 ? ", the token says in hardware" : ""));
}

}  // namespace

void DescribeModule(Trial& trial) {
  CK_INFO info{};
  const CK_RV rv = trial.functions().C_GetInfo(&info);
  trial.Note("module", Verdict::kFact,
             rv != CKR_OK
                 ? fmt::format("C_GetInfo answered {}", CkrName(rv))
                 : fmt::format("{} {} by {}, PKCS#11 {}", Field(info.libraryDescription),
                               VersionText(info.libraryVersion), Field(info.manufacturerID),
                               VersionText(info.cryptokiVersion)));
  DescribeToken(trial);
}

void DescribeMechanisms(Trial& trial) {
  CK_ULONG size = 0;
  const CK_RV rv = trial.functions().C_GetMechanismList(trial.bench().slot(), nullptr, &size);
  trial.Note("mechanisms", Verdict::kFact,
             rv == CKR_OK ? fmt::format("{} in all; the four that certbroker uses follow", size)
                          : fmt::format("C_GetMechanismList answered {}", CkrName(rv)));
  for (const Needed& needed : kNeeded) DescribeMechanism(trial, needed);
}

void CheckSecondSession(Trial& trial) {
  const TokenBench& bench = trial.bench();
  trial.report.sessions_suffice = bench.has_second();
  if (!bench.has_second()) {
    trial.Note("second session", Verdict::kFails,
               fmt::format("C_OpenSession answered {}", CkrName(bench.second_session())),
               "certbroker keeps one session for the login and signs in others: it needs two");
    return;
  }
  trial.Note("second session", Verdict::kWorks, "opened beside the one that holds the login");
  if (bench.read_only_session() != CKR_OK) {
    trial.Note("read-only sessions", Verdict::kLimited,
               fmt::format("C_OpenSession answered {}", CkrName(bench.read_only_session())),
               "sessions that may write are used instead");
  }
}

}  // namespace certbroker::keystore
