#include "cli/audit_command.h"

#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "certbroker/v1/audit.grpc.pb.h"
#include "cli/key_use_chain.h"
#include "cli/key_use_text.h"
#include "cli/resource_name.h"

namespace certbroker::cli {
namespace {

using AuditStub = v1::AuditService::StubInterface;

std::string HeadOf(std::int64_t number, ByteView sha256) {
  return fmt::format("{}:{}", number, Hex(sha256));
}

// What the check came to.
struct Verdict {
  KeyUseChain chain;
  bool found = true;  // the record that was to be contained

  std::string Problem(const std::string& contains) const {
    if (!chain.problem().empty()) return chain.problem();
    return found ? "" : fmt::format("{} is not in the ledger: records were removed", contains);
  }
};

std::string VerdictText(const Verdict& verdict, const std::string& problem) {
  if (!problem.empty()) {
    return fmt::format(
        "The record of key uses is NOT whole: {}.\n"
        "Keep the database as it is and find out who can write to it.\n",
        problem);
  }
  if (verdict.chain.records() == 0) return "No key uses on record.\n";
  return fmt::format(
      "{} records, and the chain is whole.\nHead: {}\n"
      "Keep that line somewhere else; `certbroker audit verify --contains` with it shows later "
      "that nothing was cut off.\n",
      verdict.chain.records(), HeadOf(verdict.chain.head_number(), verdict.chain.head_sha256()));
}

std::string VerdictJson(const Verdict& verdict, const std::string& problem) {
  return nlohmann::json{{"records", verdict.chain.records()},
                        {"head", HeadOf(verdict.chain.head_number(), verdict.chain.head_sha256())},
                        {"whole", problem.empty()},
                        {"problem", problem}}
             .dump(2) +
         "\n";
}

std::string CheckHead(const std::string& text) {
  const auto colon = text.find(':');
  const bool number =
      colon != std::string::npos && colon > 0 && text.find_first_not_of("0123456789") == colon;
  const auto hash = number ? FromHex(text.substr(colon + 1)) : std::nullopt;
  return hash && hash->size() == 32 ? "" : "NUMBER:SHA256 as `certbroker audit verify` prints it";
}

}  // namespace

AuditCommand::AuditCommand(CLI::App& app)
    : command_(app.add_subcommand("audit", "What account keys were used for")),
      key_use_command_(command_->add_subcommand(
          "keyuse",
          "Signatures made with account keys, newest first; each was on record before "
          "it was made")),
      verify_command_(command_->add_subcommand(
          "verify", "Read the whole record and check that nothing was changed or taken out")) {
  command_->require_subcommand(1);
  key_use_command_->add_option("--order", order_, "Only for this order");
  key_use_command_->add_option("--agent", agent_, "Only on behalf of this agent, spiffe://…");
  key_use_command_->add_option("--key", key_, "Only with the key of this RFC 7638 thumbprint");
  key_use_command_->add_option("--limit", limit_, "How many at most")
      ->check(CLI::Range(1, std::numeric_limits<int>::max()))
      ->capture_default_str();
  verify_command_
      ->add_option("--contains", contains_,
                   "A head that was printed before and must still be there")
      ->type_name("NUMBER:SHA256")
      ->check(CheckHead);
}

int AuditCommand::Run(const ServiceLink& link) const {
  return verify_command_->parsed() ? Verify(link) : KeyUse(link);
}

int AuditCommand::KeyUse(const ServiceLink& link) const {
  const auto stub = v1::AuditService::NewStub(link.channel);
  v1::ListKeyUsesRequest request;
  request.set_subject(WithCollection(kOrders, order_));
  request.set_agent(agent_);
  request.set_thumbprint(key_);
  const auto list = CollectPages<v1::ListKeyUsesResponse>(
      request, limit_,
      [&](const auto& page) {
        return link.calls.Unary<AuditStub>(*stub, &AuditStub::ListKeyUses, page);
      },
      [](v1::ListKeyUsesResponse& page) { return page.mutable_key_uses(); });
  if (!list) return link.Fail(list.error());
  return link.Show(*list, [&](const v1::ListKeyUsesResponse& shown) {
    return KeyUsesText(shown, link.clock.Now());
  });
}

int AuditCommand::Verify(const ServiceLink& link) const {
  const auto stub = v1::AuditService::NewStub(link.channel);
  Verdict verdict;
  verdict.found = contains_.empty();
  v1::ListKeyUsesRequest request;
  request.set_page_size(kLargestPage);
  do {
    const auto page = link.calls.Unary<AuditStub>(*stub, &AuditStub::ListKeyUses, request);
    if (!page) return link.Fail(page.error());
    for (const v1::KeyUse& record : page->key_uses()) {
      verdict.chain.Add(record);
      if (HeadOf(record.number(), AsBytes(record.sha256())) == contains_) verdict.found = true;
    }
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  verdict.chain.End();
  const std::string problem = verdict.Problem(contains_);
  client::PrintOut(link.output == client::OutputFormat::kJson ? VerdictJson(verdict, problem)
                                                              : VerdictText(verdict, problem));
  return problem.empty() ? client::kExitDone : client::kExitFailed;
}

}  // namespace certbroker::cli
