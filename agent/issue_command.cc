#include "agent/issue_command.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include <fmt/format.h>

#include "agent/json_output.h"
#include "agent/path_option.h"
#include "agent/renewal_due.h"
#include "client/time_text.h"
#include "pki/key_type.h"
#include "pki/requested_name.h"

namespace certbroker::agent {
namespace {

IssuanceOptions OptionsFrom(const IssuanceFlags& flags) {
  IssuanceOptions options;
  options.challenge = flags.challenge;
  options.out = flags.out;
  options.roots = flags.roots;
  options.timeout = std::chrono::seconds{flags.timeout_seconds};
  if (const auto type = pki::KeyTypeFromName(flags.key_type)) options.wish.key_type = *type;
  return options;
}

std::string Installed(const IssuanceOutcome& outcome, const std::filesystem::path& out) {
  return fmt::format("installed {}: {}\n  serial {}, valid until {}, {}\n", Printable(out.string()),
                     JoinNames(SortedUnique([&] {
                       std::vector<Identifier> names;
                       for (const std::string& text : outcome.order.identifiers()) {
                         if (auto name = Identifier::Parse(text)) names.push_back(*std::move(name));
                       }
                       return names;
                     }())),
                     outcome.chain.serial, client::TimeText(outcome.chain.not_after),
                     outcome.certificate.name());
}

Result<std::string> InstalledJson(const IssuanceOutcome& outcome,
                                  const std::filesystem::path& out) {
  ASSIGN_OR_RETURN(auto order, AsJson(outcome.order));
  ASSIGN_OR_RETURN(auto certificate, AsJson(outcome.certificate));
  nlohmann::ordered_json files;
  for (const char* name : {"privkey", "cert", "chain", "fullchain"}) {
    files[name] = (out / (std::string(name) + ".pem")).string();
  }
  return TextOf({{"order", std::move(order)},
                 {"certificate", std::move(certificate)},
                 {"installed",
                  {{"directory", out.string()},
                   {"serial", outcome.chain.serial},
                   {"not_after_time", client::TimeText(outcome.chain.not_after)},
                   {"files", std::move(files)}}}});
}

// So that everybody sees what is asked for. `names` have been parsed.
void TellConversions(const std::vector<std::string>& names) {
  for (const std::string& text : names) {
    if (std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; })) {
      continue;
    }
    const auto name = pki::ParseTypedName(text);
    if (name) fmt::print(stderr, "{} is {} in DNS\n", Printable(text), name->ToString());
  }
}

// As typed, with or without its collection; empty stays empty.
std::string IssuerNameOf(const std::string& typed) {
  return typed.empty() || typed.find('/') != std::string::npos ? typed : "issuers/" + typed;
}

int RunIssuance(const CommandContext& context, IssuanceOptions options) {
  const bool json = context.options.format() == client::OutputFormat::kJson;
  const std::filesystem::path out = options.out;
  options.wish.challenge_types = options.challenge.Types();
  auto service = context.Service();
  if (!service) return context.Failed(service.error());
  bool replace_identity = false;
  const auto outcome = [&] {
    Progress progress(StyleFor(json, stderr), stderr, context.clock);
    Issuance issuance(**service, progress, std::move(options));
    auto result = issuance.Run();
    replace_identity = issuance.replacement_asked() && (*service)->uses_own_identity();
    return result;
  }();
  service->reset();
  if (replace_identity) context.ReplaceIdentity();
  if (!outcome) return context.Failed(outcome.error());
  const auto text = json ? InstalledJson(*outcome, out) : Installed(*outcome, out);
  if (!text) return context.Failed(text.error());
  client::PrintOut(*text);
  return client::kExitDone;
}

}  // namespace

void IssuanceFlags::AddTo(CLI::App& command) {
  auto* listen = command.add_option("--http-listen", challenge.http_listen,
                                    "Serve http-01 itself on ADDRESS:PORT, such as 0.0.0.0:80");
  command
      .add_option("--webroot", challenge.webroot,
                  "Serve http-01 through a web server: the folder that it serves")
      ->excludes(listen);
  command.add_option("--tls-listen", challenge.tls_listen,
                     "Serve tls-alpn-01 itself on ADDRESS:PORT, such as 0.0.0.0:443; also besides "
                     "http-01");
  command.add_option("--out", out, "The certificate's folder; made if missing")
      ->required()
      ->check(CheckPath);
  command.add_option("--roots", roots,
                     "Install only what leads to one of these roots (PEM), besides all other "
                     "checks");
  command
      .add_option("--key-type", key_type,
                  "ec-p256 (default), ec-p384, rsa-2048, rsa-3072 or rsa-4096, as policy allows")
      ->check([](const std::string& typed) {
        if (pki::KeyTypeFromName(typed)) return std::string();
        return "no kind of key: '" + Printable(typed) + "'; see --help";
      });
  command
      .add_option("--timeout", timeout_seconds,
                  "Seconds to wait for the order; it goes on at the service after that")
      ->check(CLI::Range(1L, 2'592'000L))
      ->capture_default_str();
}

