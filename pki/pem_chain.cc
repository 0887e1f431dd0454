#include "pki/pem_chain.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace certbroker::pki {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kBeginCertificate = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view kEndCertificate = "-----END CERTIFICATE-----";
constexpr std::string_view kSpace = " \t";

Error BadChain(std::string_view what) {
  return Error(Reason::kCaBadAnswer,
               fmt::format("the CA's certificate chain is not usable: {}", what));
}

// Standard base64 with padding (RFC 4648 §4). core's decoder of the URL alphabet does the work: it
// refuses non-zero trailing bits, which OpenSSL's lets pass.
std::optional<Bytes> FromBase64(std::string text) {
  if (text.size() % 4 != 0 || text.find_first_of("-_") != std::string::npos) return std::nullopt;
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.pop_back();
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return FromBase64Url(text);
}

// Takes the chain line by line.
class ChainParser {
 public:
  Result<void> Take(std::string_view line) {
    ++line_number_;
    line = line.substr(0, line.find_last_not_of(kSpace) + 1);
    if (line.empty()) return {};
    return inside_ ? TakeInside(line) : TakeOutside(line);
  }

  Result<std::vector<Certificate>> Finish() && {
    if (inside_) return BadChain("it breaks off inside a certificate");
    if (chain_.empty()) return BadChain("it is empty");
    return std::move(chain_);
  }

 private:
  Result<void> TakeOutside(std::string_view line) {
    if (line == kBeginCertificate) {
      if (++count_ > kMaxChainLength) {
        return BadChain(fmt::format("it holds more than {} certificates", kMaxChainLength));
      }
      inside_ = true;
      base64_.clear();
      return {};
    }
    if (line.starts_with(kBegin)) {
      const std::string_view label =
          line.substr(kBegin.size(), line.find("--", kBegin.size()) - kBegin.size());
      return BadChain(fmt::format("line {} begins a block \"{}\"; only CERTIFICATE may be there",
                                  line_number_, Printable(label, 60)));
    }
    return BadChain(fmt::format("line {} is outside any certificate: \"{}\"", line_number_,
                                Printable(line, 60)));
  }

  Result<void> TakeInside(std::string_view line) {
    if (line == kEndCertificate) {
      inside_ = false;
      return TakeCertificate();
    }
    if (line.starts_with("-----")) {
      return BadChain(
          fmt::format("line {} begins or ends a block where a certificate goes on", line_number_));
    }
    base64_ += line;
    return {};
  }

  Result<void> TakeCertificate() {
    const auto der = FromBase64(std::exchange(base64_, {}));
    if (!der) {
      return BadChain(fmt::format("certificate {}, which ends in line {}, is not base64", count_,
                                  line_number_));
    }
    auto certificate = Certificate::Parse(*der);
    if (!certificate) {
      return BadChain(fmt::format("certificate {}: {}", count_, certificate.error().detail()));
    }
    // Some CAs repeat an intermediate; TLS clients need it once.
    if (std::ranges::find(chain_, *certificate) == chain_.end()) {
      chain_.push_back(*std::move(certificate));
    }
    return {};
  }

  std::vector<Certificate> chain_;
  std::string base64_;
  std::size_t count_ = 0;
  std::size_t line_number_ = 0;
  bool inside_ = false;
};

Result<void> CheckWhole(std::string_view text) {
  if (text.size() > kMaxChainBytes) {
    return BadChain(fmt::format("it has {} octets; the limit is {}", text.size(), kMaxChainBytes));
  }
  if (text.starts_with("\x30\x82") || text.starts_with("\x30\x83")) {
    return BadChain("it is in DER; RFC 8555 §9.1 wants PEM");
  }
  if (text.find('\0') != std::string_view::npos) return BadChain("it holds a NUL");
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && text[first] == '<') {
    return BadChain("it is an HTML or XML page");
  }
  return {};
}

}  // namespace

Result<std::vector<Certificate>> ParsePemChain(std::string_view text) {
  RETURN_IF_ERROR(CheckWhole(text));
  ChainParser parser;
  for (;;) {
    // RFC 7468 §3: eol is CRLF, CR or LF. The empty line between CR and LF is skipped like others.
    const std::size_t end = text.find_first_of("\r\n");
    RETURN_IF_ERROR(parser.Take(text.substr(0, end)));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return std::move(parser).Finish();
}

std::string ToPem(const std::vector<Certificate>& chain) {
  std::string text;
  for (const Certificate& certificate : chain) text += certificate.ToPem();
  return text;
}

}  // namespace certbroker::pki
