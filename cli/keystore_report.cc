#include "cli/keystore_report.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "cli/attribute_meaning.h"
#include "core/bytes.h"

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
  return fmt::format("    {:<24} {}{}{}\n", attribute.name, Printable(attribute.value, kMaxLabel),
                     attribute.acceptable ? "" : fmt::format("  (must be {})", attribute.required),
                     attribute.remark.empty() ? "" : fmt::format("  ({})", attribute.remark));
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

// Appends those that fit. Whether there are any.
template <class Fits>
bool Take(const KeystoreDescription& from, const Fits& fits, KeystoreDescription& to) {
  const auto before = to.keys.size();
  std::copy_if(from.keys.begin(), from.keys.end(), std::back_inserter(to.keys), fits);
  return to.keys.size() > before;
}

bool SameId(const KeyDescription& key, const std::string& hex) {
  const auto id = FromHex(hex);
  return id && Hex(*id) == key.id;
}

std::string IdsOf(const KeystoreDescription& token) {
  std::string list;
  for (const KeyDescription& key : token.keys) list += (list.empty() ? "" : ", ") + key.id;
  return list;
}

std::size_t LabelWidth(const KeystoreDescription& token) {
  std::size_t width = 0;
  for (const KeyDescription& key : token.keys) width = std::max(width, LabelOf(key).size());
  return width;
}

std::string TokenFactsText(const keystore::TokenFacts& token) {
  return fmt::format("{}, {} {}\n", TokenName(token), OrNone(token.manufacturer),
                     OrNone(token.model));
}

std::string AttributeRow(const KeyAttribute& row) {
  const std::string must = row.required.empty() ? "recorded" : "must be " + row.required;
  std::string text =
      fmt::format("    {}  {:<24} {:<20} {:<28} {}\n", row.acceptable ? "  " : "NO", row.name,
                  Printable(row.value, kMaxLabel), must, MeaningOf(row.name));
  if (!row.remark.empty()) text += fmt::format("{:>33}→ {}\n", "", row.remark);
  return text;
}

std::string HalvesText(const keystore::DestroyReport& report) {
  if (report.private_key && report.public_key) return "its private and its public object";
  return report.private_key ? "its private object (it had no public one)"
                            : "its public object (the private one was gone before)";
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

Result<KeystoreDescription> SelectKeys(KeystoreDescription token, const KeySelection& selection) {
  if (token.keys.empty()) return NoSuchKey(token, "so there is nothing to check");
  if (selection.labels.empty() && selection.ids.empty()) return token;
  KeystoreDescription selected{token.token, {}};
  for (const std::string& label : selection.labels) {
    const auto fits = [&label](const KeyDescription& key) { return key.label == label; };
    if (Take(token, fits, selected)) continue;
    return NoSuchKey(token, fmt::format("and none with the label '{}'", Printable(label)));
  }
  for (const std::string& id : selection.ids) {
    const auto fits = [&id](const KeyDescription& key) { return SameId(key, id); };
    if (Take(token, fits, selected)) continue;
    return NoSuchKey(token, fmt::format("and none with the id {}", Printable(id)));
  }
  return selected;
}

Result<KeystoreDescription> SelectOneKey(KeystoreDescription token, const KeySelection& selection) {
  const auto fits = [&selection](const KeyDescription& key) {
    return (selection.labels.empty() || key.label == selection.labels.front()) &&
           (selection.ids.empty() || SameId(key, selection.ids.front()));
  };
  KeystoreDescription selected{token.token, {}};
  if (!Take(token, fits, selected))
    return NoSuchKey(token, "and none that fits what was asked for");
  if (selected.keys.size() == 1) return selected;
  return Error(Reason::kHsmKeyRefused,
               fmt::format("{} keys fit; name the one that is meant by its --id: {}",
                           selected.keys.size(), IdsOf(selected)));
}

bool AllUsable(const KeystoreDescription& token) {
  return std::none_of(token.keys.begin(), token.keys.end(),
                      [](const KeyDescription& key) { return key.refusal.has_value(); });
}

std::string CheckText(const KeystoreDescription& token) {
  std::string text;
  for (const KeyDescription& key : token.keys) text += CheckLine(key, LabelWidth(token));
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

std::string ListText(const KeystoreDescription& token) {
  std::string text;
  for (const KeyDescription& key : token.keys) text += CheckLine(key, LabelWidth(token));
  return text + fmt::format("{} key{} of {}\n", token.keys.size(),
                            token.keys.size() == 1 ? "" : "s", TokenName(token.token));
}

std::string DescribeText(const KeystoreDescription& token) {
  const KeyDescription& key = token.keys.front();
  std::string text = TokenFactsText(token.token);
  text += fmt::format(
      "key {}\n  id          {}\n  uri         {}\n  algorithm   {}\n  thumbprint  {}\n",
      LabelOf(key), OrNone(key.id), OrNone(key.uri), OrNone(key.algorithm), OrNone(key.thumbprint));
  text += fmt::format("  verdict     {}\n  attributes\n",
                      key.refusal ? "REFUSED: " + key.refusal->detail()
                                  : "usable; a test signature verifies under the public half");
  for (const KeyAttribute& row : key.attributes) text += AttributeRow(row);
  return text;
}

std::string DestroyText(const keystore::DestroyOptions& asked,
                        const keystore::DestroyReport& report) {
  const std::string key = fmt::format("the key '{}' (id {}) of {}", Printable(asked.key_label, 255),
                                      Hex(asked.key_id), TokenName(report.token));
  if (report.destroyed) return fmt::format("destroyed {}: {}\n", key, HalvesText(report));
  return fmt::format(
      "nothing was destroyed: without --yes this only looks. It would destroy {}: {}. Nothing "
      "brings it back, and an account that has only this key is lost\n",
      key, HalvesText(report));
}

}  // namespace certbroker::cli
