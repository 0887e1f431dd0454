// Signatures as such; that a server takes them is shown by rfc2136_solver_test.cc.
#include "acme/solvers/tsig.h"

#include <filesystem>
#include <fstream>

#include "acme/solvers/dns_message.h"
#include "acme/solvers/secret_file.h"
#include "tests/acme/solvers/stub_server.h"
#include "tests/fakes/fake_clock.h"
#include "tests/support/result_matchers.h"
#include "tests/support/temp_dir.h"

namespace certbroker::acme {
namespace {

using std::chrono::minutes;
using ::testing::HasSubstr;

class TsigTest : public ::testing::Test {
 protected:
  static TsigKey Key(const std::string& secret = "secret") {
    return {.name = "key.example", .secret = Secret(std::string(secret))};
  }
  // An answer signed as a server does it: what it signs begins with the request's MAC (RFC 8945
  // §5.3). SignMessage signs without one, so that its answers are those of a server that forgot it.
  SignedMessage SignedRequest() const {
    return SignMessage(*UpdateMessage("example", {.name = "a.example", .value = "v"}, 1), Key(),
                       clock_.Now());
  }

  FakeClock clock_;
};

TEST_F(TsigTest, PutsOneRecordAtTheEnd) {
  const Bytes bare = *UpdateMessage("example", {.name = "a.example", .value = "v"}, 1);
  const SignedMessage signed_message = SignMessage(bare, Key(), clock_.Now());
  EXPECT_EQ(signed_message.mac.size(), 32U);
  EXPECT_EQ(signed_message.octets[11], 1) << "one additional record";
  // key.example, TSIG, ANY, no time to live.
  EXPECT_EQ(Hex(ByteView(signed_message.octets).subspan(bare.size(), 21)),
            "036b6579076578616d706c6500"
            "00fa"
            "00ff"
            "00000000");
}

TEST_F(TsigTest, IsAnotherForAnotherSecretMessageOrTime) {
  const Bytes bare = *UpdateMessage("example", {.name = "a.example", .value = "v"}, 1);
  const Bytes other = *UpdateMessage("example", {.name = "a.example", .value = "w"}, 1);
  const Bytes mac = SignMessage(bare, Key(), clock_.Now()).mac;
  EXPECT_EQ(SignMessage(bare, Key(), clock_.Now()).mac, mac);
  EXPECT_NE(SignMessage(other, Key(), clock_.Now()).mac, mac);
  EXPECT_NE(SignMessage(bare, Key("other"), clock_.Now()).mac, mac);
  EXPECT_NE(SignMessage(bare, Key(), clock_.Now() + minutes{1}).mac, mac);
}

TEST_F(TsigTest, DoesNotBelieveAnAnswerWithoutSignature) {
  const SignedMessage request = SignedRequest();
  const auto finding = VerifyReply(EmptyAnswer(request.octets, 0), request, Key(), clock_.Now());
  EXPECT_FALSE(finding.is_signed);
  EXPECT_THAT(finding.problem, HasSubstr("no signature"));
}

TEST_F(TsigTest, DoesNotBelieveASignatureOverAnotherRequest) {
  const SignedMessage request = SignedRequest();
  const Bytes reply = SignMessage(EmptyAnswer(request.octets, 0), Key(), clock_.Now()).octets;
  const auto finding = VerifyReply(reply, request, Key(), clock_.Now());
  EXPECT_FALSE(finding.is_signed);
  EXPECT_THAT(finding.problem, HasSubstr("wrong"));
}

TEST_F(TsigTest, DoesNotBelieveAnotherKeysSignature) {
  const SignedMessage request = SignedRequest();
  TsigKey other = Key();
  other.algorithm = TsigAlgorithm::kHmacSha512;
  const Bytes reply = SignMessage(EmptyAnswer(request.octets, 0), other, clock_.Now()).octets;
  EXPECT_THAT(VerifyReply(reply, request, Key(), clock_.Now()).problem, HasSubstr("another key"));
}

TEST_F(TsigTest, SurvivesEveryTruncationOfAnAnswer) {
  const SignedMessage request = SignedRequest();
  const Bytes reply = SignMessage(EmptyAnswer(request.octets, 0), Key(), clock_.Now()).octets;
  for (std::size_t size = 0; size < reply.size(); ++size) {
    EXPECT_FALSE(VerifyReply(ByteView(reply).first(size), request, Key(), clock_.Now()).is_signed);
  }
}

TEST_F(TsigTest, KnowsItsAlgorithmsByName) {
  for (const char* name : {"hmac-sha256", "hmac-sha384", "hmac-sha512"}) {
    ASSERT_TRUE(TsigAlgorithmFromName(name)) << name;
    EXPECT_EQ(NameOf(*TsigAlgorithmFromName(name)), name);
  }
  EXPECT_FALSE(TsigAlgorithmFromName("hmac-md5"));
}

TEST(TsigSecretTest, IsBase64OnOneLine) {
  for (const char* text : {"c2VjcmV0MQ==", " c2VjcmV0MQ==\n"}) {
    const auto secret = DecodeTsigSecret(text);
    ASSERT_THAT(secret, IsOk());
    EXPECT_EQ(secret->ExposeForUse(), "secret1");
  }
  for (const char* text : {"", "\n", "c2VjcmV0MQ", "not base64!!", "c2Vj\ncmV0"}) {
    EXPECT_THAT(DecodeTsigSecret(text), IsError(Reason::kConfigInvalid, HasSubstr("base64")));
  }
}

TEST(SecretFileTest, IsForItsReaderAlone) {
  namespace fs = std::filesystem;
  const TempDir dir;
  const std::string path = dir.path() + "/secret";
  std::ofstream(path) << "secret\n";
  fs::permissions(path, fs::perms::owner_read);
  const auto secret = ReadSecretFile(path);
  ASSERT_THAT(secret, IsOk());
  EXPECT_EQ(secret->ExposeForUse(), "secret\n");

  fs::permissions(path, fs::perms::owner_read | fs::perms::group_read);
  EXPECT_THAT(ReadSecretFile(path), IsError(Reason::kConfigInvalid, HasSubstr("chmod 0400")));
  EXPECT_THAT(ReadSecretFile(dir.path()), IsError(Reason::kConfigInvalid));
  EXPECT_THAT(ReadSecretFile(path + ".none"), IsError(Reason::kConfigInvalid));
}

}  // namespace
}  // namespace certbroker::acme
