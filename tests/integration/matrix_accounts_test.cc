// Accounts after they were made: other contacts, and their end.
#include "tests/integration/matrix.h"

namespace certbroker {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class MatrixAccountTest : public MatrixTest {
 protected:
  json AccountAt(const std::string& issuer) const {
    const json list = JsonOf(stack().Operator({"accounts", "list", "-o", "json"}));
    for (const json& account : list["accounts"]) {
      if (account["name"] == "issuers/" + issuer + "/accounts/main") return account;
    }
    return {};
  }
};

// RFC 8555 §7.3.2, §7.3.6. One test, because there is no way back.
TEST_F(MatrixAccountTest, GetsOtherContactsAndAnEnd) {
  const ProgramResult updated =
      stack().Operator({"accounts", "update", "--issuer", "leaving", "--contact",
                        "mailto:security@matrix.test", "--wait"});
  ASSERT_EQ(updated.exit_code, 0) << updated;
  EXPECT_EQ(AccountAt("leaving")["contacts"], json({"mailto:security@matrix.test"}));

  const ProgramResult ended =
      stack().Operator({"accounts", "deactivate", "--issuer", "leaving", "--for-ever", "--wait"});

  ASSERT_EQ(ended.exit_code, 0) << ended;
  EXPECT_EQ(AccountAt("leaving")["state"], "DEACTIVATED");
  // The key is known there, and its account is not given back.
  const ProgramResult again = matrix_.CreateAccount("leaving");
  EXPECT_EQ(again.exit_code, 1) << again;
  const CertificateFolder folder;
  const ProgramResult refused = stack().Agent(
      0, {"issue", "gone.matrix.test", "--issuer", "leaving", "--http-listen",
          stack().http_listen(), "--roots", Ca("newest").roots(), "--out", folder.path()});
  EXPECT_EQ(refused.exit_code, 1) << refused;
  EXPECT_THAT(refused.err, HasSubstr("ACCOUNT"));
}

}  // namespace
}  // namespace certbroker
