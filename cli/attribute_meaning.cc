#include "cli/attribute_meaning.h"

#include <algorithm>
#include <array>

namespace certbroker::cli {
namespace {

struct Meaning {
  std::string_view attribute;
  std::string_view text;
};

constexpr auto kMeanings = std::to_array<Meaning>({
    {"CKA_CLASS", "it is the private half of a pair"},
    {"CKA_KEY_TYPE", "what kind of key it is"},
    {"CKA_EC_PARAMS", "its curve, one that CAs take"},
    {"CKA_MODULUS", "its size, one that CAs take"},
    {"CKA_TOKEN", "it is kept in the token, and survives the session"},
    {"CKA_PRIVATE", "nobody sees or uses it without the PIN"},
    {"CKA_SENSITIVE", "the token does not show its value"},
    {"CKA_ALWAYS_SENSITIVE", "and never would have, since it was made"},
    {"CKA_EXTRACTABLE", "the token does not let it out, wrapped in another key either"},
    {"CKA_NEVER_EXTRACTABLE", "and never would have: it was born in this token"},
    {"CKA_SIGN", "it may make signatures"},
    {"CKA_ALWAYS_AUTHENTICATE", "no PIN is asked for at every signature, as a service needs it"},
    {"CKA_LOCAL", "the token says that it made the key itself"},
    {"CKA_KEY_GEN_MECHANISM", "how the token says that it made it"},
    {"CKA_DECRYPT", "whether it can decrypt"},
    {"CKA_UNWRAP", "whether it can take in other keys"},
    {"CKA_DERIVE", "whether it can make other keys"},
    {"CKA_SIGN_RECOVER", "whether it can sign so that the text can be had from the signature"},
    {"CKA_WRAP_WITH_TRUSTED", "whether only keys that the security officer trusts could wrap it"},
    {"CKA_COPYABLE", "whether copies can be made inside the token"},
    {"CKA_VALUE", "the token was asked for the private value and said no"},
    {"CKA_PRIVATE_EXPONENT", "the token was asked for the private value and said no"},
});

}  // namespace

std::string_view MeaningOf(std::string_view attribute) {
  const auto* const found = std::ranges::find(kMeanings, attribute, &Meaning::attribute);
  return found == kMeanings.end() ? std::string_view() : found->text;
}

}  // namespace certbroker::cli
