// tests/conformance/certificate_store_suite.cc: what every CertificateStore does.
#include "tests/conformance/store_fixture.h"

namespace certbroker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class CertificateStoreSuite : public StoreSuite {
 protected:
  NewRevocation RevocationOf(CertificateId certificate) {
    return {.id = NewId<RevocationId>(),
            .certificate = certificate,
            .sha256 = std::nullopt,
            .reason = RevocationReason::kKeyCompromise};
  }
  std::vector<CertificateId> ListIds(const CertificateFilter& filter) {
    std::vector<CertificateId> ids;
    for (const auto& certificate : Must(certificates().List(filter, {})).items) {
      ids.push_back(certificate.id);
    }
    return ids;
  }
  // The CA's answer to the only due revocation.
  void Answer(RevocationState state) {
    const auto leased = Must(revocations().LeaseRevocations({.owner = "r"})).revocations;
    ASSERT_EQ(leased.size(), 1U);
    RevocationCommit commit;
    commit.id = leased[0].revocation.id;
    commit.fence = leased[0].fence;
    commit.state = state;
    if (state == RevocationState::kFailed) commit.failure = Error(Reason::kCaRejected, "no");
    Must(revocations().Commit(commit));
  }
};

TEST_P(CertificateStoreSuite, VersionsAreNewestFirst) {
  const Order first = IssueCompletely();
  Renew(first.certificate);
  const Order second = FinishDueOrder();

  const auto certificate = Must(certificates().Get(first.certificate, first.agent));

  ASSERT_EQ(certificate.versions.size(), 2U);
  EXPECT_EQ(certificate.current()->order, second.id);
  EXPECT_EQ(certificate.versions[1].order, first.id);
}

TEST_P(CertificateStoreSuite, ForeignCertificateIsNotFound) {
  const Order order = IssueCompletely();
  const AgentId other("spiffe://example.org/agent/other");
  const Bytes sha256 = VersionFor(order).sha256;

  EXPECT_THAT(certificates().Get(order.certificate, other), IsError(Reason::kNotFound));
  EXPECT_THAT(certificates().Get(NewId<CertificateId>(), other), IsError(Reason::kNotFound));
  EXPECT_THAT(certificates().FindBySha256(sha256, other), IsError(Reason::kNotFound));
  EXPECT_THAT(certificates().RequestRevocation(RevocationOf(order.certificate), other,
                                               NewRequest(other.ToString())),
              IsError(Reason::kNotFound));
}

TEST_P(CertificateStoreSuite, AVersionIsFoundByItsHash) {
  const Order order = IssueCompletely();

  const auto found = certificates().FindBySha256(VersionFor(order).sha256, order.agent);

  EXPECT_EQ(Must(found).id, order.certificate);
  EXPECT_THAT(certificates().FindBySha256(Bytes(32, 1), std::nullopt), IsError(Reason::kNotFound));
}

TEST_P(CertificateStoreSuite, ListKeepsToItsFilter) {
  const auto a = Issue({.names = {"a.example.org", "shared.example.org"}}).certificate;
  const auto b = Issue({.agent = "spiffe://example.org/agent/other",
                        .names = {"b.example.org", "shared.example.org"}})
                     .certificate;
  const auto wild = Issue({.names = {"*.example.org"}}).certificate;
  const AgentId mine(TestApproval().agent);

  EXPECT_THAT(ListIds({}), ElementsAre(wild, b, a));
  EXPECT_THAT(ListIds({.agent = mine, .name = std::nullopt}), ElementsAre(wild, a));
  EXPECT_THAT(ListIds({.agent = std::nullopt, .name = Name("shared.example.org")}),
              ElementsAre(b, a));
  EXPECT_THAT(ListIds({.agent = mine, .name = Name("shared.example.org")}), ElementsAre(a));
  EXPECT_THAT(ListIds({.agent = std::nullopt, .name = Name("*.example.org")}), ElementsAre(wild));
}

TEST_P(CertificateStoreSuite, ListComesInPages) {
  for (int i = 0; i < 3; ++i) Issue({.names = {"n" + std::to_string(i) + ".example.org"}});

  const auto first = Must(certificates().List({}, {.size = 2, .token = ""}));
  const auto second = Must(certificates().List({}, {.size = 2, .token = first.next_token}));

  EXPECT_EQ(first.items.size(), 2U);
  EXPECT_EQ(second.items.size(), 1U);
  EXPECT_EQ(second.next_token, "");
  EXPECT_GT(first.items[1].id, second.items[0].id);
}

TEST_P(CertificateStoreSuite, ARevocationIsPutOnRecord) {
  const Order order = IssueCompletely();
  const NewRevocation wanted = RevocationOf(order.certificate);

  const auto certificate =
      Must(certificates().RequestRevocation(wanted, order.agent, NewRequest()));

  const auto& revocation = certificate.current()->revocation;
  ASSERT_TRUE(revocation.has_value());
  EXPECT_EQ(revocation->id, wanted.id);
  EXPECT_EQ(revocation->state, RevocationState::kRequested);
  EXPECT_EQ(revocation->reason, RevocationReason::kKeyCompromise);
  EXPECT_EQ(revocation->requested_by, order.agent);
  EXPECT_FALSE(revocation->revoke_time.has_value());
}