Result<std::vector<Identifier>> ParseNames(const std::vector<std::string>& texts) {
  Error error(Reason::kNameInvalid, "no certificate can be had for these names");
  std::vector<Identifier> names;
  for (const std::string& text : texts) {
    auto name = pki::ParseTypedName(text);
    if (name) {
      names.push_back(*std::move(name));
      continue;
    }
    for (const Violation& violation : name.error().violations()) {
      error = std::move(error).With(violation);
    }
  }
  if (!error.violations().empty()) return error;
  return SortedUnique(std::move(names));
}

IssueCommand::IssueCommand(CLI::App& app)
    : command_(app.add_subcommand("issue", "Make a key, get a certificate for it, install both")) {
  command_->add_option("names", names_, "The certificate's DNS names and IP addresses")->required();
  flags_.AddTo(*command_);
  command_->add_option("--issuer", issuer_, "The issuer, if policy grants a choice");
  command_
      ->add_option("--fallback-issuer", fallback_issuers_,
                   "The issuer to go on with when --issuer does not do it; may be repeated, best "
                   "first")
      ->allow_extra_args(false)
      ->type_name("TEXT");
  auto* profile =
      command_->add_option("--profile", profile_, "The CA's profile, if policy grants a choice");
  command_
      ->add_option("--profile-preferred", profile_preferred_,
                   "As --profile, but where the CA does not have it, go on with its default")
      ->excludes(profile);
}

Result<Wish> IssueCommand::ReadWish() const {
  Wish wish{.names = {},
            .issuer = IssuerNameOf(issuer_),
            .profile = profile_.empty() ? profile_preferred_ : profile_,
            .profile_preferred = !profile_preferred_.empty()};
  ASSIGN_OR_RETURN(wish.names, ParseNames(names_));
  for (const std::string& issuer : fallback_issuers_)
    wish.fallback_issuers.push_back(IssuerNameOf(issuer));
  wish.key_type = pki::KeyTypeFromName(flags_.key_type).value_or(pki::KeyType::kEcP256);
  return wish;
}

int IssueCommand::Run(const CommandContext& context) const {
  auto wish = ReadWish();
  if (!wish) return context.Failed(wish.error());
  if (context.options.format() == client::OutputFormat::kText) TellConversions(names_);
  IssuanceOptions options = OptionsFrom(flags_);
  options.wish = *std::move(wish);
  return RunIssuance(context, std::move(options));
}

RenewCommand::RenewCommand(CLI::App& app)
    : command_(app.add_subcommand("renew",
                                  "Get the next certificate of an installed one, with a "
                                  "new key, and install both")) {
  flags_.AddTo(*command_);
  command_->add_flag("--if-due", if_due_,
                     "Only when its time has come, as 'status' tells it: for timers");
}

std::optional<int> RenewCommand::RunUnlessDue(const CommandContext& context,
                                              const InstalledState& installed) const {
  auto service = context.Service();
  if (!service) return context.Failed(service.error());
  const auto until = NotDueUntil(**service, installed, context.clock.Now());
  if (!until) return context.Failed(until.error());
  if (!*until) return std::nullopt;
  const std::string renew_time = client::TimeText(**until);
  if (context.options.format() == client::OutputFormat::kJson) {
    client::PrintOut(TextOf({{"due", false}, {"renew_time", renew_time}}));
  } else {
    client::PrintOut(fmt::format("{}: serial {} is not due before {}\n",
                                 Printable(flags_.out.string()), installed.serial, renew_time));
  }
  return client::kExitDone;
}

int RenewCommand::Run(const CommandContext& context) const {
  const auto installed = ReadInstalled(flags_.out);
  if (!installed) return context.Failed(installed.error());
  if (!*installed) {
    return context.Failed(
        Error(Reason::kFileUnusable,
              fmt::format("no certificate is installed in {}; get one with 'certbroker-agent issue "
                          "NAME… --out {}'",
                          Printable(flags_.out.string()), Printable(flags_.out.string()))));
  }
  if (if_due_) {
    if (const auto done = RunUnlessDue(context, **installed)) return *done;
  }
  IssuanceOptions options = OptionsFrom(flags_);
  const pki::KeyType asked = options.wish.key_type;
  options.wish = (*installed)->wish;
  if (!flags_.key_type.empty()) options.wish.key_type = asked;
  options.certificate = (*installed)->certificate;
  return RunIssuance(context, std::move(options));
}

}  // namespace certbroker::agent
