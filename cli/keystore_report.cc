#include "cli/keystore_report.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

namespace certbroker::cli {
namespace {

using keystore::KeyAttribute;
using keystore::KeyDescription;
using keystore::KeystoreDescription;

constexpr std::size_t kMaxLabel = 64;
constexpr std::string_view kNone = "-";

std::string OrNone(const std::string& text) {
  return text.empty() ? std::string(kNone) : Printable(text);
}

std::string LabelOf(const KeyDescription& key) {
  return key.label.empty() ? fmt::format("id {}", OrNone(key.id)) : Printable(key.label, kMaxLabel);
}

std::string AttributeText(const KeyAttribute& attribute) {
  return fmt::format("    {:<24} {}{}\n", attribute.name, Printable(attribute.value, kMaxLabel),
                     attribute.acceptable ? "" : fmt::format("  (must be {})", attribute.required));
}

std::string KeyText(const keystore::ProvisionedKey& provisioned) {
  const KeyDescription& key = provisioned.key;
  std::string text = fmt::format(
      "key {}: {}\n  uri         {}\n  algorithm   {}\n  thumbprint  {}\n  attributes\n",
      LabelOf(key),
      provisioned.created ? "made in the token, read back, and it signs"
                          : "was there before, and it signs",
      OrNone(key.uri), OrNone(key.algorithm), OrNone(key.thumbprint));
  for (const KeyAttribute& attribute : key.attributes) text += AttributeText(attribute);
  return text;
}

std::string TokenName(const keystore::TokenFacts& token) {
  return fmt::format("token '{}' (serial {})", Printable(token.label, kMaxLabel),
                     OrNone(token.serial));
}

std::string LabelsOf(const KeystoreDescription& token) {
  std::string list;
  for (const KeyDescription& key : token.keys) {
    list += fmt::format("{}'{}'", list.empty() ? "" : ", ", LabelOf(key));
  }
  return list.empty() ? "no private key" : list;
}

Error NoSuchKey(const KeystoreDescription& token, std::string_view what) {
  return {Reason::kHsmKeyMissing,
          fmt::format("{} holds {}, {}; `certbroker keystore provision --key LABEL` makes one",
                      TokenName(token.token), LabelsOf(token), what)};
}

std::string CheckLine(const KeyDescription& key, std::size_t label_width) {
  return fmt::format("{}  {:<{}}  {:<5}  {}  {}\n", key.refusal ? "REFUSED" : "ok     ",
                     LabelOf(key), label_width, OrNone(key.algorithm), OrNone(key.thumbprint),
                     key.refusal ? key.refusal->detail() : Printable(key.uri));
}

}  // namespace

std::string ProvisionText(const keystore::ProvisionReport& report) {
  std::string text = fmt::format("{}: {}\n", TokenName(report.token),
                                 report.token_created ? "made" : "was there before");
  for (const keystore::ProvisionedKey& key : report.keys) text += KeyText(key);
  return text;
}

Result<KeystoreDescription> SelectKeys(KeystoreDescription token,
                                       const std::vector<std::string>& labels) {
  if (token.keys.empty()) return NoSuchKey(token, "so there is nothing to check");
  if (labels.empty()) return token;
  KeystoreDescription selected{token.token, {}};
  for (const std::string& label : labels) {
    const auto before = selected.keys.size();
    std::copy_if(token.keys.begin(), token.keys.end(), std::back_inserter(selected.keys),
                 [&label](const KeyDescription& key) { return key.label == label; });
    if (selected.keys.size() == before) {
      return NoSuchKey(token, fmt::format("and none with the label '{}'", Printable(label)));
    }
  }
  return selected;
}

bool AllUsable(const KeystoreDescription& token) {
  return std::none_of(token.keys.begin(), token.keys.end(),
                      [](const KeyDescription& key) { return key.refusal.has_value(); });
}

std::string CheckText(const KeystoreDescription& token) {
  std::size_t width = 0;
  for (const KeyDescription& key : token.keys) width = std::max(width, LabelOf(key).size());
  std::string text;
  for (const KeyDescription& key : token.keys) text += CheckLine(key, width);
  const auto refused = std::count_if(token.keys.begin(), token.keys.end(),
                                     [](const KeyDescription& key) { return !!key.refusal; });
  const std::string total = fmt::format("{} key{} of {}", token.keys.size(),
                                        token.keys.size() == 1 ? "" : "s", TokenName(token.token));
  if (refused == 0) {
    return text + fmt::format(
                      "{}: all were born in it, are private, sensitive and never extractable, and "
                      "made a signature that verifies\n",
                      total);
  }
  return text + fmt::format(
                    "{}: {} refused. certbroker does not sign with {}, and no attribute can be "
                    "mended afterwards: make a key under a new label (`certbroker keystore "
                    "provision --key LABEL`), create an account with it, and let no account use "
                    "the old one\n",
                    total, refused, refused == 1 ? "it" : "them");
}

}  // namespace certbroker::cli
