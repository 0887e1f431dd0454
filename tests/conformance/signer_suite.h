// tests/conformance/signer_suite.h: what every Signer does, whatever its key lives in.
//
// A Harness is default-constructible and has
//   std::unique_ptr<Signer> Make(std::vector<std::string> allowed_origins);   the same key each
//   time Clock& clock();
#pragma once

#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/ports/signer.h"
#include "tests/support/jws_verifier.h"
#include "tests/support/result_matchers.h"

namespace certbroker {

template <class Harness>
class SignerSuite : public ::testing::Test {
 protected:
  static constexpr std::string_view kOrigin = "https://acme.example:443";

  static JwsInput Input(const std::string& url = "https://acme.example/new-order") {
    return {.purpose = SignaturePurpose::kNewOrder,
            .url = *HttpsUrl::Parse(url),
            .nonce = *Nonce::Parse("nonce-1"),
            .account_url = *HttpsUrl::Parse("https://acme.example/acct/1"),
            .payload = R"({"identifiers":[]})",
            .subject = "orders/1"};
  }
  SteadyTime Soon() { return harness_.clock().Tick() + std::chrono::seconds(10); }
  std::unique_ptr<Signer> Make() { return harness_.Make({std::string(kOrigin)}); }

  Harness harness_;
};

TYPED_TEST_SUITE_P(SignerSuite);

TYPED_TEST_P(SignerSuite, SignatureVerifiesUnderItsPublicKey) {
  const auto signer = this->Make();

  const auto body = signer->Sign(this->Input(), this->Soon());

  ASSERT_THAT(body, IsOk());
  const ReceivedJws jws = ReceiveJws(*body);
  EXPECT_TRUE(VerifiesUnder(jws, signer->public_key()));
  EXPECT_EQ(jws.payload, R"({"identifiers":[]})");
  const auto header = nlohmann::json::parse(jws.protected_header);
  EXPECT_EQ(header.at("alg"), signer->public_key().algorithm);
  EXPECT_EQ(header.at("url"), "https://acme.example/new-order");
  EXPECT_EQ(header.at("nonce"), "nonce-1");
  EXPECT_EQ(header.at("kid"), "https://acme.example/acct/1");
}

// RFC 7518 §3.4: r and s, 32 or 48 octets each, no DER, no lost leading zeros. One in 128
// signatures has one. RS256: as long as the modulus.
TYPED_TEST_P(SignerSuite, SignatureIsAlwaysOfOneLength) {
  const auto signer = this->Make();
  std::set<Bytes> signatures;
  const std::string& algorithm = signer->public_key().algorithm;
  const std::size_t octets = algorithm == "ES256" ? 64 : algorithm == "ES384" ? 96 : 256;

  for (int i = 0; i < 300; ++i) {
    JwsInput input = this->Input();
    input.nonce = *Nonce::Parse("nonce-" + std::to_string(i));
    const auto body = signer->Sign(input, this->Soon());
    ASSERT_THAT(body, IsOk());
    const ReceivedJws jws = ReceiveJws(*body);
    ASSERT_EQ(jws.signature.size(), octets);
    ASSERT_TRUE(VerifiesUnder(jws, signer->public_key()));
    signatures.insert(jws.signature);
  }
  EXPECT_EQ(signatures.size(), 300U);
}

TYPED_TEST_P(SignerSuite, CarriesItsKeyWhereThereIsNoAccountYet) {
  const auto signer = this->Make();
  JwsInput input = this->Input();
  input.purpose = SignaturePurpose::kNewAccount;
  input.account_url.reset();

  const auto body = signer->Sign(input, this->Soon());

  ASSERT_THAT(body, IsOk());
  const ReceivedJws jws = ReceiveJws(*body);
  EXPECT_TRUE(VerifiesUnder(jws, signer->public_key()));
  EXPECT_EQ(nlohmann::json::parse(jws.protected_header).at("jwk").dump(),
            signer->public_key().canonical_json);
}

// RFC 8555 §6.2, §7.3.5: who could have a request signed that looks like one of another purpose
// could have anything signed.
TYPED_TEST_P(SignerSuite, SignsOnlyWhatItsPurposeLooksLike) {
  const auto signer = this->Make();
  const auto refused = [&](auto change) {
    JwsInput input = this->Input();
    change(input);
    return !signer->Sign(input, this->Soon());
  };
  EXPECT_TRUE(refused([](JwsInput& input) { input.account_url.reset(); }));
  EXPECT_TRUE(refused([](JwsInput& input) { input.nonce.reset(); }));
  EXPECT_TRUE(refused([](JwsInput& input) { input.purpose = SignaturePurpose::kNewAccount; }));
  EXPECT_TRUE(refused([](JwsInput& input) { input.purpose = SignaturePurpose::kKeyProof; }));
  const auto key_change = [](JwsInput& input) {
    input.purpose = SignaturePurpose::kKeyChange;
    input.account_url.reset();
  };
  EXPECT_TRUE(refused(key_change));

  JwsInput inner = this->Input();
  key_change(inner);
  inner.nonce.reset();
  const auto body = signer->Sign(inner, this->Soon());
  ASSERT_THAT(body, IsOk());
  const ReceivedJws jws = ReceiveJws(*body);
  EXPECT_TRUE(VerifiesUnder(jws, signer->public_key()));
  const auto header = nlohmann::json::parse(jws.protected_header);
  EXPECT_TRUE(header.contains("jwk"));
  EXPECT_FALSE(header.contains("kid"));
  EXPECT_FALSE(header.contains("nonce"));
}

TYPED_TEST_P(SignerSuite, IsTheSameKeyEveryTime) {
  EXPECT_EQ(this->Make()->public_key(), this->Make()->public_key());
}

TYPED_TEST_P(SignerSuite, ManyThreadsSignAtOnce) {
  const auto signer = this->Make();
  std::vector<std::vector<std::string>> bodies(8);
  {
    std::vector<std::jthread> threads;
    threads.reserve(bodies.size());
    for (auto& mine : bodies) {
      threads.emplace_back([&] {
        for (int i = 0; i < 100; ++i) {
          const auto body = signer->Sign(this->Input(), this->Soon());
          mine.push_back(body ? *body : body.error().ToString());
        }
      });
    }
  }
  for (const auto& mine : bodies) {
    for (const std::string& body : mine) {
      ASSERT_EQ(body.front(), '{') << body;
      ASSERT_TRUE(VerifiesUnder(ReceiveJws(body), signer->public_key()));
    }
  }
}

TYPED_TEST_P(SignerSuite, SignsForNobodyElse) {
  const auto signer = this->Make();
  for (const std::string url :
       {"https://evil.example/new-order", "https://acme.example:8443/new-order",
        "https://acme.example.evil.example/x", "https://xacme.example/"}) {
    EXPECT_THAT(signer->Sign(this->Input(url), this->Soon()), IsError(Reason::kCaBadAnswer)) << url;
  }
  JwsInput foreign_account = this->Input();
  foreign_account.account_url = *HttpsUrl::Parse("https://evil.example/acct/1");
  EXPECT_THAT(signer->Sign(foreign_account, this->Soon()), IsError(Reason::kCaBadAnswer));
  EXPECT_THAT(signer->Sign(this->Input("https://ACME.example:443/x"), this->Soon()), IsOk());
  EXPECT_THAT(this->harness_.Make({})->Sign(this->Input(), this->Soon()),
              IsError(Reason::kCaBadAnswer));
}

TYPED_TEST_P(SignerSuite, SignsNothingAfterTheDeadline) {
  const auto signer = this->Make();
  EXPECT_THAT(signer->Sign(this->Input(), this->harness_.clock().Tick()),
              IsError(Reason::kHsmUnavailable));
  EXPECT_THAT(signer->Sign(this->Input(), SteadyTime::min()), IsError(Reason::kHsmUnavailable));
  EXPECT_THAT(signer->Sign(this->Input(), this->Soon()), IsOk());
}

REGISTER_TYPED_TEST_SUITE_P(SignerSuite, SignatureVerifiesUnderItsPublicKey,
                            SignatureIsAlwaysOfOneLength, CarriesItsKeyWhereThereIsNoAccountYet,
                            SignsOnlyWhatItsPurposeLooksLike, IsTheSameKeyEveryTime,
                            ManyThreadsSignAtOnce, SignsForNobodyElse,
                            SignsNothingAfterTheDeadline);

}  // namespace certbroker
