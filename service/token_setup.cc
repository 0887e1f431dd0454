#include "service/token_setup.h"

#include <utility>

#include <fmt/format.h>

namespace certbroker {
namespace {

keystore::KeystoreOptions OptionsFor(const config::KeystoreConfig& token) {
  keystore::KeystoreOptions options;
  options.module = token.module;
  options.init_args = token.init_args;
  options.token = {token.token, token.serial};
  options.pin_file = token.pin_file;
  options.sessions = static_cast<std::size_t>(token.sessions);
  return options;
}

}  // namespace

Result<Keystores> OpenKeystores(const std::vector<config::KeystoreConfig>& tokens,
                                KeyUseLedger& ledger, Clock& clock, Log& log) {
  Keystores keystores;
  for (const config::KeystoreConfig& token : tokens) {
    auto keystore = keystore::Keystore::Open(OptionsFor(token), ledger, clock, log);
    if (!keystore) {
      return std::move(keystore).error().While(fmt::format("opening token {}", token.name));
    }
    keystores.push_back(*std::move(keystore));
  }
  return keystores;
}

std::vector<NamedToken> TokensOf(const Keystores& keystores,
                                 const std::vector<config::KeystoreConfig>& tokens) {
  std::vector<NamedToken> named;
  for (std::size_t i = 0; i < keystores.size(); ++i) {
    named.push_back({tokens[i].name, {tokens[i].token, tokens[i].serial}, keystores[i].get()});
  }
  return named;
}

bool StopAll(const Keystores& keystores, SteadyTime deadline) {
  bool quiet = true;
  for (const auto& keystore : keystores) quiet = keystore->Stop(deadline) && quiet;
  return quiet;
}

}  // namespace certbroker
