#include "agent/cancel_command.h"

#include <utility>

#include <fmt/format.h>

#include "agent/cancellation.h"
#include "agent/certificate_folder.h"
#include "agent/json_output.h"
#include "agent/path_option.h"

namespace certbroker::agent {
namespace {

std::string Text(const std::optional<GivenUp>& given_up, const std::filesystem::path& out) {
  if (!given_up) return fmt::format("nothing is under way in {}\n", Printable(out.string()));
  return fmt::format("{} for {} has ended without a certificate; nothing is under way in {} now\n",
                     given_up->order.empty() ? "the request" : Printable(given_up->order),
                     given_up->names, Printable(out.string()));
}

std::string Json(const std::optional<GivenUp>& given_up, const std::filesystem::path& out) {
  return TextOf({{"directory", out.string()},
                 {"cancelled", given_up.has_value()},
                 {"order", given_up ? given_up->order : ""}});
}

}  // namespace

Result<std::optional<GivenUp>> CancelIn(const ServiceLink& service,
                                        const std::filesystem::path& out) {
  // Open would make it.
  std::error_code ignored;
  if (!std::filesystem::is_directory(out, ignored)) {
    return Error(Reason::kFileUnusable,
                 fmt::format("{} is no certificate's folder", Printable(out.string())));
  }
  ASSIGN_OR_RETURN(const CertificateFolder folder, CertificateFolder::Open(out));
  ASSIGN_OR_RETURN(auto request, folder.pending().Load());
  if (!request) return std::optional<GivenUp>();
  ASSIGN_OR_RETURN(const Cancellation cancellation,
                   CancelPending(service, folder.pending(), *request));
  if (cancellation == Cancellation::kTooLate) {
    return Error(Reason::kOrderFinal,
                 fmt::format("{} cannot be cancelled any more: the CA may be signing, or has "
                             "issued. Its key is kept; '{}' again, with the same names and --out, "
                             "installs the certificate, and 'revoke' revokes it then",
                             request->order, request->certificate.empty() ? "issue" : "renew"));
  }
  return std::optional(GivenUp{.order = request->order, .names = JoinNames(request->wish.names)});
}

CancelCommand::CancelCommand(CLI::App& app)
    : command_(app.add_subcommand("cancel", "Give up the request that is under way in a folder")) {
  command_->add_option("--out", out_, "The certificate's folder; what is installed there stays")
      ->check(CheckPath)
      ->required();
}

int CancelCommand::Run(const CommandContext& context) const {
  auto service = context.Service();
  if (!service) return context.Failed(service.error());
  const auto given_up = CancelIn(**service, out_);
  if (!given_up) return context.Failed(given_up.error());
  const bool json = context.options.format() == client::OutputFormat::kJson;
  client::PrintOut(json ? Json(*given_up, out_) : Text(*given_up, out_));
  return client::kExitDone;
}

}  // namespace certbroker::agent
