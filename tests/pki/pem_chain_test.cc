#include "pki/pem_chain.h"

#include <algorithm>

#include "tests/pki/forge.h"
#include "tests/support/result_matchers.h"

namespace certbroker::pki {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string File(const std::string& name) { return forge::ReadTestdata("pki/" + name + ".pem"); }

std::string Replace(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

const std::string& Leaf() {
  static const std::string text = File("leaf");
  return text;
}
const std::string& ChainText() {
  static const std::string text = File("leaf") + File("intermediate");
  return text;
}

// base64 in one line.
std::string OneLine(const std::string& pem) {
  const std::string begin = "-----BEGIN CERTIFICATE-----\n";
  const std::string end = "-----END CERTIFICATE-----\n";
  std::string body = pem.substr(begin.size(), pem.size() - begin.size() - end.size());
  std::erase(body, '\n');
  return begin + body + "\n" + end;
}

struct GoodChain {
  std::string_view name;
  std::string text;
};

TEST(PemChainTest, TakesWhatCasSend) {
  const GoodChain kCases[] = {
      {"as RFC 8555 §9.1 has it", File("leaf") + "\n" + File("intermediate")},  // with empty line
      {"without the empty line", ChainText()},
      {"CRLF", Replace(ChainText(), "\n", "\r\n")},
      {"CR", Replace(ChainText(), "\n", "\r")},
      {"mixed newlines", Replace(File("leaf"), "\n", "\r\n") + File("intermediate")},
      {"no newline at the end", ChainText().substr(0, ChainText().size() - 1)},
      {"empty lines before, between, after",
       "\n\n" + Replace(ChainText(), "-----\n", "-----\n\n\n")},
      {"spaces at the ends of lines", Replace(ChainText(), "\n", " \t\n")},
      {"lines of spaces", "  \n" + ChainText() + "\t\n"},
      {"base64 in one line", OneLine(File("leaf")) + OneLine(File("intermediate"))},
      {"an intermediate twice", ChainText() + File("intermediate")},
      {"the leaf twice", File("leaf") + ChainText()},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    const auto chain = ParsePemChain(c.text);
    ASSERT_THAT(chain, IsOk());
    EXPECT_EQ(ToPem(*chain), ChainText());
  }
}

TEST(PemChainTest, TakesALeafAlone) {
  const auto chain = ParsePemChain(Leaf());
  ASSERT_THAT(chain, IsOk());
  EXPECT_EQ(chain->size(), 1U);
}

struct BadChain {
  std::string_view name;
  std::string text;
  std::string_view says;
};

TEST(PemChainTest, RefusesEverythingElse) {
  const std::string begin = "-----BEGIN CERTIFICATE-----\n";
  const std::string end = "-----END CERTIFICATE-----\n";
  const auto leaf = ParsePemChain(Leaf());
  const Bytes& der = leaf->front().der();
  const BadChain kCases[] = {
      {"nothing", "", "empty"},
      {"empty lines", "\r\n\r\n \n", "empty"},
      {"NUL", ChainText() + std::string(1, '\0'), "NUL"},
      {"NUL inside", Replace(ChainText(), "MII", std::string("M\0I", 3)), "NUL"},
      {"HTML", "<!DOCTYPE html><html><body>502 Bad Gateway</body></html>", "HTML"},
      {"HTML behind empty lines", "\n\n <html>", "HTML"},
      {"a certificate in HTML", "<pre>\n" + ChainText() + "</pre>", "HTML"},
      {"JSON", R"({"type":"urn:ietf:params:acme:error:malformed"})", "outside any certificate"},
      {"DER", std::string(AsText(der)), "DER"},
      {"text before", "subject=CN = www.example.com\n" + ChainText(), "line 1 is outside"},
      {"text between", File("leaf") + "issuer\n" + File("intermediate"), "is outside"},
      {"text behind", ChainText() + "trailing garbage", "is outside"},
      {"byte order mark", "\xEF\xBB\xBF" + ChainText(), "outside"},
      {"space before the line", " " + ChainText(), "outside"},
      {"private key", ChainText() + forge::Pem("PRIVATE KEY", Bytes(64, 0x41)),
       "block \"PRIVATE KEY\""},
      {"private key first", forge::Pem("EC PRIVATE KEY", Bytes(64, 0x41)) + ChainText(),
       "block \"EC PRIVATE KEY\""},
      {"encrypted key", forge::Pem("ENCRYPTED PRIVATE KEY", Bytes(64, 0x41)),
       "block \"ENCRYPTED PRIVATE KEY\""},
      {"OpenSSL's trusted form", forge::Pem("TRUSTED CERTIFICATE", der),
       "block \"TRUSTED CERTIFICATE\""},
      {"the old label", forge::Pem("X509 CERTIFICATE", der), "block \"X509 CERTIFICATE\""},
      {"PKCS #7", forge::Pem("PKCS7", der), "block \"PKCS7\""},
      {"CSR", forge::Pem("CERTIFICATE REQUEST", der), "block \"CERTIFICATE REQUEST\""},
      {"CRL", forge::Pem("X509 CRL", der), "block \"X509 CRL\""},
      {"wrong case", Replace(ChainText(), "BEGIN CERTIFICATE", "BEGIN Certificate"),
       "block \"Certificate\""},
      {"four hyphens", Replace(ChainText(), "-----BEGIN", "----BEGIN"), "outside"},
      {"no end", Leaf().substr(0, Leaf().size() - end.size()), "breaks off"},
      {"only a beginning", begin, "breaks off"},
      {"only an end", end, "outside"},
      {"beginning twice", begin + ChainText(), "begins or ends a block"},
      {"another end", Replace(Leaf(), "END CERTIFICATE", "END CERTIFICATE REQUEST"),
       "begins or ends a block"},
      {"empty block", begin + end, "not a readable X.509"},
      {"headers", Replace(Leaf(), begin, begin + "Proc-Type: 4,ENCRYPTED\n"), "not base64"},
      {"base64 of the URL alphabet", begin + "--__\n" + end, "not base64"},
      {"no padding", begin + "MII\n" + end, "not base64"},
      {"too much padding", begin + "M===\n" + end, "not base64"},
      {"padding inside", begin + "MI==MIIB\n" + end, "not base64"},
      {"bits behind the end", begin + "MB==\n" + end, "not base64"},
      {"space inside a line", begin + "MI IB\n" + end, "not base64"},
      {"base64 of something else", forge::Pem("CERTIFICATE", AsBytes("hello")),
       "not a readable X.509"},
      {"something behind the DER",
       [&] {
         Bytes more = der;
         more.push_back(0);
         return forge::Pem("CERTIFICATE", more);
       }(),
       "not a readable X.509"},
      {"cut in half", Leaf().substr(0, 300) + "\n" + end, ""},
      {"second one broken", Leaf() + forge::Pem("CERTIFICATE", AsBytes("hello")), "certificate 2"},
  };
  for (const auto& c : kCases) {
    SCOPED_TRACE(c.name);
    EXPECT_THAT(
        ParsePemChain(c.text),
        IsError(Reason::kCaBadAnswer,
                AllOf(HasSubstr("the CA's certificate chain is not usable"), HasSubstr(c.says))));
  }
}

TEST(PemChainTest, NeverQuotesKeysOrControlCharacters) {
  const auto key = ParsePemChain("-----BEGIN PRIVATE KEY-----\nTOPSECRET\n-----END PRIVATE KEY--");
  ASSERT_THAT(key, IsError(Reason::kCaBadAnswer));
  EXPECT_THAT(key.error().detail(), Not(HasSubstr("TOPSECRET")));

  const auto escape = ParsePemChain("\x1b[2J" + std::string(5000, 'x'));
  ASSERT_THAT(escape, IsError(Reason::kCaBadAnswer));
  EXPECT_THAT(escape.error().detail(), Not(HasSubstr("\x1b")));
  EXPECT_LT(escape.error().detail().size(), 200U);

  const auto label = ParsePemChain("-----BEGIN " + std::string(5000, 'x') + "-----\n");
  ASSERT_THAT(label, IsError(Reason::kCaBadAnswer));
  EXPECT_LT(label.error().detail().size(), 250U);
}

std::string DistinctCertificates(int count) {
  const forge::Key key = forge::Key::Ec();
  std::string text;
  for (int i = 0; i < count; ++i) {
    text += forge::Pem("CERTIFICATE",
                       forge::MakeCertificate({.serial_hex = std::to_string(10 + i)}, key, key));
  }
  return text;
}

TEST(PemChainTest, TenCertificatesAreTheLimit) {
  const auto ten = ParsePemChain(DistinctCertificates(10));
  ASSERT_THAT(ten, IsOk());
  EXPECT_EQ(ten->size(), 10U);

  EXPECT_THAT(ParsePemChain(DistinctCertificates(11)),
              IsError(Reason::kCaBadAnswer, HasSubstr("more than 10")));
  // Repetition is no way around it.
  std::string repeated;
  for (int i = 0; i < 200; ++i) repeated += Leaf();
  EXPECT_THAT(ParsePemChain(repeated), IsError(Reason::kCaBadAnswer, HasSubstr("more than 10")));
}

TEST(PemChainTest, OneMebibyteIsTheLimit) {
  std::string text = ChainText();
  text.resize(kMaxChainBytes, '\n');
  EXPECT_THAT(ParsePemChain(text), IsOk());

  text += '\n';
  EXPECT_THAT(ParsePemChain(text), IsError(Reason::kCaBadAnswer, HasSubstr("1048577 octets")));
}

}  // namespace
}  // namespace certbroker::pki
