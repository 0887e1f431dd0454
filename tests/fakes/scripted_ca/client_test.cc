// The service's own ACME client against the scripted CA: the one place where the two meet.
#include "acme/client.h"

#include <fstream>
#include <future>

#include "acme/http/curl_client.h"
#include "tests/fakes/fake_signer.h"
#include "tests/fakes/scripted_ca/issued_chain.h"
#include "tests/fakes/scripted_ca/scripted_ca_fixture.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace certbroker::scripted_ca {
namespace {

class ClientAgainstScriptedCaTest : public ScriptedCaTest {
 protected:
  void Connect() {
    const std::string ca_file = directory_.path() + "/root.pem";
    std::ofstream(ca_file) << ca_->tls_root_pem();
    acme::CurlClientOptions options;
    options.ca_file = ca_file;
    options.user_agent = "certbroker/test";
    http_ = std::make_unique<acme::CurlClient>(options);
    acme::Client::Options client_options;
    client_options.directory = *HttpsUrl::Parse(ca_->directory_url());
    acme_ = std::make_unique<acme::Client>(client_options,
                                           acme::Client::Deps{*http_, clock_, workers_});
  }

  static SignaturePurpose PurposeOf(const acme::Endpoint* endpoint, const std::string& payload) {
    if (endpoint != nullptr && *endpoint == acme::Endpoint::kNewAccount)
      return SignaturePurpose::kNewAccount;
    if (endpoint != nullptr) return SignaturePurpose::kNewOrder;
    if (payload.empty()) return SignaturePurpose::kPostAsGet;
    return payload == "{}" ? SignaturePurpose::kChallengeResponse : SignaturePurpose::kFinalize;
  }

  Result<acme::Answer> Send(std::variant<acme::Endpoint, HttpsUrl> target,
                            const std::string& payload) {
    const auto* endpoint = std::get_if<acme::Endpoint>(&target);
    const bool target_is_new_account =
        endpoint != nullptr && *endpoint == acme::Endpoint::kNewAccount;
    acme::SignedCall call;
    call.purpose = PurposeOf(endpoint, payload);
    call.target = std::move(target);
    call.payload = payload;
    if (!target_is_new_account) call.account_url = account_url_;
    call.subject = "test";
    auto promise = std::make_shared<std::promise<Result<acme::Answer>>>();
    auto answer = promise->get_future();
    EXPECT_TRUE(workers_.TryPost([this, promise, call = std::move(call)]() mutable {
      acme_->Send(std::move(call), signer_, [promise](Result<acme::Answer> result) {
        promise->set_value(std::move(result));
      });
    }));
    return answer.get();
  }

  // The answer to a request that has to succeed, as JSON; null for anything else.
  Json Ask(std::variant<acme::Endpoint, HttpsUrl> target, const std::string& payload,
           HttpsUrl* location = nullptr) {
    const auto answer = Send(std::move(target), payload);
    EXPECT_THAT(answer, IsOk());
    if (!answer) return {};
    const auto header = answer->response.Header("location");
    if (location != nullptr && header) *location = *HttpsUrl::Parse(*header);
    return Json::parse(answer->response.body, nullptr, /*allow_exceptions=*/false);
  }

  static HttpsUrl Url(const Json& json) { return *HttpsUrl::Parse(json.get<std::string>()); }

  TempDir directory_;
  FakeSigner signer_{clock_};
  std::optional<HttpsUrl> account_url_;
  std::unique_ptr<acme::CurlClient> http_;
  Executor workers_{{.name = "test"}};
  std::unique_ptr<acme::Client> acme_;
};

TEST_F(ClientAgainstScriptedCaTest, CompletesAnOrderThroughAStormOfBadNonces) {
  Start(/*registered=*/false);
  ca_->script().Add({.times = 0, .percent = 30, .action = BadNonce()});
  Connect();

  HttpsUrl account;
  Ask(acme::Endpoint::kNewAccount, R"({"termsOfServiceAgreed":true})", &account);
  account_url_ = account;
  HttpsUrl order_url;
  const Json order = Ask(acme::Endpoint::kNewOrder,
                         R"({"identifiers":[{"type":"dns","value":"a.example.com"}]})", &order_url);
  const Json authorization = Ask(Url(order["authorizations"][0]), "");
  Ask(Url(authorization["challenges"][0]["url"]), "{}");
  EXPECT_EQ(Ask(order_url, "")["status"], "ready");
  const Bytes csr = MakeCsr(ClientKey::P256(), {"a.example.com"});
  const Json issued = Ask(Url(order["finalize"]), Json{{"csr", Base64Url(csr)}}.dump());
  const auto chain = Send(Url(issued["certificate"]), "");

  ASSERT_THAT(chain, IsOk());
  EXPECT_EQ(Verify(chain->response.body, ca_->roots()[0], clock_.Now()), X509_V_OK);
  EXPECT_EQ(ca_->orders().at(0).finalizations, 1);
}

TEST_F(ClientAgainstScriptedCaTest, AnAnswerThatIsLostIsAnUnknownOutcome) {
  Start(/*registered=*/false);
  Add(Endpoint::kNewAccount, DropAfter());
  Connect();

  const auto lost = Send(acme::Endpoint::kNewAccount, "{}");

  EXPECT_THAT(lost, IsError(Reason::kOutcomeUnknown));
  EXPECT_EQ(ca_->accounts().size(), 1);
}

// The request may have been acted upon: nothing of this may look like an answer, or like a request
// that was never sent.
TEST_F(ClientAgainstScriptedCaTest, WhatIsNoHttpIsNoAnswer) {
  Start(/*registered=*/false);
  Connect();
  const std::pair<const char*, Action> kCases[] = {{"status line", BadStatusLine()},
                                                   {"header overflow", HeaderOverflow(1'000'000)},
                                                   {"endless headers", EndlessHeaders(1'000)},
                                                   {"chunks", ChunkedGarbage()},
                                                   {"early close", EarlyClose()}};
  for (const auto& [name, action] : kCases) {
    SCOPED_TRACE(name);
    Add(Endpoint::kNewAccount, action);

    const auto answer = Send(acme::Endpoint::kNewAccount, "{}");

    ASSERT_FALSE(answer) << answer->response.status << " " << answer->response.body;
    EXPECT_THAT(answer.error().reason(),
                ::testing::AnyOf(Reason::kOutcomeUnknown, Reason::kCaBadAnswer));
  }
}

}  // namespace
}  // namespace certbroker::scripted_ca
