#include "cli/audit_command.h"

#include <limits>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "certbroker/v1/audit.grpc.pb.h"
#include "cli/checkpoint_signature.h"
#include "cli/key_use_chain.h"
#include "cli/key_use_text.h"
#include "cli/resource_name.h"

namespace certbroker::cli {
namespace {

using AuditStub = v1::AuditService::StubInterface;

// What the check came to.
struct Verdict {
  KeyUseChain chain;
  std::set<std::string> keys;  // thumbprints of those that signed checkpoints
  int checkpoints = 0;
  std::string problem;  // empty: none

  std::string Head() const {
    return fmt::format("{}:{}", chain.head_number(), Hex(chain.head_sha256()));
  }
};

std::string CheckpointsText(const Verdict& verdict) {
  if (verdict.checkpoints == 0) {
    return "No checkpoints: whoever can write to the database could have written all of it anew. "
           "The service signs them with the key that [audit] checkpoint_key names.\n";
  }
  return fmt::format("{} checkpoints fit, signed by the key {} (is it yours? --checkpoint-key)\n",
                     verdict.checkpoints, fmt::join(verdict.keys, " and "));
}

std::string VerdictText(const Verdict& verdict) {
  if (!verdict.problem.empty()) {
    return fmt::format(
        "The record of key uses is NOT whole: {}.\n"
        "Keep the database as it is and find out who can write to it.\n",
        verdict.problem);
  }
  if (verdict.chain.records() == 0) return "No key uses on record.\n";
  return fmt::format(
      "{} records, and the chain is whole.\n{}Head: {}\n"
      "Keep that line somewhere else; `certbroker audit verify --contains` with it shows later "
      "that nothing was cut off.\n",
      verdict.chain.records(), CheckpointsText(verdict), verdict.Head());
}

std::string VerdictJson(const Verdict& verdict) {
  return nlohmann::json{{"records", verdict.chain.records()}, {"head", verdict.Head()},
                        {"checkpoints", verdict.checkpoints}, {"checkpoint_keys", verdict.keys},
                        {"whole", verdict.problem.empty()},   {"problem", verdict.problem}}
             .dump(2) +
         "\n";
}

// Tells the chain what a checkpoint says. What is wrong with it; empty: nothing.
std::string TakeCheckpoint(const v1::Checkpoint& from, const std::string& wanted_key,
                           Verdict& verdict) {
  const auto checkpoint = VerifyCheckpoint(from.jws());
  if (!checkpoint)
    return fmt::format("the checkpoint of record {}: {}", from.number(),
                       checkpoint.error().detail());
  if (!wanted_key.empty() && checkpoint->thumbprint != wanted_key) {
    return fmt::format("the checkpoint of record {} was signed by the key {}", from.number(),
                       checkpoint->thumbprint);
  }
  if (checkpoint->checkpoint.number != from.number() ||
      checkpoint->checkpoint.sha256 != ToBytes(AsBytes(from.sha256()))) {
    return fmt::format("the checkpoint of record {} was signed for record {}", from.number(),
                       checkpoint->checkpoint.number);
  }
  ++verdict.checkpoints;
  verdict.keys.insert(checkpoint->thumbprint);
  const Checkpoint& signed_one = checkpoint->checkpoint;
  verdict.chain.Expect(signed_one.number, signed_one.sha256,
                       "the checkpoint of " + FormatRfc3339(signed_one.create_time));
  return "";
}

std::string CheckHead(const std::string& text) {
  const auto colon = text.find(':');
  const bool number =
      colon != std::string::npos && colon > 0 && text.find_first_not_of("0123456789") == colon;
  const auto hash = number ? FromHex(text.substr(colon + 1)) : std::nullopt;
  constexpr std::size_t kDigits = 18;
  return hash && hash->size() == 32 && colon <= kDigits
             ? ""
             : "NUMBER:SHA256 as `certbroker audit verify` prints it";
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
  verify_command_
      ->add_option("--checkpoint-key", checkpoint_key_,
                   "RFC 7638 thumbprint of the only key that may have signed checkpoints")
      ->type_name("THUMBPRINT");
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
  if (!contains_.empty()) {
    const auto colon = contains_.find(':');
    verdict.chain.Expect(std::stoll(contains_.substr(0, colon)),
                         *FromHex(contains_.substr(colon + 1)), "--contains");
  }
  // Checkpoints first: a record that one of them names is older than it.
  const auto read = EachPage<v1::ListCheckpointsRequest>(
      [&](const auto& request) {
        return link.calls.Unary<AuditStub>(*stub, &AuditStub::ListCheckpoints, request);
      },
      [&](const v1::ListCheckpointsResponse& page) {
        for (const v1::Checkpoint& one : page.checkpoints()) {
          const std::string problem = TakeCheckpoint(one, checkpoint_key_, verdict);
          if (verdict.problem.empty()) verdict.problem = problem;
        }
      });
  if (!read) return link.Fail(read.error());
  const auto walked = EachPage<v1::ListKeyUsesRequest>(
      [&](const auto& request) {
        return link.calls.Unary<AuditStub>(*stub, &AuditStub::ListKeyUses, request);
      },
      [&](const v1::ListKeyUsesResponse& page) {
        for (const v1::KeyUse& record : page.key_uses()) verdict.chain.Add(record);
      });
  if (!walked) return link.Fail(walked.error());
  verdict.chain.End();
  if (verdict.problem.empty()) verdict.problem = verdict.chain.problem();
  if (verdict.problem.empty() && verdict.checkpoints == 0 && !checkpoint_key_.empty())
    verdict.problem = "there is no checkpoint signed by that key";
  client::PrintOut(link.output == client::OutputFormat::kJson ? VerdictJson(verdict)
                                                              : VerdictText(verdict));
  return verdict.problem.empty() ? client::kExitDone : client::kExitFailed;
}

}  // namespace certbroker::cli
