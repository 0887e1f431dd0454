// What belongs to another agent is refused in the very words for what does not exist (T4).
#include "tests/db/pg_harness.h"

namespace certbroker::db {
namespace {

class ForeignTest : public PgSuite {
 protected:
  const AgentId stranger_{"spiffe://example.org/agent/stranger"};

  // The error with the id that the caller itself gave taken out.
  template <class T>
  static std::string TextOf(const Result<T>& result, const std::string& id) {
    if (result) return "a success";
    std::string text = result.error().ToString();
    if (const std::size_t at = text.find(id); at != std::string::npos) text.erase(at, id.size());
    return text;
  }
  std::vector<std::string> AskAbout(OrderId order, CertificateId certificate) {
    NewOrder renewal = IssueWith(account());
    renewal.kind = OrderKind::kRenew;
    renewal.certificate = certificate;
    const NewRevocation revocation = {.id = NewId<RevocationId>(),
                                      .certificate = certificate,
                                      .sha256 = std::nullopt,
                                      .reason = RevocationReason::kUnspecified};
    const std::string who = stranger_.ToString();
    const std::string order_id = order.ToString();
    const std::string certificate_id = certificate.ToString();
    return {
        TextOf(orders().Get(order, stranger_), order_id),
        TextOf(orders().Cancel(order, stranger_, NewRequest(who)), order_id),
        TextOf(orders().Create(MakeApproval({.agent = who}), renewal, NewRequest(who)),
               certificate_id),
        TextOf(certificates().Get(certificate, stranger_), certificate_id),
        TextOf(certificates().RequestRevocation(revocation, stranger_, NewRequest(who)),
               certificate_id),
        TextOf(board().Report(stranger_, order, "tok", ChallengeOutcome::kHit, ""), order_id),
    };
  }
};

TEST_F(ForeignTest, ForeignReadsLikeAbsent) {
  const Order issued = IssueCompletely();
  const Order presented = Present("tok");

  const auto absent = AskAbout(NewId<OrderId>(), NewId<CertificateId>());

  for (const std::string& text : absent) EXPECT_THAT(text, ::testing::StartsWith("NOT_FOUND"));
  EXPECT_EQ(AskAbout(issued.id, issued.certificate), absent);
  EXPECT_EQ(AskAbout(presented.id, presented.certificate), absent);
}

TEST_F(ForeignTest, ACertificateIsNotFoundByItsDigestEither) {
  const Order issued = IssueCompletely();
  const Bytes sha256 = VersionFor(issued).sha256;

  ASSERT_THAT(certificates().FindBySha256(sha256, issued.agent), IsOk());
  EXPECT_EQ(TextOf(certificates().FindBySha256(sha256, stranger_), "-"),
            TextOf(certificates().FindBySha256(Bytes(32, 0), stranger_), "-"));
}

// A request_id is its caller's: whoever guesses another's learns nothing from it.
TEST_F(ForeignTest, ARequestIdOfAnotherAgentIsFree) {
  const RequestKey request = NewRequest();
  const Order order = Must(orders().Create(MakeApproval(), IssueWith(account()), request));
  RequestKey same = request;
  same.caller = stranger_;

  const auto own =
      orders().Create(MakeApproval({.agent = stranger_.ToString()}), IssueWith(account()), same);

  ASSERT_THAT(own, IsOk());
  EXPECT_NE(own->id, order.id);
}

}  // namespace
}  // namespace certbroker::db
