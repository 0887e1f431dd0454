#include "keystore/key_attributes.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include <fmt/format.h>

#include "core/bytes.h"
#include "keystore/ckr.h"
#include "keystore/curves.h"
#include "keystore/objects.h"

namespace certbroker::keystore {
namespace {

constexpr std::string_view kUnsupported = "unsupported";

struct Rule {
  CK_ATTRIBUTE_TYPE type;
  std::string_view name;
  std::string_view required;   // empty: recorded only
  bool may_be_absent = false;  // tokens without the attribute are as good as those that comply
  std::string (*show)(const Bytes& value) = nullptr;
  std::string_view or_else = {};   // another value that is as good
  std::string_view only_for = {};  // the CKA_KEY_TYPE that has it; empty: every one
  // Of a recorded attribute: the value that is worth a remark, and the remark.
  std::string_view odd = {};
  std::string_view remark = {};
};

constexpr Rule Recorded(CK_ATTRIBUTE_TYPE type, std::string_view name, std::string_view odd,
                        std::string_view remark, std::string (*show)(const Bytes& value)) {
  return {type, name, "", true, show, {}, {}, odd, remark};
}

constexpr std::string_view kEc = "CKK_EC";
constexpr std::string_view kRsa = "CKK_RSA";
constexpr std::string_view kMore = "whoever logs in can use the key for more than signatures";

CK_ULONG Number(const Bytes& value) {
  CK_ULONG number = CK_UNAVAILABLE_INFORMATION;
  if (value.size() == sizeof(number)) std::memcpy(&number, value.data(), sizeof(number));
  return number;
}

std::string ShowBool(const Bytes& value) {
  if (value.size() != 1) return fmt::format("{} octets", value.size());
  return value[0] == CK_FALSE ? "false" : "true";
}

std::string ShowClass(const Bytes& value) {
  const CK_ULONG number = Number(value);
  return number == CKO_PRIVATE_KEY ? "CKO_PRIVATE_KEY" : fmt::format("{:#x}", number);
}

std::string ShowKeyType(const Bytes& value) {
  const CK_ULONG number = Number(value);
  if (number == CKK_EC) return std::string(kEc);
  return number == CKK_RSA ? std::string(kRsa) : fmt::format("{:#x}", number);
}

std::string ShowCurve(const Bytes& value) {
  if (std::ranges::equal(value, kP256Oid)) return "P-256";
  return std::ranges::equal(value, kP384Oid) ? "P-384" : Hex(value);
}

std::string ShowModulus(const Bytes& value) {
  const auto first = std::ranges::find_if(value, [](std::uint8_t octet) { return octet != 0; });
  if (first == value.end()) return "0 bits";
  const auto whole = static_cast<std::size_t>(value.end() - first - 1);
  return fmt::format("{} bits", 8 * whole + static_cast<std::size_t>(std::bit_width(*first)));
}

std::string ShowMechanism(const Bytes& value) {
  const CK_ULONG number = Number(value);
  if (number == CKM_EC_KEY_PAIR_GEN) return "CKM_EC_KEY_PAIR_GEN";
  if (number == CKM_RSA_PKCS_KEY_PAIR_GEN) return "CKM_RSA_PKCS_KEY_PAIR_GEN";
  return number == CK_UNAVAILABLE_INFORMATION ? "unavailable" : fmt::format("{:#x}", number);
}

constexpr auto kRules = std::to_array<Rule>({
    {CKA_CLASS, "CKA_CLASS", "CKO_PRIVATE_KEY", false, ShowClass},
    {CKA_KEY_TYPE, "CKA_KEY_TYPE", kEc, false, ShowKeyType, kRsa},
    {CKA_EC_PARAMS, "CKA_EC_PARAMS", "P-256", false, ShowCurve, "P-384", kEc},
    {CKA_MODULUS, "CKA_MODULUS", "2048 bits", false, ShowModulus, "3072 bits", kRsa},
    {CKA_TOKEN, "CKA_TOKEN", "true", false, ShowBool},
    {CKA_PRIVATE, "CKA_PRIVATE", "true", false, ShowBool},
    {CKA_SENSITIVE, "CKA_SENSITIVE", "true", false, ShowBool},
    {CKA_ALWAYS_SENSITIVE, "CKA_ALWAYS_SENSITIVE", "true", false, ShowBool},
    {CKA_EXTRACTABLE, "CKA_EXTRACTABLE", "false", false, ShowBool},
    {CKA_NEVER_EXTRACTABLE, "CKA_NEVER_EXTRACTABLE", "true", false, ShowBool},
    {CKA_SIGN, "CKA_SIGN", "true", false, ShowBool},
    // Such a key wants the PIN again before every signature.
    {CKA_ALWAYS_AUTHENTICATE, "CKA_ALWAYS_AUTHENTICATE", "false", true, ShowBool},
    Recorded(CKA_LOCAL, "CKA_LOCAL", "false", "the token does not say that it made the key itself",
             ShowBool),
    Recorded(CKA_KEY_GEN_MECHANISM, "CKA_KEY_GEN_MECHANISM", "", "", ShowMechanism),
    Recorded(CKA_DECRYPT, "CKA_DECRYPT", "true", kMore, ShowBool),
    Recorded(CKA_UNWRAP, "CKA_UNWRAP", "true", kMore, ShowBool),
    Recorded(CKA_DERIVE, "CKA_DERIVE", "true", kMore, ShowBool),
    Recorded(CKA_SIGN_RECOVER, "CKA_SIGN_RECOVER", "", "", ShowBool),
    Recorded(CKA_WRAP_WITH_TRUSTED, "CKA_WRAP_WITH_TRUSTED", "true",
             "it would leave wrapped in a key that the security officer trusts, were it not for "
             "CKA_EXTRACTABLE=false",
             ShowBool),
    Recorded(CKA_COPYABLE, "CKA_COPYABLE", "true",
             "whoever logs in can make copies inside the token, which cannot leave either",
             ShowBool),
});

// The token's answer to "give me the private value".
Result<KeyAttribute> ValueRow(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session,
                              CK_OBJECT_HANDLE private_key, bool rsa) {
  const std::string_view name = rsa ? "CKA_PRIVATE_EXPONENT" : "CKA_VALUE";
  const CK_RV rv =
      ProbeAttribute(functions, session, private_key, rsa ? CKA_PRIVATE_EXPONENT : CKA_VALUE);
  const bool kept = rv == CKR_ATTRIBUTE_SENSITIVE || rv == CKR_ATTRIBUTE_TYPE_INVALID ||
                    rv == CKR_KEY_UNEXTRACTABLE;
  if (!kept && rv != CKR_OK) return CallFailed(fmt::format("C_GetAttributeValue({})", name), rv);
  return KeyAttribute{std::string(name), kept ? "unreadable" : "readable", "unreadable", kept};
}

std::string Required(const Rule& rule) {
  if (rule.or_else.empty()) return std::string(rule.required);
  return fmt::format("{} or {}", rule.required, rule.or_else);
}

// A key that is neither gets EC's rows, and is refused for its type.
bool Concerns(const Rule& rule, bool rsa) {
  return rule.only_for.empty() || (rule.only_for == kRsa) == rsa;
}

bool IsRsaKey(const std::vector<KeyAttribute>& table) {
  const auto type = std::ranges::find(table, "CKA_KEY_TYPE", &KeyAttribute::name);
  return type != table.end() && type->value == kRsa;
}

AttributeValue Ask(CK_FUNCTION_LIST& functions, CK_SESSION_HANDLE session, const Rule& rule,
                   CK_OBJECT_HANDLE private_key, CK_OBJECT_HANDLE public_key) {
  AttributeValue answer = ReadAttribute(functions, session, private_key, rule.type);
  if (answer.rv == CKR_ATTRIBUTE_TYPE_INVALID && !rule.only_for.empty() &&
      public_key != CK_INVALID_HANDLE) {
    answer = ReadAttribute(functions, session, public_key, rule.type);
  }
  return answer;
}

}  // namespace

Result<std::vector<KeyAttribute>> ReadKeyAttributes(CK_FUNCTION_LIST& functions,
                                                    CK_SESSION_HANDLE session,
                                                    CK_OBJECT_HANDLE private_key,
                                                    CK_OBJECT_HANDLE public_key) {
  std::vector<KeyAttribute> table;
  for (const Rule& rule : kRules) {
    if (!Concerns(rule, IsRsaKey(table))) continue;
    const AttributeValue answer = Ask(functions, session, rule, private_key, public_key);
    KeyAttribute row{std::string(rule.name), std::string(kUnsupported), Required(rule),
                     rule.may_be_absent};
    if (answer.rv == CKR_OK) {
      row.value = rule.show(answer.value);
      row.acceptable = rule.required.empty() || row.value == rule.required ||
                       (!rule.or_else.empty() && row.value == rule.or_else);
      if (!rule.odd.empty() && row.value == rule.odd) row.remark = rule.remark;
    } else if (answer.rv != CKR_ATTRIBUTE_TYPE_INVALID && answer.rv != CKR_ATTRIBUTE_SENSITIVE) {
      return CallFailed(fmt::format("C_GetAttributeValue({})", rule.name), answer.rv);
    }
    table.push_back(std::move(row));
  }
  ASSIGN_OR_RETURN(KeyAttribute value, ValueRow(functions, session, private_key, IsRsaKey(table)));
  table.push_back(std::move(value));
  return table;
}

std::string Complaints(const std::vector<KeyAttribute>& attributes) {
  std::string list;
  for (const KeyAttribute& row : attributes) {
    if (row.acceptable) continue;
    list += fmt::format("{}{} is {}, must be {}", list.empty() ? "" : "; ", row.name, row.value,
                        row.required);
  }
  return list;
}

std::string Remarks(const std::vector<KeyAttribute>& attributes) {
  std::string list;
  for (const KeyAttribute& row : attributes) {
    if (row.remark.empty()) continue;
    list +=
        fmt::format("{}{} is {}: {}", list.empty() ? "" : "; ", row.name, row.value, row.remark);
  }
  return list;
}

std::optional<Error> Refusal(const std::vector<KeyAttribute>& attributes) {
  const std::string wrong = Complaints(attributes);
  if (wrong.empty()) return std::nullopt;
  return Error(Reason::kHsmKeyRefused,
               fmt::format("the token does not vouch that the key was born in it and cannot leave: "
                           "{}. Generate a new key with 'certbroker keystore provision'",
                           wrong));
}

}  // namespace certbroker::keystore
