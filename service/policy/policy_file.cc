#include "service/policy/policy_file.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "service/config/toml_table.h"

namespace certbroker::policy {
namespace {

using config::TomlTable;
using config::TomlText;

constexpr std::size_t kMaxIssuer = 40;
constexpr std::size_t kMaxText = 64;
constexpr pki::KeyType kAllKeys[] = {pki::KeyType::kEcP256, pki::KeyType::kEcP384,
                                     pki::KeyType::kRsa2048, pki::KeyType::kRsa3072,
                                     pki::KeyType::kRsa4096};

bool IsLowerCaseOrDigit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// Labels end up in rows, logs and error texts.
bool IsLabel(std::string_view text) {
  return !text.empty() && text.size() <= kMaxText && std::ranges::all_of(text, [](char c) {
    return IsLowerCaseOrDigit(c) || (c >= 'A' && c <= 'Z') ||
           std::string_view("._:+-").find(c) != std::string_view::npos;
  });
}

bool IsIssuer(std::string_view text) {
  return !text.empty() && text.size() <= kMaxIssuer &&
         std::ranges::all_of(text, [](char c) { return IsLowerCaseOrDigit(c) || c == '-'; });
}

TomlText ReadLabel(TomlTable& table, std::string_view key, std::string_view what) {
  TomlText text = table.RequiredText(key, what);
  if (!text.value.empty() && !IsLabel(text.value)) {
    table.Refuse(text,
                 fmt::format("expected {}, 1 to 64 of A-Z, a-z, 0-9, '.', '_', ':', '+', '-', "
                             "got \"{}\"",
                             what, Printable(text.value, 100)));
  }
  return text;
}

// Each text parsed; two that mean the same are refused like two that read the same.
template <class T>
std::vector<T> ParseAll(TomlTable& table, const std::vector<TomlText>& texts) {
  std::vector<T> parsed;
  std::set<std::string> seen;
  for (const TomlText& text : texts) {
    auto one = T::Parse(text.value);
    if (!one) {
      table.Refuse(text, one.error().detail());
    } else if (!seen.insert(one->ToString()).second) {
      table.Refuse(text, fmt::format("\"{}\" is in the list twice", one->ToString()));
    } else {
      parsed.push_back(*std::move(one));
    }
  }
  return parsed;
}

std::string Quoted(const std::vector<IssuerId>& issuers) {
  std::string text;
  for (const IssuerId& issuer : issuers) {
    text += fmt::format("{}\"{}\"", text.empty() ? "" : ", ", issuer.ToString());
  }
  return text;
}

std::vector<IssuerId> ReadIssuers(TomlTable& table, const std::vector<IssuerId>* configured) {
  std::vector<IssuerId> issuers;
  for (const TomlText& text : table.RequiredTexts("issuers", "issuers")) {
    if (!IsIssuer(text.value)) {
      table.Refuse(text, fmt::format("expected an issuer's name, [a-z0-9-]{{1,40}}, got \"{}\"",
                                     Printable(text.value, 100)));
    } else if (configured != nullptr &&
               std::ranges::find(*configured, IssuerId(text.value)) == configured->end()) {
      table.Refuse(text, fmt::format("no issuer \"{}\" is configured; there is {}", text.value,
                                     Quoted(*configured)));
    }
    issuers.emplace_back(text.value);
  }
  return issuers;
}

std::vector<std::string> ReadProfiles(TomlTable& table) {
  if (!table.Has("profiles")) {
    table.Texts("profiles", "profiles");  // so that the key is a known one
    return {""};
  }
  std::vector<std::string> profiles;
  for (const TomlText& text : table.RequiredTexts("profiles", "profiles")) {
    if (!text.value.empty() && !IsLabel(text.value)) {
      table.Refuse(text, fmt::format("expected a profile of the CA, or \"\" for its default, got "
                                     "\"{}\"",
                                     Printable(text.value, 100)));
    }
    profiles.push_back(text.value);
  }
  return profiles;
}

std::vector<pki::KeyType> ReadKeys(TomlTable& table) {
  if (!table.Has("keys")) {
    table.Texts("keys", "key types");  // so that the key is a known one
    return {std::begin(kAllKeys), std::end(kAllKeys)};
  }
  std::vector<pki::KeyType> keys;
  for (const TomlText& text : table.RequiredTexts("keys", "key types")) {
    if (const auto key = pki::KeyTypeFromName(text.value)) {
      keys.push_back(*key);
      continue;
    }
    std::string known;
    for (const pki::KeyType key : kAllKeys) known += fmt::format("{}, ", pki::ToString(key));
    table.Refuse(text,
                 fmt::format("expected one of {}got \"{}\"", known, Printable(text.value, 100)));
  }
  return keys;
}

Rule ReadRule(TomlTable& table, std::set<std::string>& rule_names,
              const std::vector<IssuerId>* configured) {
  Rule rule;
  const TomlText name = ReadLabel(table, "name", "the rule's name");
  if (!name.value.empty() && !rule_names.insert(name.value).second) {
    table.Refuse(name, fmt::format("\"{}\" is the name of two rules", name.value));
  }
  rule.name = name.value;
  rule.agents = ParseAll<AgentPattern>(table, table.RequiredTexts("agents", "agents' URIs"));
  rule.names = ParseAll<NameGrant>(table, table.RequiredTexts("names", "DNS names"));
  rule.issuers = ReadIssuers(table, configured);
  rule.profiles = ReadProfiles(table);
  rule.keys = ReadKeys(table);
  return rule;
}

}  // namespace

Result<PolicyFile> ParsePolicyFile(std::string_view toml, const std::string& file_name,
                                   const std::vector<IssuerId>* configured) {
  PolicyFile file;
  std::set<std::string> rule_names;
  RETURN_IF_ERROR(config::ReadToml(toml, file_name, [&](TomlTable& root) {
    file.version = ReadLabel(root, "version", "the policy's version").value;
    root.Tables("rules",
                [&](TomlTable& t) { file.rules.push_back(ReadRule(t, rule_names, configured)); });
  }));
  return file;
}

}  // namespace certbroker::policy
