// Texts that agents, CAs and operators may send: stored as they are, made printable, or refused;
// never an order that hangs.
#include "core/page_token.h"
#include "tests/db/pg_harness.h"

namespace certbroker::db {
namespace {

using namespace std::string_literals;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::size_t kMebibyte = std::size_t{1} << 20;

class HostileTextTest : public PgSuite {
 protected:
  Result<Order> CreateWithProfile(const std::string& profile) {
    return orders().Create(MakeApproval({.profile = profile}), IssueWith(account()), NewRequest());
  }
  // Every octet there is, a mebibyte of them.
  static std::string AllOctets() {
    std::string text(kMebibyte, '\0');
    for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(i * 131 + i / 256);
    return text;
  }
};

TEST_F(HostileTextTest, ANulIsRefusedAndNothingIsStored) {
  EXPECT_THAT(CreateWithProfile("a\0b"s), IsError(Reason::kInvalidArgument, HasSubstr("NUL")));
  EXPECT_EQ(Ask("SELECT count(*) FROM orders"), "0");
}

TEST_F(HostileTextTest, WhatIsNotUtf8IsRefusedAndNothingIsStored) {
  for (const char* text : {"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80", "caf\xe9"}) {
    EXPECT_THAT(CreateWithProfile(text), IsError(Reason::kInvalidArgument, HasSubstr("UTF-8")));
  }
  EXPECT_EQ(Ask("SELECT count(*) FROM orders"), "0");
}

TEST_F(HostileTextTest, WhatLooksLikeSqlOrAnArrayIsText) {
  // NOLINTNEXTLINE(misc-misleading-bidirectional): escaped, and what the test is about
  for (const char* text : {"'; DROP TABLE orders; --", "{\"a\",NULL}", "\\x00", "$1", "\\", "\"",
                           "NULL", "\xe2\x80\xae", "%s%n", "\n\r\t"}) {
    const auto order = CreateWithProfile(text);
    ASSERT_THAT(order, IsOk()) << text;
    EXPECT_EQ(Read(order->id).profile, text);
  }
}

TEST_F(HostileTextTest, ArraysKeepTheirElements) {
  Account account = MakeAccount("odd", AccountState::kPending);
  account.name = AccountName("issuers/test-ca/accounts/odder");
  account.contacts = {"",   "NULL", "null", "{",     "}",    ",",   "a,b",
                      "\"", "\\",   "\\\"", " a b ", "\t\n", "é€😀", std::string(kMebibyte, 'x')};

  Must(accounts().Create(account, NewRequest()));

  EXPECT_EQ(Must(accounts().Get(account.name)).contacts, account.contacts);
}

TEST_F(HostileTextTest, AnswersOfACaAreKeptOctetForOctet) {
  Issue();
  Order order = LeaseOne().order;
  const Intent intent = {.action = SignaturePurpose::kNewOrder,
                         .url = Url("/new-order"),
                         .jws = std::string(kMebibyte, 'j')};
  const IntentId id = Must(queue().RecordIntent(order, intent, ""));
  OrderCommit commit;
  commit.order = order;
  commit.order.fence = Fence{order.fence.value - 1};  // late: the fact is kept, nothing is settled
  commit.settles =
      Settlement{.intent = id,
                 .fact = Fact{.http_status = 400, .location = "\0\xff\r\n"s, .body = AllOctets()}};
  EXPECT_THAT(queue().Commit(commit), IsError(Reason::kLeaseLost));
  Advance(31s);

  const auto open = LeaseOne().open_intent;

  ASSERT_TRUE(open && open->fact);
  EXPECT_EQ(open->intent.jws, intent.jws);
  EXPECT_EQ(open->fact->location, "\0\xff\r\n"s);
  EXPECT_EQ(open->fact->body, AllOctets());
}

// An order must end in its error, whatever the CA wrote into it.
TEST_F(HostileTextTest, ErrorsAndEventsAreMadePrintable) {
  Issue();
  OrderCommit commit;
  commit.order = LeaseOne().order;
  commit.order.state = OrderState::kFailed;
  commit.order.failure = Error(Reason::kCaRejected, AllOctets())
                             .With({"\0\xff"s, Reason::kCaRejectedIdentifier, "\x1b[31m\xfe"});
  commit.event = AllOctets();

  ASSERT_THAT(queue().Commit(commit), IsOk());

  const Order read = Read(commit.order.id);
  ASSERT_TRUE(read.failure.has_value());
  EXPECT_LE(read.failure->detail().size(), 4096U + 8);
  EXPECT_THAT(read.failure->violations().at(0).description, Not(HasSubstr("\x1b")));
  EXPECT_THAT(orders().Events(read.id), IsOk());
}

TEST_F(HostileTextTest, AChainOfAMebibyteIsKept) {
  Issue();
  OrderCommit commit;
  commit.order = LeaseOne().order;
  commit.order.state = OrderState::kIssued;
  commit.issued = VersionFor(commit.order);
  commit.issued->chain_pem = std::string(kMebibyte, 'A');
  commit.issued->subject = AllOctets();

  ASSERT_THAT(queue().Commit(commit), IsOk());

  EXPECT_EQ(Must(certificates().Get(commit.order.certificate, std::nullopt)).current()->chain_pem,
            commit.issued->chain_pem);
}

// As long as HttpsUrl allows, and not to be compressed: it must fit its index.
TEST_F(HostileTextTest, TheLongestOrderUrlIsKept) {
  Issue();
  Order order = LeaseOne().order;
  order.state = OrderState::kPlaced;
  Bytes octets(1500);
  SystemRandom().Fill(octets);
  order.order_url = Url("/" + Base64Url(octets));

  ASSERT_THAT(Commit(order, 0ms), IsOk());
  EXPECT_EQ(Read(order.id).order_url, order.order_url);
}

TEST_F(HostileTextTest, AReportOfAStrangeTokenIsNoChallengeOfTheAgents) {
  const Order order = Present("tok");
  for (const std::string& token : {""s, "../../etc/passwd"s, std::string(kMebibyte, 't')}) {
    EXPECT_THAT(board().Report(order.agent, order.id, token, ChallengeOutcome::kHit, ""),
                IsError(Reason::kNotFound));
  }
  EXPECT_THAT(board().Report(order.agent, order.id, "tok", ChallengeOutcome::kFailed, AllOctets()),
              IsOk());
}

// A caller can make tokens: whatever they hold, it is the caller's mistake and not ours.
TEST_F(HostileTextTest, APageTokenThatNamesNoPlaceIsRefused) {
  for (const std::string& last : {""s, "x"s, "'"s, "\0"s, "\xff"s, "1e9"s, "99999999999999999999"s,
                                  std::string(10'000, 'a')}) {
    SCOPED_TRACE(Printable(last, 40));
    const auto with = [&](std::string_view list) {
      return PageRequest{.size = 10, .token = MakePageToken(list, last)};
    };
    EXPECT_THAT(orders().List({}, with("orders agent= certificate= unfinished=false")),
                IsError(Reason::kInvalidArgument));
    EXPECT_THAT(certificates().List({}, with("certificates agent= name=")),
                IsError(Reason::kInvalidArgument));
    EXPECT_THAT(accounts().List(with("accounts")), IsError(Reason::kInvalidArgument));
  }
}

}  // namespace
}  // namespace certbroker::db
