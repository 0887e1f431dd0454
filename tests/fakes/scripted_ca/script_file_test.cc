#include "tests/fakes/scripted_ca/script_file.h"

#include "tests/support/result_matchers.h"

namespace certbroker::scripted_ca {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(ScriptFileTest, ReadsOptionsRulesAndRenewalInformation) {
  const auto file = ParseScriptFile(R"({
    "options": {
      "intermediates": 3, "eab_required": true, "eab_keys": {"kid-1": "AAEC"},
      "profiles": {"shortlived": {"validity": 576000, "max_names": 25}},
      "validation": "fetch", "http_port": 5002, "validation_address": "127.0.0.1",
      "authorization_reuse_percent": 50, "retry_after_form": "date", "lag": {"order": 2000},
      "revocation_reasons": [0, 1], "issuance_limits": true},
    "rules": [
      {"endpoint": "finalize", "from": 2, "times": 0, "action": {"flaw": "foreign_key", "delay": 50}},
      {"percent": 20, "action": {"bad_nonce": true}},
      {"endpoint": "new-order", "action": {"rate_limited": "rfc850", "retry_after": 60}},
      {"endpoint": "order", "action": {"drop": "after"}},
      {"endpoint": "account", "action": {"problem": {"status": 500, "type": "serverInternal"}}}],
    "renewal_info": {"": {"status": 404, "headers": {"Retry-After": "5"}}}})",
                                    {});

  ASSERT_THAT(file, IsOk());
  const Options& options = file->options;
  EXPECT_EQ(options.intermediates, 3);
  EXPECT_EQ(options.eab_keys.at("kid-1"), (Bytes{0, 1, 2}));
  EXPECT_EQ(options.profiles.at("shortlived").validity, std::chrono::hours{160});
  EXPECT_EQ(options.validation, Validation::kFetch);
  EXPECT_EQ(options.lag.order, std::chrono::seconds{2});
  EXPECT_EQ(options.retry_after_form, RetryAfterForm::kDate);
  ASSERT_THAT(file->rules, SizeIs(5));
  EXPECT_EQ(file->rules[0].endpoint, Endpoint::kFinalize);
  EXPECT_EQ(file->rules[0].action.flaw, Flaw::kForeignKey);
  EXPECT_EQ(file->rules[0].times, 0);
  EXPECT_EQ(file->rules[1].endpoint, std::nullopt);
  EXPECT_EQ(file->rules[1].action.problem->type, "badNonce");
  EXPECT_EQ(file->rules[2].action.retry_after_form, RetryAfterForm::kRfc850);
  EXPECT_EQ(file->rules[2].action.retry_after, std::chrono::seconds{60});
  EXPECT_EQ(file->rules[3].action.drop, Drop::kAfterActing);
  EXPECT_FALSE(file->rules[4].action.acts);
  EXPECT_EQ(file->renewal_info.at("").status, 404);
}

TEST(ScriptFileTest, SaysWhereAMistakeIs) {
  struct Case {
    const char* text;
    const char* place;
  };
  const Case kCases[] = {
      {"[", "script is no JSON object"},
      {R"({"option": {}})", "'option'"},
      {R"({"options": {"intermediate": 1}})", "'intermediate'"},
      {R"({"options": {"intermediates": "1"}})", "options.intermediates"},
      {R"({"options": {"intermediates": -1}})", "options.intermediates"},
      {R"({"options": {"eab_keys": {"k": "A="}}})", "options.eab_keys"},
      {R"({"rules": [{"endpoint": "finalise"}]})", "rules[0].endpoint"},
      {R"({"rules": [{}, {"action": {"flow": 1}}]})", "rules[1].action"},
      {R"({"rules": [{"action": {"flaw": "ugly"}}]})", "rules[0].action.flaw"},
      {R"({"rules": [{"action": {"rate_limited": "soon"}}]})", "rules[0].action.rate_limited"},
      {R"({"rules": [{"action": 7}]})", "rules[0].action"},
  };
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.text);
    EXPECT_THAT(ParseScriptFile(c.text, {}), IsError(Reason::kConfigInvalid, HasSubstr(c.place)));
  }
}

}  // namespace
}  // namespace certbroker::scripted_ca
