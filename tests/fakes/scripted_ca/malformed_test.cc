// Answers that are no HTTP: sent as a script says, after the request was acted upon.
#include <ostream>

#include "tests/fakes/scripted_ca/scripted_ca_fixture.h"

namespace certbroker::scripted_ca {
namespace {

struct MalformedCase {
  const char* name;
  Action action;
};

void PrintTo(const MalformedCase& malformed, std::ostream* out) { *out << malformed.name; }

class MalformedTest : public ScriptedCaTest, public ::testing::WithParamInterface<MalformedCase> {};

TEST_P(MalformedTest, IsNoAnswerAndLeavesTheDeed) {
  Start();
  Add(Endpoint::kNewOrder, GetParam().action);

  const Reply reply = client_->NewOrder({"a.example.com"});

  EXPECT_EQ(reply.json()["status"], Json()) << reply.body;
  EXPECT_EQ(ca_->orders().size(), 1U);
  EXPECT_EQ(ca_->record().Of(Endpoint::kNewOrder).dropped, 1U);
  EXPECT_EQ(client_->NewOrder({"b.example.com"}).status, 201) << "only the first";
}

INSTANTIATE_TEST_SUITE_P(Answers, MalformedTest,
                         ::testing::Values(MalformedCase{"status_line", BadStatusLine()},
                                           MalformedCase{"header_overflow",
                                                         HeaderOverflow(1'000'000)},
                                           MalformedCase{"endless_headers", EndlessHeaders(1'000)},
                                           MalformedCase{"chunks", ChunkedGarbage()},
                                           MalformedCase{"early_close", EarlyClose()}),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

TEST_F(ScriptedCaTest, SendsOctetsAsTheyAre) {
  Start();
  Add(Endpoint::kDirectory,
      Raw("HTTP/1.0 203 As You Like It\r\nX-Odd:\tyes\r\nContent-Length: 4\r\n\r\n\x01\x02{}"));

  const Reply reply = client_->Get(ca_->directory_url());

  EXPECT_EQ(reply.status, 203);
  EXPECT_EQ(reply.body, "\x01\x02{}");
}

}  // namespace
}  // namespace certbroker::scripted_ca
