#include "pki/trust_anchors.h"

#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include "core/check.h"
#include "pki/openssl_handle.h"

namespace certbroker::pki {
namespace {

Error BadBundle(std::string_view what) {
  return Error(Reason::kConfigInvalid, fmt::format("the bundle of trusted roots {}", what));
}

struct OpenSslMemory {
  void operator()(void* memory) const { OPENSSL_free(memory); }
};

struct PemBlock {
  std::string label;
  Bytes der;
};

// The next block; nothing at the end.
Result<std::optional<PemBlock>> NextBlock(BIO* text) {
  char* label = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  if (PEM_read_bio(text, &label, &header, &data, &size) != 1) {
    if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE) {
      return std::optional<PemBlock>();
    }
    return BadBundle(fmt::format("holds a broken PEM block ({})", OpenSslErrorScope::LastReason()));
  }
  const std::unique_ptr<char, OpenSslMemory> owned_label(label);
  const std::unique_ptr<char, OpenSslMemory> owned_header(header);
  const std::unique_ptr<unsigned char, OpenSslMemory> owned_data(data);
  return std::optional<PemBlock>({label, Bytes(data, data + size)});
}

}  // namespace

TrustAnchors::TrustAnchors() : store_(X509_STORE_new(), X509_STORE_free) {
  CERTBROKER_CHECK(store_ != nullptr);
}

bool TrustAnchors::Add(const Certificate& certificate) {
  const X509Ptr x509 = DecodeX509(certificate.der());
  CERTBROKER_CHECK(x509 != nullptr);
  if (X509_check_ca(x509.get()) == 0) return false;
  CERTBROKER_CHECK(X509_STORE_add_cert(store_.get(), x509.get()) == 1);
  certificates_.push_back(certificate);
  return true;
}

Result<TrustAnchors> TrustAnchors::Of(const std::vector<Certificate>& certificates) {
  const OpenSslErrorScope errors;
  TrustAnchors anchors;
  for (const Certificate& certificate : certificates) {
    if (anchors.Add(certificate)) continue;
    return Error(Reason::kInvalidArgument,
                 fmt::format("\"{}\" is no CA certificate, so nothing can be trusted for it",
                             certificate.subject()));
  }
  return anchors;
}

Result<TrustAnchors> TrustAnchors::Parse(std::string_view pem) {
  const OpenSslErrorScope errors;
  if (pem.empty()) return BadBundle("is empty");
  const BioPtr text(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  CERTBROKER_CHECK(text != nullptr);
  TrustAnchors anchors;
  for (;;) {
    ASSIGN_OR_RETURN(const auto block, NextBlock(text.get()));
    if (!block) break;
    const std::size_t number = anchors.certificates_.size() + 1;
    if (block->label != PEM_STRING_X509) {
      return BadBundle(
          fmt::format("holds a block \"{}\" after {} certificates; only CERTIFICATE may be "
                      "there",
                      Printable(block->label, 60), number - 1));
    }
    auto certificate = Certificate::Parse(block->der);
    if (!certificate) {
      return BadBundle(fmt::format("holds, as its certificate {}, something {}", number,
                                   certificate.error().detail()));
    }
    if (!anchors.Add(*certificate)) {
      return BadBundle(
          fmt::format("holds \"{}\", which is no CA certificate", certificate->subject()));
    }
  }
  if (anchors.certificates_.empty()) return BadBundle("holds no certificate in PEM");
  return anchors;
}

}  // namespace certbroker::pki
