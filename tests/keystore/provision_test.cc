#include "keystore/provision.h"

#include <fstream>
#include <map>

#include "keystore/public_key.h"
#include "tests/support/keystore_fixture.h"

namespace certbroker::keystore {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class ProvisionTest : public KeystoreFixture {
 protected:
  Result<ProvisionReport> Try(std::vector<std::string> labels) {
    return Provision(token_.provision_options(std::move(labels)), log_);
  }
  std::string Objects() { return token_.Pkcs11Tool("--list-objects").output; }
  static std::map<std::string, std::string> Table(const KeyDescription& key) {
    std::map<std::string, std::string> table;
    for (const KeyAttribute& row : key.attributes) table[row.name] = row.value;
    return table;
  }
};

TEST_F(ProvisionTest, MakesTokenAndKeysAndSaysSo) {
  const auto report = Try({"acme/pebble/main/v1", "spare"});

  ASSERT_THAT(report, IsOk());
  EXPECT_TRUE(report->token_created);
  EXPECT_EQ(report->token.label, SoftToken::kLabel);
  ASSERT_EQ(report->keys.size(), 2U);
  const KeyDescription& key = report->keys[0].key;
  EXPECT_TRUE(report->keys[0].created);
  EXPECT_EQ(key.label, "acme/pebble/main/v1");
  EXPECT_EQ(key.algorithm, "ES256");
  EXPECT_EQ(key.id.size(), 32U);
  EXPECT_EQ(key.thumbprint.size(), 43U);
  EXPECT_EQ(key.refusal, std::nullopt);
  EXPECT_NE(key.id, report->keys[1].key.id);
  EXPECT_NE(key.thumbprint, report->keys[1].key.thumbprint);
  const auto uri = KeyUri::Parse(key.uri);
  ASSERT_THAT(uri, IsOk());
  EXPECT_EQ(Hex(uri->id()), key.id);
}

// What an operator shows an auditor.
TEST_F(ProvisionTest, MakesKeysThatCannotLeave) {
  const auto report = Try({"main"});
  ASSERT_THAT(report, IsOk());
  const std::map<std::string, std::string> expected = {
      {"CKA_CLASS", "CKO_PRIVATE_KEY"},
      {"CKA_KEY_TYPE", "CKK_EC"},
      {"CKA_EC_PARAMS", "P-256"},
      {"CKA_TOKEN", "true"},
      {"CKA_PRIVATE", "true"},
      {"CKA_SENSITIVE", "true"},
      {"CKA_ALWAYS_SENSITIVE", "true"},
      {"CKA_EXTRACTABLE", "false"},
      {"CKA_NEVER_EXTRACTABLE", "true"},
      {"CKA_SIGN", "true"},
      {"CKA_ALWAYS_AUTHENTICATE", "false"},
      {"CKA_LOCAL", "true"},
      {"CKA_KEY_GEN_MECHANISM", "CKM_EC_KEY_PAIR_GEN"},
      {"CKA_DECRYPT", "false"},
      {"CKA_UNWRAP", "false"},
      {"CKA_DERIVE", "false"},
      {"CKA_SIGN_RECOVER", "true"},  // SoftHSM's default; PKCS#11's is the token's choice
      {"CKA_WRAP_WITH_TRUSTED", "false"},
      {"CKA_COPYABLE", "true"},
      {"CKA_VALUE", "unreadable"},
  };
  EXPECT_EQ(Table(report->keys[0].key), expected);
}

// Each is read back as what it was asked to be, signs, and cannot leave either.
TEST_F(ProvisionTest, MakesKeysOfEveryKind) {
  const std::map<KeyKind, std::map<std::string, std::string>> rows = {
      {KeyKind::kEcP256, {{"CKA_EC_PARAMS", "P-256"}, {"CKA_VALUE", "unreadable"}}},
      {KeyKind::kEcP384, {{"CKA_EC_PARAMS", "P-384"}, {"CKA_VALUE", "unreadable"}}},
      {KeyKind::kRsa2048, {{"CKA_MODULUS", "2048 bits"}, {"CKA_PRIVATE_EXPONENT", "unreadable"}}},
      {KeyKind::kRsa3072, {{"CKA_MODULUS", "3072 bits"}, {"CKA_PRIVATE_EXPONENT", "unreadable"}}},
  };
  for (const KeyKind kind : kAllKeyKinds) {
    ProvisionOptions options = token_.provision_options({std::string(ToString(kind))});
    options.key_kind = kind;
    const auto report = Provision(options, log_);
    ASSERT_THAT(report, IsOk()) << ToString(kind);
    const KeyDescription& key = report->keys[0].key;
    EXPECT_EQ(key.algorithm, ToString(kind).substr(0, 5));
    EXPECT_EQ(key.thumbprint.size(), 43U);
    auto table = Table(key);
    for (const auto& [name, value] : rows.at(kind)) EXPECT_EQ(table[name], value) << name;
    EXPECT_EQ(table["CKA_NEVER_EXTRACTABLE"], "true");
    EXPECT_EQ(table["CKA_DECRYPT"], "false") << ToString(kind);
  }
  Open();
  for (const KeyKind kind : kAllKeyKinds) {
    EXPECT_EQ(SignedBy(*SignerOf(std::string(ToString(kind)))), "ok") << ToString(kind);
  }
}

TEST_F(ProvisionTest, AnExistingKeyOfAnotherKindIsNotTakenForTheOneAskedFor) {
  ASSERT_THAT(Try({"main"}), IsOk());
  ProvisionOptions options = token_.provision_options({"main"});
  options.key_kind = KeyKind::kEcP384;
  EXPECT_THAT(Provision(options, log_),
              IsError(Reason::kHsmKeyRefused, AllOf(HasSubstr("ES256"), HasSubstr("ES384"))));
  options.key_kind = KeyKind::kEcP256;
  EXPECT_THAT(Provision(options, log_), IsOk());
}

TEST_F(ProvisionTest, FindsWhatAnEarlierRunMade) {
  const auto first = Try({"main"});
  ASSERT_THAT(first, IsOk());
  const auto second = Try({"main", "new"});
  ASSERT_THAT(second, IsOk());
  EXPECT_FALSE(second->token_created);
  EXPECT_FALSE(second->keys[0].created);
  EXPECT_EQ(second->keys[0].key.thumbprint, first->keys[0].key.thumbprint);
  EXPECT_TRUE(second->keys[1].created);
}

// Another implementation signs with the key; the public half that we published verifies it.
TEST_F(ProvisionTest, Pkcs11ToolAgreesAboutTheKey) {
  const auto report = Try({"main"});
  ASSERT_THAT(report, IsOk());
  const std::string base = token_.store() + "/..";
  const Bytes digest = DigestFor(KeyKind::kEcP256, AsBytes("a message"));
  std::ofstream(base + "/digest", std::ios::binary) << AsText(digest);
  const std::string& id = report->keys[0].key.id;
  ASSERT_EQ(token_
                .Pkcs11Tool("--sign -m ECDSA --signature-format rs --id " + id + " --input-file " +
                            base + "/digest --output-file " + base + "/signature")
                .exit_code,
            0);
  ASSERT_EQ(token_
                .Pkcs11Tool("--read-object --type pubkey --id " + id + " --output-file " + base +
                            "/spki.der")
                .exit_code,
            0);
  const auto content = [&](const std::string& name) {
    std::ifstream file(base + name, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const std::string spki = content("/spki.der");
  ASSERT_GE(spki.size(), 65U);
  // The point is the end of a SubjectPublicKeyInfo (RFC 5480 §2.2).
  const auto key = PublicKey::FromEcPoint(AsBytes(spki).last(65));
  ASSERT_THAT(key, IsOk());
  EXPECT_EQ(key->thumbprint(), report->keys[0].key.thumbprint);
  EXPECT_TRUE(key->Verifies(digest, AsBytes(content("/signature"))));
}

TEST_F(ProvisionTest, FinishesATokenThatHasNoUserPin) {
  faults_.Set("C_InitPIN 0x30 1 0");
  EXPECT_THAT(Try({"main"}), IsError(Reason::kHsmUnavailable));
  const auto report = Try({"main"});
  ASSERT_THAT(report, IsOk());
  EXPECT_FALSE(report->token_created);
  EXPECT_TRUE(report->keys[0].created);
}

// While another process logs in, SoftHSM's token seems to be absent for a moment.
TEST_F(ProvisionTest, MakesNoSecondTokenWhenTheFirstIsOutOfSightForAMoment) {
  ASSERT_THAT(Try({"main"}), IsOk());
  faults_.Set("C_GetTokenInfo 0xe0 3 0");
  const auto again = Try({"main"});
  ASSERT_THAT(again, IsOk());
  EXPECT_FALSE(again->token_created);
  EXPECT_EQ(faults_.Calls("C_InitToken"), 1);
}

TEST_F(ProvisionTest, LeavesNothingOfAKeyThatDidNotTurnOutWell) {
  ASSERT_THAT(Try({}), IsOk());
  const struct {
    std::string rules;
    Reason reason;
  } cases[] = {
      {"C_Sign 0x70 1 0", Reason::kHsmKeyRefused},               // it does not sign
      {"C_GetAttributeValue 0x5 1 0", Reason::kHsmUnavailable},  // it cannot be read back
      {"C_GenerateKeyPair 0x5 1 0", Reason::kHsmUnavailable},
      {"C_GenerateKeyPair 0xd1 2 0", Reason::kHsmKeyRefused},  // no template pleases the token
  };
  for (const auto& c : cases) {
    faults_.Set(c.rules);
    EXPECT_THAT(Try({"main"}), IsError(c.reason)) << c.rules;
    EXPECT_EQ(Objects().find("main"), std::string::npos) << c.rules << Objects();
  }
  EXPECT_THAT(Try({"main"}), IsOk());
}

// Some tokens reject CKA_DECRYPT=false. What keeps the key in the token is never given up for that.
TEST_F(ProvisionTest, GivesUpOnlyWhatATokenMayDoBesides) {
  faults_.Set("C_GenerateKeyPair 0xd1 1 0");
  const auto report = Try({"main"});
  ASSERT_THAT(report, IsOk());
  EXPECT_EQ(faults_.Calls("C_GenerateKeyPair"), 2);
  EXPECT_EQ(Table(report->keys[0].key)["CKA_EXTRACTABLE"], "false");
}

TEST_F(ProvisionTest, OverwritesNothing) {
  ASSERT_THAT(Try({"good"}), IsOk());
  const auto make = [this](const std::string& arguments) {
    const auto made = token_.Pkcs11Tool(arguments);
    ASSERT_EQ(made.exit_code, 0) << made.output;
  };
  make("--keypairgen --key-type EC:prime256v1 --extractable --usage-sign --id 01 --label loose");
  make("--keypairgen --key-type EC:prime256v1 --sensitive --usage-sign --id 02 --label twice");
  make("--keypairgen --key-type EC:prime256v1 --sensitive --usage-sign --id 03 --label twice");
  make("--keypairgen --key-type EC:prime256v1 --sensitive --usage-sign --id 04 --label half");
  make("--delete-object --type privkey --id 04");
  const long generated = faults_.Calls("C_GenerateKeyPair");
  EXPECT_THAT(Try({"loose"}), IsError(Reason::kHsmKeyRefused,
                                      AllOf(HasSubstr("'loose'"), HasSubstr("CKA_EXTRACTABLE"))));
  EXPECT_THAT(Try({"twice"}), IsError(Reason::kHsmKeyRefused, HasSubstr("2 keys")));
  EXPECT_THAT(Try({"half"}), IsError(Reason::kHsmKeyRefused, HasSubstr("private half")));
  EXPECT_EQ(faults_.Calls("C_GenerateKeyPair"), generated);
}

TEST_F(ProvisionTest, OffersAWrongPinOnce) {
  ASSERT_THAT(Try({"main"}), IsOk());
  token_.WritePin("wrong");
  const long logins = faults_.Calls("C_Login");
  EXPECT_THAT(Try({"main", "more"}), IsError(Reason::kHsmPinRefused));
  EXPECT_EQ(faults_.Calls("C_Login") - logins, 1);
}

TEST_F(ProvisionTest, RefusesOptionsBeforeItTouchesAnything) {
  const struct {
    std::string_view name;
    void (*spoil)(ProvisionOptions&);
  } cases[] = {
      {"no token label", [](ProvisionOptions& o) { o.token_label.clear(); }},
      {"token label too long", [](ProvisionOptions& o) { o.token_label = std::string(33, 't'); }},
      {"token label with a blank", [](ProvisionOptions& o) { o.token_label = "a b"; }},
      {"empty key label", [](ProvisionOptions& o) { o.key_labels = {""}; }},
      {"key label too long", [](ProvisionOptions& o) { o.key_labels = {std::string(65, 'k')}; }},
      {"key label not ASCII", [](ProvisionOptions& o) { o.key_labels = {"sch\xC3\xB6n"}; }},
      {"key asked for twice",
       [](ProvisionOptions& o) {
         o.key_labels = {"a", "b", "a"};
       }},
      {"no module", [](ProvisionOptions& o) { o.module = "/nonexistent.so"; }},
      {"no SO PIN", [](ProvisionOptions& o) { o.so_pin_file = "/nonexistent"; }},
      {"no PIN", [](ProvisionOptions& o) { o.pin_file = "/nonexistent"; }},
  };
  for (const auto& c : cases) {
    ProvisionOptions options = token_.provision_options({"main"});
    c.spoil(options);
    EXPECT_THAT(Provision(options, log_), IsError(Reason::kConfigInvalid)) << c.name;
  }
  EXPECT_EQ(faults_.Calls("C_InitToken"), 0);
}

TEST_F(ProvisionTest, SaysWhenTheStoreIsNotDurable) {
  ProvisionOptions options = token_.provision_options({"main"});
  options.token_sync_dir = token_.store() + "/absent";
  EXPECT_THAT(Provision(options, log_), IsError(Reason::kHsmUnavailable, HasSubstr("durable")));
}

// What a keystore needs is what provisioning leaves.
TEST_F(ProvisionTest, DescribesWhatItMade) {
  const auto report = Try({"main", "spare"});
  ASSERT_THAT(report, IsOk());
  Open();
  const auto description = keystore_->Describe();
  ASSERT_THAT(description, IsOk());
  EXPECT_EQ(description->token.serial, report->token.serial);
  ASSERT_EQ(description->keys.size(), 2U);
  for (const KeyDescription& key : description->keys) EXPECT_EQ(key.refusal, std::nullopt);
  const auto uri = KeyUri::Parse(report->keys[1].key.uri);
  const auto signer =
      keystore_->SignerFor(*uri, {.allowed_origins = {"https://acme.example:443"},
                                  .expected_thumbprint = report->keys[1].key.thumbprint});
  ASSERT_THAT(signer, IsOk());
  EXPECT_EQ(SignedBy(**signer), "ok");
}

}  // namespace
}  // namespace certbroker::keystore