TEST_P(CertificateStoreSuite, AnOlderVersionCanBeRevoked) {
  const Order first = IssueCompletely();
  Renew(first.certificate);
  FinishDueOrder();
  NewRevocation wanted = RevocationOf(first.certificate);
  wanted.sha256 = VersionFor(first).sha256;

  const auto certificate =
      Must(certificates().RequestRevocation(wanted, std::nullopt, NewRequest()));

  EXPECT_FALSE(certificate.versions[0].revocation.has_value());
  EXPECT_TRUE(certificate.versions[1].revocation.has_value());
}

TEST_P(CertificateStoreSuite, ThereMustBeSomethingToRevoke) {
  const Order order = Issue();
  NewRevocation wanted = RevocationOf(order.certificate);

  EXPECT_THAT(certificates().RequestRevocation(wanted, order.agent, NewRequest()),
              IsError(Reason::kCertificateNotIssued));
  wanted.sha256 = Bytes(32, 1);
  EXPECT_THAT(certificates().RequestRevocation(wanted, order.agent, NewRequest()),
              IsError(Reason::kNotFound));
}

TEST_P(CertificateStoreSuite, RevokingTwiceIsNoError) {
  const Order order = IssueCompletely();
  const NewRevocation first = RevocationOf(order.certificate);
  Must(certificates().RequestRevocation(first, order.agent, NewRequest()));
  NewRevocation second = RevocationOf(order.certificate);
  second.reason = RevocationReason::kSuperseded;

  auto again = Must(certificates().RequestRevocation(second, order.agent, NewRequest()));
  EXPECT_EQ(again.current()->revocation->id, first.id);
  Answer(RevocationState::kRevoked);
  again = Must(certificates().RequestRevocation(second, order.agent, NewRequest()));

  EXPECT_EQ(again.current()->revocation->state, RevocationState::kRevoked);
  EXPECT_EQ(again.current()->revocation->reason, RevocationReason::kKeyCompromise);
  EXPECT_TRUE(again.current()->revocation->revoke_time.has_value());
}

// Whoever reports a compromised key must not believe that it was published.
TEST_P(CertificateStoreSuite, KeyCompromiseIsNotAnsweredWithALesserReason) {
  const Order order = IssueCompletely();
  NewRevocation lesser = RevocationOf(order.certificate);
  lesser.reason = RevocationReason::kSuperseded;
  Must(certificates().RequestRevocation(lesser, order.agent, NewRequest()));

  const RequestKey request = NewRequest();
  EXPECT_THAT(
      certificates().RequestRevocation(RevocationOf(order.certificate), order.agent, request),
      IsError(Reason::kCaAlreadyRevoked, HasSubstr("as superseded")));

  Answer(RevocationState::kRevoked);
  EXPECT_THAT(
      certificates().RequestRevocation(RevocationOf(order.certificate), order.agent, request),
      IsError(Reason::kCaAlreadyRevoked, HasSubstr("is revoked as superseded")));
}

TEST_P(CertificateStoreSuite, AFailedRevocationIsTakenUpAgain) {
  const Order order = IssueCompletely();
  Must(
      certificates().RequestRevocation(RevocationOf(order.certificate), order.agent, NewRequest()));
  Answer(RevocationState::kFailed);
  NewRevocation again = RevocationOf(order.certificate);
  again.reason = RevocationReason::kSuperseded;

  const auto certificate =
      Must(certificates().RequestRevocation(again, std::nullopt, NewRequest("operator:local")));

  EXPECT_EQ(certificate.current()->revocation->state, RevocationState::kRequested);
  EXPECT_EQ(certificate.current()->revocation->reason, RevocationReason::kSuperseded);
  EXPECT_EQ(certificate.current()->revocation->requested_by, CallerId("operator:local"));
  EXPECT_FALSE(certificate.current()->revocation->failure.has_value());
  Answer(RevocationState::kRevoked);
}

TEST_P(CertificateStoreSuite, RevocationIsOnceByRequestId) {
  const Order order = IssueCompletely();
  RequestKey request = NewRequest();
  Must(certificates().RequestRevocation(RevocationOf(order.certificate), order.agent, request));
  Answer(RevocationState::kFailed);

  const auto repeated =
      Must(certificates().RequestRevocation(RevocationOf(order.certificate), order.agent, request));
  EXPECT_EQ(repeated.current()->revocation->state, RevocationState::kFailed);

  request.body.push_back(1);
  EXPECT_THAT(
      certificates().RequestRevocation(RevocationOf(order.certificate), order.agent, request),
      IsError(Reason::kDuplicateRequestId));
}

INSTANTIATE_TEST_SUITE_P(Stores, CertificateStoreSuite, ::testing::Values(TestedStore()),
                         NameOfBackend);

}  // namespace
}  // namespace certbroker
