// The commands that ask the service, as their user runs them, against a service that answers what
// the test says.
#include <nlohmann/json.hpp>

#include "core/version.h"
#include "tests/cli/fake_service.h"
#include "tests/cli/messages.h"
#include "tests/support/run_program.h"

namespace certbroker::cli {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class ServiceCommandsTest : public ::testing::Test {
 protected:
  ProgramResult Run(const std::vector<std::string>& arguments) const {
    return RunProgram(CERTBROKER_PROGRAM, arguments,
                      {.environment = {{"CERTBROKER_OPERATOR", service_.address()}}});
  }

  FakeService service_;
};

TEST_F(ServiceCommandsTest, OrdersListFollowsPagesAndFilters) {
  service_.orders.pages = {
      Parsed<v1::ListOrdersResponse>(
          R"(orders { name: "orders/1" state: ORDER_STATE_QUEUED } next_page_token: "t")"),
      Parsed<v1::ListOrdersResponse>(R"(orders { name: "orders/2" state: ORDER_STATE_READY })")};
  const ProgramResult result =
      Run({"orders", "list", "--unfinished", "--certificate", "abc", "--limit", "7"});
  ASSERT_EQ(result.exit_code, 0) << result;
  EXPECT_THAT(result.out, AllOf(HasSubstr("\n1      QUEUED"), HasSubstr("\n2      READY")));
  ASSERT_EQ(service_.orders.list_requests.size(), 2U);
  const auto& first = service_.orders.list_requests[0];
  EXPECT_TRUE(first.unfinished_only());
  EXPECT_EQ(first.certificate(), "certificates/abc");
  EXPECT_EQ(first.page_size(), 7);
  EXPECT_EQ(service_.orders.list_requests[1].page_token(), "t");
  EXPECT_EQ(service_.orders.list_requests[1].page_size(), 6);
}

TEST_F(ServiceCommandsTest, OrdersListAsJsonIsTheAnswerWithTheFieldsOfTheApi) {
  service_.orders.pages = {Parsed<v1::ListOrdersResponse>(
      R"(orders { name: "orders/1" identifiers: "a.test" state: ORDER_STATE_QUEUED })")};
  const ProgramResult result = Run({"-o", "json", "orders", "list"});
  ASSERT_EQ(result.exit_code, 0) << result;
  const json list = json::parse(result.out);
  EXPECT_EQ(list["orders"][0]["identifiers"], json({"a.test"}));
  EXPECT_EQ(list["orders"][0]["state"], "ORDER_STATE_QUEUED");
  EXPECT_EQ(list["orders"][0]["held_by"], "");
  EXPECT_EQ(list["next_page_token"], "");
}

TEST_F(ServiceCommandsTest, OrdersShowTakesTheIdWithAndWithoutItsCollection) {
  service_.orders.order = Parsed<v1::Order>(R"(state: ORDER_STATE_ISSUED)");
  const ProgramResult bare = Run({"orders", "show", "0190-1"});
  EXPECT_EQ(bare.exit_code, 0) << bare;
  EXPECT_THAT(bare.out, HasSubstr("orders/0190-1\nState    ISSUED\n"));
  EXPECT_EQ(Run({"orders", "show", "orders/0190-1"}).out, bare.out);
}

TEST_F(ServiceCommandsTest, ExplainAsksAndAnswersWithItsExitCode) {
  const std::vector<std::string> command = {"explain", "--agent",     "web-01", "--name",
                                            "a.test",  "--issuer",    "le",     "--key",
                                            "ec-p256", "--challenge", "http-01"};
  const ProgramResult no = Run(command);
  service_.certificates.decision.set_allowed(true);
  const ProgramResult yes = Run(command);

  EXPECT_EQ(no.exit_code, 1) << no;
  EXPECT_THAT(no.out, HasSubstr("NOT ALLOWED"));
  EXPECT_EQ(yes.exit_code, 0) << yes;
  const auto& question = service_.certificates.question;
  EXPECT_EQ(question.agent(), "web-01");
  EXPECT_THAT(question.identifiers(), ElementsAre("a.test"));
  EXPECT_EQ(question.issuer(), "issuers/le");
  EXPECT_EQ(question.key_type(), "ec-p256");
  EXPECT_THAT(question.challenge_types(), ElementsAre("http-01"));
}

TEST_F(ServiceCommandsTest, OrdersCancelEndsOneOrder) {
  const ProgramResult result = Run({"orders", "cancel", "0190-1"});
  ASSERT_EQ(result.exit_code, 0) << result;
  EXPECT_EQ(service_.orders.cancel_request.name(), "orders/0190-1");
  EXPECT_EQ(service_.orders.cancel_request.request_id().size(), 36U);
  EXPECT_THAT(result.out, HasSubstr("CANCELLED"));
  service_.orders.cancel_status = {grpc::StatusCode::FAILED_PRECONDITION, "it is too late"};
  const ProgramResult late = Run({"orders", "cancel", "0190-1"});
  EXPECT_EQ(late.exit_code, 1) << late;
  EXPECT_THAT(late.err, HasSubstr("it is too late"));
}

TEST_F(ServiceCommandsTest, AnErrorIsOnStandardErrorOrAsJsonOnStandardOutput) {
  service_.orders.get_status = {grpc::StatusCode::NOT_FOUND, "no such \x1b[1morder"};
  const ProgramResult text = Run({"orders", "show", "x"});
  EXPECT_EQ(text.exit_code, 1) << text;
  EXPECT_EQ(text.out, "");
  EXPECT_THAT(text.err, HasSubstr("certbroker: NOT_FOUND: no such ?[1morder\n"));
  // The global option after the subcommand.
  const ProgramResult as_json = Run({"orders", "show", "x", "--output", "json"});
  EXPECT_EQ(as_json.exit_code, 1) << as_json;
  EXPECT_EQ(json::parse(as_json.out)["error"]["reason"], "NOT_FOUND");
}

TEST_F(ServiceCommandsTest, CertificatesListFiltersByName) {
  service_.certificates.list = Parsed<v1::ListCertificatesResponse>(
      R"(certificates { name: "certificates/1" state: PENDING identifiers: "a.test" })");
  const ProgramResult result = Run({"certificates", "list", "--name", "a.test"});
  ASSERT_EQ(result.exit_code, 0) << result;
  EXPECT_EQ(service_.certificates.list_request.identifier(), "a.test");
  EXPECT_THAT(result.out, HasSubstr("\n1            PENDING  a.test"));
}

TEST_F(ServiceCommandsTest, CertificatesShowAsJsonHasTheChain) {
  service_.certificates.certificate =
      Parsed<v1::Certificate>(R"(state: ACTIVE current { serial: "0a" chain_pem: "PEM" })");
  const ProgramResult result = Run({"certificates", "show", "1", "-o", "json"});
  ASSERT_EQ(result.exit_code, 0) << result;
  const json certificate = json::parse(result.out);
  EXPECT_EQ(certificate["name"], "certificates/1");
  EXPECT_EQ(certificate["current"]["chain_pem"], "PEM");
}

TEST_F(ServiceCommandsTest, AccountsCreateSendsWhatWasSaidAndWaits) {
  service_.accounts.account = Parsed<v1::Account>(R"(state: VALID account_url: "https://ca/1")");
  const ProgramResult result =
      Run({"accounts", "create", "--issuer", "le", "--id", "two", "--contact", "mailto:a@b.test",
           "--contact", "mailto:c@b.test", "--key-uri", "pkcs11:token=t;object=o", "--agree-tos",
           "--wait"});
  ASSERT_EQ(result.exit_code, 0) << result;
  const v1::CreateAccountRequest& request = service_.accounts.create_request;
  EXPECT_EQ(request.parent(), "issuers/le");
  EXPECT_EQ(request.account_id(), "two");
  EXPECT_EQ(request.account().contacts_size(), 2);
  EXPECT_EQ(request.account().key_uri(), "pkcs11:token=t;object=o");
  EXPECT_TRUE(request.terms_of_service_agreed());
  EXPECT_EQ(request.request_id().size(), 36U);
  EXPECT_THAT(result.out, AllOf(HasSubstr("issuers/le/accounts/two"), HasSubstr("VALID")));
}

TEST_F(ServiceCommandsTest, AccountsCreateWithoutWaitingShowsThePendingAccount) {
  const ProgramResult result = Run({"accounts", "create", "--issuer", "le", "--agree-tos"});
  ASSERT_EQ(result.exit_code, 0) << result;
  EXPECT_THAT(result.out, HasSubstr("PENDING"));
}

TEST_F(ServiceCommandsTest, AccountsCreateNeverAgreesByItself) {
  service_.accounts.create_status = {grpc::StatusCode::INVALID_ARGUMENT, "the terms are at X"};
  const ProgramResult result = Run({"accounts", "create", "--issuer", "le"});
  EXPECT_EQ(result.exit_code, 1) << result;
  EXPECT_FALSE(service_.accounts.create_request.terms_of_service_agreed());
  EXPECT_THAT(result.err, HasSubstr("the terms are at X"));
}

TEST_F(ServiceCommandsTest, AccountsUpdateSendsTheContactsAndShowsTheChangeAsPending) {
  const ProgramResult result = Run({"accounts", "update", "--issuer", "le", "--contact",
                                    "mailto:a@b.test", "--contact", "mailto:c@b.test"});
  ASSERT_EQ(result.exit_code, 0) << result;
  ASSERT_EQ(service_.accounts.update_requests.size(), 1U);
  const v1::UpdateAccountRequest& request = service_.accounts.update_requests[0];
  EXPECT_EQ(request.name(), "issuers/le/accounts/main");
  EXPECT_THAT(request.contacts(), ElementsAre("mailto:a@b.test", "mailto:c@b.test"));
  EXPECT_EQ(request.request_id().size(), 36U);
  EXPECT_THAT(result.out, HasSubstr("To be changed  CONTACTS\n"));
}

TEST_F(ServiceCommandsTest, AccountsUpdateForgetsContactsOnlyWhenItIsSaid) {
  EXPECT_EQ(Run({"accounts", "update", "--issuer", "le"}).exit_code, 2);
  EXPECT_EQ(
      Run({"accounts", "update", "--issuer", "le", "--no-contacts", "--contact", "mailto:a@b"})
          .exit_code,
      2);
  EXPECT_EQ(service_.accounts.update_requests.size(), 0U);

  const ProgramResult result =
      Run({"accounts", "update", "--issuer", "le", "--id", "two", "--no-contacts"});

  ASSERT_EQ(result.exit_code, 0) << result;
  ASSERT_EQ(service_.accounts.update_requests.size(), 1U);
  EXPECT_EQ(service_.accounts.update_requests[0].name(), "issuers/le/accounts/two");
  EXPECT_EQ(service_.accounts.update_requests[0].contacts_size(), 0);
}

TEST_F(ServiceCommandsTest, AccountsDeactivateWantsForEverToBeSaid) {
  const ProgramResult careless = Run({"accounts", "deactivate", "--issuer", "le"});
  EXPECT_EQ(careless.exit_code, 2) << careless;
  EXPECT_THAT(careless.err, HasSubstr("--for-ever"));
  EXPECT_EQ(service_.accounts.deactivate_requests.size(), 0U);

  const ProgramResult result = Run({"accounts", "deactivate", "--issuer", "le", "--for-ever"});

  ASSERT_EQ(result.exit_code, 0) << result;
  ASSERT_EQ(service_.accounts.deactivate_requests.size(), 1U);
  EXPECT_EQ(service_.accounts.deactivate_requests[0].name(), "issuers/le/accounts/main");
  EXPECT_EQ(service_.accounts.deactivate_requests[0].request_id().size(), 36U);
  EXPECT_THAT(result.out, HasSubstr("To be changed  DEACTIVATION\n"));
}

TEST_F(ServiceCommandsTest, AccountsRolloverSendsWhatWasSaid) {
  const ProgramResult result =
      Run({"accounts", "rollover", "--issuer", "le", "--key-uri", "pkcs11:token=t;object=o"});
  ASSERT_EQ(result.exit_code, 0) << result;
  ASSERT_EQ(service_.accounts.rollover_requests.size(), 1U);
  const v1::RolloverAccountKeyRequest& request = service_.accounts.rollover_requests[0];
  EXPECT_EQ(request.name(), "issuers/le/accounts/main");
  EXPECT_EQ(request.key_uri(), "pkcs11:token=t;object=o");
  EXPECT_FALSE(request.validate_only());
  EXPECT_EQ(request.request_id().size(), 36U);
  EXPECT_THAT(result.out, AllOf(HasSubstr("Old thumbprint  old\n"), HasSubstr("on record"),
                                HasSubstr("Switch the web servers.")));
}

TEST_F(ServiceCommandsTest, AccountsRolloverDryRunChangesNothing) {
  const ProgramResult result =
      Run({"accounts", "rollover", "--issuer", "le", "--dry-run", "--wait"});
  ASSERT_EQ(result.exit_code, 0) << result;
  ASSERT_EQ(service_.accounts.rollover_requests.size(), 1U);
  EXPECT_TRUE(service_.accounts.rollover_requests[0].validate_only());
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("New thumbprint  new\n"), HasSubstr("nothing was changed")));
}

