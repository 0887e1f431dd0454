#include "core/account_name.h"

namespace certbroker {
namespace {

TEST(AccountNameTest, IsTakenApartAsItWasMade) {
  const AccountName name = MakeAccountName(IssuerId("lets-encrypt"), "main-2");
  EXPECT_EQ(name.ToString(), "issuers/lets-encrypt/accounts/main-2");

  const auto parts = PartsOf(name);

  ASSERT_TRUE(parts.has_value());
  EXPECT_EQ(parts->issuer, IssuerId("lets-encrypt"));
  EXPECT_EQ(parts->account, "main-2");
}

TEST(AccountNameTest, OfAnotherFormHasNoParts) {
  const std::string long_part(41, 'a');
  for (const std::string& text :
       {std::string(), std::string("issuers/"), std::string("issuers/le"),
        std::string("issuers/le/accounts"), std::string("issuers/le/accounts/"),
        std::string("issuers//accounts/main"), std::string("/accounts/main"),
        std::string("issuers/le/accounts/main/accounts/x"), std::string("issuers/LE/accounts/main"),
        std::string("issuers/le/accounts/a b"), std::string("x/issuers/le/accounts/main"),
        "issuers/" + long_part + "/accounts/main", "issuers/le/accounts/" + long_part}) {
    EXPECT_FALSE(PartsOf(AccountName(text)).has_value()) << text;
  }
}

TEST(AccountNameTest, APartHasOneToFortyLowerCaseLettersDigitsAndHyphens) {
  EXPECT_TRUE(IsNamePart("a"));
  EXPECT_TRUE(IsNamePart("lets-encrypt-2"));
  EXPECT_TRUE(IsNamePart(std::string(40, 'z')));
  EXPECT_FALSE(IsNamePart(""));
  EXPECT_FALSE(IsNamePart(std::string(41, 'z')));
  EXPECT_FALSE(IsNamePart("Main"));
  EXPECT_FALSE(IsNamePart("a/b"));
  EXPECT_FALSE(IsNamePart("a_b"));
}

}  // namespace
}  // namespace certbroker
