#include "bench/contender.h"
#include "core/ports/key_use_ledger.h"
#include "core/random.h"
#include "keystore/bound_key.h"
#include "keystore/hsm_workers.h"
#include "keystore/keystore.h"
#include "keystore/shared_module.h"
#include "keystore/token_sign.h"

namespace certbroker::bench {
namespace {

using keystore::BoundKey;

class Silence final : public Log {
 public:
  void Write(LogLevel, std::string_view, const std::vector<LogField>&) override {}
};

// The bench measures the token, not Postgres.
class NoLedger final : public KeyUseLedger {
 public:
  Result<void> Record(const KeyUse&, SteadyTime) override { return {}; }
};

Result<keystore::KeyUri> UriOf(const SignTarget& target) {
  return keystore::KeyUri::Parse("pkcs11:token=" + target.token_label +
                                 ";object=" + target.key_label);
}

// What a keystore is made of, without what a JWS needs.
class TokenSign final : public Contender {
 public:
  explicit TokenSign(const SignTarget& target, std::shared_ptr<keystore::SharedModule> module)
      : kind_(target.kind),
        module_(std::move(module)),
        link_(*module_, {{target.token_label, ""}, target.pin_file, target.sessions}, {}, ledger_,
              clock_, random_, log_),
        workers_(target.sessions, clock_) {}

  Result<void> Bind(const SignTarget& target) {
    RETURN_IF_ERROR(link_.WaitForStart(Soon()));
    ASSIGN_OR_RETURN(const auto uri, UriOf(target));
    using Bound = std::shared_ptr<BoundKey>;
    ASSIGN_OR_RETURN(
        key_, keystore::WithToken<Bound>(link_, Soon(), [&](keystore::TokenConnection& connection) {
          return BoundKey::Bind(connection, uri, Soon());
        }));
    return {};
  }

  Result<std::function<bool()>> Hand() override {
    return std::function<bool()>([this, digest = Bytes(DigestOctets(kind_), 7)] {
      const SteadyTime deadline = Soon();
      return workers_
          .Call<Bytes>(deadline,
                       [this, key = key_, digest, deadline] {
                         return keystore::SignInToken(link_, *key, digest, deadline);
                       })
          .has_value();
    });
  }

 private:
  SteadyTime Soon() const { return clock_.Tick() + std::chrono::seconds(10); }

  const keystore::KeyKind kind_;
  SystemClock clock_;
  SystemRandom random_;
  Silence log_;
  NoLedger ledger_;
  const std::shared_ptr<keystore::SharedModule> module_;
  keystore::TokenLink link_;
  keystore::HsmWorkers workers_;
  std::shared_ptr<BoundKey> key_;
};

class WholeSigner final : public Contender {
 public:
  Result<void> Open(const SignTarget& target) {
    keystore::KeystoreOptions options;
    options.module = target.module;
    options.token.label = target.token_label;
    options.pin_file = target.pin_file;
    options.sessions = target.sessions;
    ASSIGN_OR_RETURN(keystore_, keystore::Keystore::Open(options, ledger_, clock_, log_));
    ASSIGN_OR_RETURN(const auto uri, UriOf(target));
    ASSIGN_OR_RETURN(signer_,
                     keystore_->SignerFor(uri, {.allowed_origins = {"https://acme.example:443"},
                                                .expected_thumbprint = std::nullopt}));
    return {};
  }

  Result<std::function<bool()>> Hand() override {
    const JwsInput input{.purpose = SignaturePurpose::kNewOrder,
                         .url = *HttpsUrl::Parse("https://acme.example/new-order"),
                         .nonce = *Nonce::Parse("a-nonce-of-the-usual-length"),
                         .account_url = *HttpsUrl::Parse("https://acme.example/acct/1"),
                         .payload = R"({"identifiers":[{"type":"dns","value":"a.example"}]})",
                         .subject = "orders/1"};
    return std::function<bool()>([this, input] {
      return signer_->Sign(input, clock_.Tick() + std::chrono::seconds(10)).has_value();
    });
  }

 private:
  SystemClock clock_;
  Silence log_;
  NoLedger ledger_;
  std::unique_ptr<keystore::Keystore> keystore_;
  std::unique_ptr<Signer> signer_;
};

}  // namespace

Result<std::unique_ptr<Contender>> MakeTokenSign(const SignTarget& target) {
  ASSIGN_OR_RETURN(auto module, keystore::SharedModule::Get(target.module, ""));
  auto made = std::make_unique<TokenSign>(target, std::move(module));
  RETURN_IF_ERROR(made->Bind(target));
  return std::unique_ptr<Contender>(std::move(made));
}

Result<std::unique_ptr<Contender>> MakeSigner(const SignTarget& target) {
  auto made = std::make_unique<WholeSigner>();
  RETURN_IF_ERROR(made->Open(target));
  return std::unique_ptr<Contender>(std::move(made));
}

}  // namespace certbroker::bench