TEST_F(ServiceCommandsTest, AccountsRolloverIsWaitedFor) {
  service_.accounts.account = Parsed<v1::Account>(R"(state: VALID thumbprint: "new")");
  const ProgramResult result = Run({"accounts", "rollover", "--issuer", "le", "--wait"});
  ASSERT_EQ(result.exit_code, 0) << result;
  EXPECT_THAT(result.out, HasSubstr("done"));
}

TEST_F(ServiceCommandsTest, AccountsKeysShowsThem) {
  service_.accounts.account = Parsed<v1::Account>(
      R"(state: VALID thumbprint: "t2" retired_keys { key { thumbprint: "t1" label: "one" } })");
  const ProgramResult result = Run({"accounts", "keys", "--issuer", "le"});
  ASSERT_EQ(result.exit_code, 0) << result;
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("live"), HasSubstr("t2"), HasSubstr("keystore destroy --key one")));
}

TEST_F(ServiceCommandsTest, AccountsChangesAreWaitedFor) {
  service_.accounts.account = Parsed<v1::Account>(
      R"(state: VALID contacts: "mailto:a@b.test" account_url: "https://ca/1")");
  const ProgramResult updated =
      Run({"accounts", "update", "--issuer", "le", "--contact", "mailto:a@b.test", "--wait"});
  ASSERT_EQ(updated.exit_code, 0) << updated;
  EXPECT_THAT(updated.out, AllOf(HasSubstr("mailto:a@b.test"), Not(HasSubstr("To be changed"))));

  service_.accounts.account = Parsed<v1::Account>("state: DEACTIVATED");
  const ProgramResult deactivated =
      Run({"accounts", "deactivate", "--issuer", "le", "--for-ever", "--wait"});
  ASSERT_EQ(deactivated.exit_code, 0) << deactivated;
  EXPECT_THAT(deactivated.out, HasSubstr("DEACTIVATED"));
}

TEST_F(ServiceCommandsTest, AChangeThatTheCaHasNotConfirmedInTimeIsAnError) {
  service_.accounts.account = Parsed<v1::Account>("state: VALID pending_change: CONTACTS");
  const ProgramResult result =
      Run({"accounts", "update", "--issuer", "le", "--no-contacts", "--wait", "--timeout", "1"});
  EXPECT_EQ(result.exit_code, 1) << result;
  EXPECT_THAT(result.err, HasSubstr("has not confirmed it within 1 s"));
}

TEST_F(ServiceCommandsTest, TellsTheVersionOfTheBuild) {
  EXPECT_EQ(Run({"--version"}).out, "certbroker " + std::string(Version()) + "\n");
}

TEST_F(ServiceCommandsTest, WrongUseExitsWithTwo) {
  EXPECT_EQ(Run({"orders"}).exit_code, 2);
  EXPECT_EQ(Run({"orders", "cancel"}).exit_code, 2);
  EXPECT_EQ(Run({"orders", "list", "--limit", "0"}).exit_code, 2);
  EXPECT_EQ(Run({"orders", "list", "-o", "xml"}).exit_code, 2);
  EXPECT_EQ(Run({"accounts", "create"}).exit_code, 2);
  const ProgramResult nowhere = RunProgram(CERTBROKER_PROGRAM, {"orders", "list"});
  EXPECT_EQ(nowhere.exit_code, 2);
  EXPECT_THAT(nowhere.err, HasSubstr("--operator"));
}

TEST_F(ServiceCommandsTest, SaysThatThereIsNoServiceAtTheSocket) {
  const ProgramResult result =
      RunProgram(CERTBROKER_PROGRAM, {"orders", "list", "--operator", "unix:/no/such.sock"});
  EXPECT_EQ(result.exit_code, 1) << result;
  EXPECT_THAT(result.err, AllOf(HasSubstr("/no/such.sock"), HasSubstr("is the service running")));
}

}  // namespace
}  // namespace certbroker::cli
