// pki/pem_chain.h: certificate chains as an ACME server sends them: application/
// pem-certificate-chain (RFC 8555 §9.1), which is hostile input.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.h"
#include "pki/certificate.h"

namespace certbroker::pki {

inline constexpr std::size_t kMaxChainBytes = 1024UL * 1024;
inline constexpr std::size_t kMaxChainLength = 10;

// The certificates of `text`, in its order; one that is there twice comes out once.
//
// Accepted as CAs send it: LF, CRLF or CR, blank lines between and inside blocks, white space at
// the end of a line, no newline at the end, base64 lines of any length. Refused, each with its own
// words: nothing at all, more than 1 MiB or 10 certificates, anything outside the blocks (§9.1:
// "MUST NOT include explanatory text", and an HTML page with a certificate in it is no chain),
// other blocks than CERTIFICATE (a private key above all), headers, NUL, bare DER, sloppy base64,
// and what does not decode. Whether they belong together is VerifyIssued's to say.
//
// kCaBadAnswer; the text never quotes more than 60 characters of the input, and nothing of a key.
Result<std::vector<Certificate>> ParsePemChain(std::string_view text);

// The strict form: LF, 64 columns, one block after the other.
std::string ToPem(const std::vector<Certificate>& chain);

}  // namespace certbroker::pki
