#include "service/config/solver_config.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "service/config/toml_table.h"

namespace certbroker::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::string_view kTypes = "one of rfc2136, program, persistent";
constexpr std::string_view kModes = "one of off, warn, require";
constexpr int kMaxPort = 65'535;

std::vector<Identifier> ReadZones(TomlTable& table) {
  std::vector<Identifier> zones;
  for (const TomlText& text : table.Texts("zones", "domain names")) {
    auto zone = Identifier::Parse(text.value);
    if (!zone) {
      table.Refuse(text, zone.error().detail());
    } else if (zone->is_wildcard()) {
      table.Refuse(text, fmt::format("a zone covers its names anyway: give \"{}\"", zone->base()));
    } else {
      zones.push_back(*std::move(zone));
    }
  }
  return zones;
}

std::vector<std::string> Values(const std::vector<TomlText>& texts) {
  std::vector<std::string> values;
  for (const TomlText& text : texts) values.push_back(text.value);
  return values;
}

std::optional<SolverKind> KindFromName(std::string_view name) {
  if (name == "rfc2136") return SolverKind::kRfc2136;
  if (name == "program") return SolverKind::kProgram;
  if (name == "persistent") return SolverKind::kPersistent;
  return std::nullopt;
}

// Of PropagationMode or CaaMode.
template <class Mode>
Mode ReadMode(TomlTable& table, const char* key, std::string_view otherwise) {
  const TomlText text = table.TextOr(key, kModes, std::string(otherwise));
  if (text.value == "off") return Mode::kOff;
  if (text.value == "warn") return Mode::kWarn;
  if (text.value != "require")
    table.Refuse(text, fmt::format("expected {}, got \"{}\"", kModes, text.value));
  return Mode::kRequire;
}

// What dns-01 needs, however the record gets there.
void ReadRecordKeys(TomlTable& table, SolverConfig& solver) {
  const TomlText challenge =
      table.TextOr("challenge", "\"dns-01\" or \"dns-account-01\"", ToString(solver.challenge));
  const auto type = ChallengeTypeFromName(challenge.value);
  if (type == ChallengeType::kDns01 || type == ChallengeType::kDnsAccount01) {
    solver.challenge = *type;
  } else {
    table.Refuse(challenge, fmt::format("expected \"dns-01\" or \"dns-account-01\", got \"{}\"",
                                        challenge.value));
  }
  solver.use.propagation = ReadMode<PropagationMode>(table, "propagation", "require");
  solver.use.propagation_timeout = table.DurationOr(
      "propagation_timeout", {seconds{1}, minutes{50}}, solver.use.propagation_timeout);
  solver.use.propagation_interval = table.DurationOr(
      "propagation_interval", {milliseconds{100}, minutes{5}}, solver.use.propagation_interval);
  solver.timeout = table.DurationOr("timeout", {seconds{1}, minutes{5}}, solver.timeout);
  solver.resolvers = Values(table.Texts("resolvers", "addresses of recursive resolvers"));
  solver.authoritative_port =
      static_cast<int>(table.IntegerOr("authoritative_port", {1, kMaxPort}, 53));
}

void ReadRfc2136(TomlTable& table, SolverConfig& solver,
                 const std::function<std::string(const std::string&)>& resolve) {
  solver.servers =
      Values(table.RequiredOneOrMore("server", "addresses of the zone's primary servers"));
  solver.tsig_name = table.TextOr("tsig_name", "the key's name", "").value;
  solver.tsig_algorithm =
      table.TextOr("tsig_algorithm", "hmac-sha256, hmac-sha384 or hmac-sha512", "hmac-sha256")
          .value;
  const TomlText file = table.TextOr("tsig_secret_file", "the path of the key's secret", "");
  if (!file.value.empty()) solver.tsig_secret_file = resolve(file.value);
  if (solver.tsig_name.empty() != solver.tsig_secret_file.empty()) {
    table.Refuse(solver.tsig_name.empty() ? "tsig_secret_file" : "tsig_name",
                 "tsig_name and tsig_secret_file go together; give both, or none");
  }
  solver.ttl = table.DurationOr("ttl", {seconds{1}, hours{24}}, solver.ttl);
  solver.follow_cname = table.BooleanOr("follow_cname", solver.follow_cname);
}

void ReadProgram(TomlTable& table, SolverConfig& solver) {
  solver.style =
      table.TextOr("style", "json, lego_exec, lego_exec_raw or dehydrated", solver.style).value;
  // Their arguments have no place for the record's name.
  if (solver.challenge == ChallengeType::kDnsAccount01 &&
      (solver.style == "dehydrated" || solver.style == "lego_exec_raw")) {
    table.Refuse("style", fmt::format("a program of style {} cannot be told the record's name of "
                                      "dns-account-01; use json or lego_exec",
                                      solver.style));
  }
  solver.argv = Values(table.Sequence("argv", "the program and its arguments"));
  if (solver.argv.empty()) table.Refuse("argv", "missing; expected the program and its arguments");
  for (const TomlText& text : table.Texts("environment", "\"NAME=value\"")) {
    const std::size_t equals = text.value.find('=');
    if (equals == std::string::npos || equals == 0) {
      table.Refuse(text, fmt::format("expected \"NAME=value\", got \"{}\"", text.value));
      continue;
    }
    solver.environment[text.value.substr(0, equals)] = text.value.substr(equals + 1);
  }
}

}  // namespace

ChallengesConfig ReadChallenges(TomlTable& table) {
  ChallengesConfig challenges;
  challenges.caa = ReadMode<CaaMode>(table, "caa", "warn");
  challenges.caa_resolvers =
      Values(table.Texts("caa_resolvers", "addresses of recursive resolvers"));
  if (!table.Has("preference")) return challenges;
  challenges.preference.clear();
  for (const TomlText& text : table.RequiredTexts("preference", "challenge types")) {
    if (const auto type = ChallengeTypeFromName(text.value)) {
      challenges.preference.push_back(*type);
    } else {
      table.Refuse(text, fmt::format("expected {}, got \"{}\"",
                                     JoinTypes(ChallengesConfig().preference), text.value));
    }
  }
  return challenges;
}

ResponderConfig ReadResponder(TomlTable& table) {
  ResponderConfig responder;
  responder.listen = table.TextOr("listen", "\"host:port\"", "").value;
  responder.zones = ReadZones(table);
  return responder;
}

SolverConfig ReadSolver(TomlTable& table,
                        const std::function<std::string(const std::string&)>& resolve) {
  SolverConfig solver;
  const TomlText name = table.RequiredText("name", "the solver's name, [a-z0-9-]{1,40}");
  solver.name = name.value;
  if (name.value == kAgentSolver || name.value == kResponderSolver)
    table.Refuse(name, fmt::format("\"{}\" is a built-in solver's; choose another", name.value));
  const TomlText type = table.RequiredText("type", kTypes);
  const auto kind = KindFromName(type.value);
  if (!kind && !type.value.empty())
    table.Refuse(type, fmt::format("expected {}, got \"{}\"", kTypes, type.value));
  solver.kind = kind.value_or(SolverKind::kPersistent);
  solver.zones = ReadZones(table);
  if (solver.kind == SolverKind::kPersistent) {
    solver.challenge = ChallengeType::kDnsPersist01;
    return solver;
  }
  ReadRecordKeys(table, solver);
  if (solver.kind == SolverKind::kRfc2136) {
    ReadRfc2136(table, solver, resolve);
  } else {
    ReadProgram(table, solver);
  }
  return solver;
}

}  // namespace certbroker::config
