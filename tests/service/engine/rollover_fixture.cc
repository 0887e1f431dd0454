#include "tests/service/engine/rollover_fixture.h"

#include <algorithm>

#include "acme/key_authorization.h"
#include "tests/fakes/scripted_ca/exchange.h"
#include "tests/support/result_matchers.h"

namespace certbroker::engine {
namespace {

constexpr const char* kBase = "https://ca.test";

std::string_view MethodOf(const HttpRequest& request) {
  if (request.method == HttpMethod::kGet) return "GET";
  return request.method == HttpMethod::kHead ? "HEAD" : "POST";
}

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

HttpResponse ToHttp(const scripted_ca::Response& response) {
  HttpResponse out{.status = response.status, .headers = {}, .body = response.body};
  if (!response.content_type.empty())
    out.headers.emplace_back("content-type", response.content_type);
  for (const auto& [name, value] : response.headers) out.headers.emplace_back(Lower(name), value);
  return out;
}

}  // namespace

scripted_ca::Options RolloverFixture::Sound(scripted_ca::Options options) {
  options.directory_path = "/dir";
  options.nonce_lifetime = std::chrono::hours{24 * 3650};
  return options;
}

RolloverFixture::RolloverFixture(scripted_ca::Options options)
    : full_ca_(Sound(std::move(options)), kBase, clock_, dice_) {
  http_.Handle([this](const HttpRequest& request) { return Deliver(request); });
  keys_.AddSpare(spare_);
  issuers_.front().roots = *pki::TrustAnchors::Parse(full_ca_.issuer.roots().front());
  registrar_ = std::make_unique<AccountRegistrar>(Deps(), database_.accounts(), keys_,
                                                  LeaseOptions{.owner = "replica-1"});
  MakeAccountAtCa();
}

Result<HttpResponse> RolloverFixture::Deliver(const HttpRequest& request) {
  const scripted_ca::Request asked{
      .method = std::string(MethodOf(request)),
      .target = request.url.ToString().substr(std::string_view(kBase).size()),
      .content_type = request.content_type,
      .user_agent = "certbroker/test",
      .address = "127.0.0.1",
      .body = request.body};
  const scripted_ca::Plan plan = scripted_ca::MakePlan(full_ca_, asked);
  const scripted_ca::Delivery delivery = scripted_ca::Carry(full_ca_, asked, plan);
  if (when_acted_ && plan.route.endpoint == acting_) std::exchange(when_acted_, nullptr)();
  if (delivery.drop) return Error(Reason::kOutcomeUnknown, "the connection was cut");
  return ToHttp(delivery.response);
}

void RolloverFixture::MakeAccountAtCa() {
  const AccountKey key = Present();
  Account account;
  account.name = kAccount;
  account.issuer = IssuerId("tiny");
  account.directory_url = "https://ca.test/dir";
  account.key_uri = key.uri;
  account.algorithm = key.algorithm;
  account.thumbprint = key.thumbprint;
  account.terms_of_service_agreed = true;
  EXPECT_THAT(database_.accounts().Create(account, {CallerId("operator:local"),
                                                    RequestId(Uuid::V7(clock_.Now(), random_)),
                                                    "CreateAccount",
                                                    {}}),
              IsOk());
  EXPECT_THAT(registrar_->LeaseDue(), IsOk());
  EXPECT_EQ(Stored().state, AccountState::kValid);
}

void RolloverFixture::Want() {
  EXPECT_THAT(database_.accounts().WantKey(kAccount, {Present(), Spare()}, std::nullopt), IsOk());
}

void RolloverFixture::Round(std::chrono::milliseconds pause) {
  clock_.Advance(pause);
  EXPECT_THAT(registrar_->LeaseDue(), IsOk());
}

void RolloverFixture::RestartRegistrar() {
  registrar_ = std::make_unique<AccountRegistrar>(Deps(), database_.accounts(), keys_,
                                                  LeaseOptions{.owner = "replica-2"});
}

void RolloverFixture::Script(scripted_ca::Endpoint endpoint, scripted_ca::Action action,
                             std::uint64_t times) {
  full_ca_.script.Add({.endpoint = endpoint, .times = times, .action = std::move(action)});
}

std::string RolloverFixture::KeyAtCa() {
  const MutexLock lock(full_ca_.mutex);
  return full_ca_.store.accounts().front().key->thumbprint;
}

bool RolloverFixture::CaTakes(FakeSigner& key) {
  acme::SignedCall call;
  call.purpose = SignaturePurpose::kPostAsGet;
  call.target = Stored().account_url;
  call.account_url = Stored().account_url;
  call.subject = kAccount.ToString();
  bool taken = false;
  client_->Send(std::move(call), key,
                [&](const Result<acme::Answer>& answer) { taken = answer.has_value(); });
  return taken;
}

std::size_t RolloverFixture::Uses(const FakeSigner& key, SignaturePurpose purpose) const {
  const auto calls = key.calls();
  return static_cast<std::size_t>(std::ranges::count(calls, purpose, &JwsInput::purpose));
}

void RolloverFixture::WhenActed(scripted_ca::Endpoint endpoint, std::function<void()> what) {
  acting_ = endpoint;
  when_acted_ = std::move(what);
}

}  // namespace certbroker::engine
