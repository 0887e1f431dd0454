#include "cli/qualification_text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace certbroker::cli {
namespace {

using keystore::Finding;
using keystore::QualificationReport;
using keystore::Verdict;

std::string NamesOf(const QualificationReport& report) {
  std::string names;
  for (const keystore::KeyKind kind : report.algorithms) {
    names += fmt::format("{}{}", names.empty() ? "" : ", ", ToString(kind));
  }
  return names;
}

std::string_view WhatFailed(const QualificationReport& report) {
  return report.sessions_suffice ? "no account key algorithm works on it as it is"
                                 : "it gives one session at a time, and certbroker needs two";
}

std::string_view WhereKeysComeFrom(const QualificationReport& report) {
  return report.makes_keys ? "`certbroker keystore provision` makes keys in it"
                           : "it makes no keys for us; adopt keys of the HSM's own tool "
                             "(`certbroker keystore check`, then `accounts create --key-uri`)";
}

}  // namespace

std::string FindingText(const Finding& finding) {
  std::string text =
      fmt::format("{:<8} {:<34} {}\n", ToString(finding.verdict), finding.step, finding.seen);
  if (!finding.meaning.empty()) text += fmt::format("{:<43} → {}\n", "", finding.meaning);
  return text;
}

std::string QualificationSummary(const QualificationReport& report) {
  const std::string left =
      report.clean ? "" : "Something that it made is left in the token; see clean-up above.\n";
  if (report.interrupted) return left + "Interrupted: nothing is said about the token.\n";
  if (!report.CanRun()) {
    return left + fmt::format("certbroker cannot run on this token: {}. {}\n", WhatFailed(report),
                              report.makes_keys ? "" : WhereKeysComeFrom(report));
  }
  return left + fmt::format("certbroker can run on this token, with {}; {}.\n", NamesOf(report),
                            WhereKeysComeFrom(report));
}

std::string QualificationJson(const QualificationReport& report) {
  nlohmann::ordered_json json = {{"token",
                                  {{"label", report.token.label},
                                   {"serial", report.token.serial},
                                   {"manufacturer", report.token.manufacturer},
                                   {"model", report.token.model}}},
                                 {"can_run", report.CanRun()},
                                 {"algorithms", nlohmann::ordered_json::array()},
                                 {"makes_keys", report.makes_keys},
                                 {"clean", report.clean},
                                 {"interrupted", report.interrupted},
                                 {"findings", nlohmann::ordered_json::array()}};
  for (const keystore::KeyKind kind : report.algorithms) {
    json["algorithms"].push_back(ToString(kind));
  }
  for (const Finding& finding : report.findings) {
    json["findings"].push_back({{"step", finding.step},
                                {"verdict", ToString(finding.verdict)},
                                {"seen", finding.seen},
                                {"meaning", finding.meaning}});
  }
  // Replaces what is not UTF-8; the strict handler would throw.
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace certbroker::cli
