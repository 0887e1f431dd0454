// tests/fuzz/promises.h: what must hold whatever comes in, for all targets. Each ends the process
// (CERTBROKER_CHECK) when it does not.
#pragma once

#include <cstddef>
#include <string_view>

#include "core/error.h"
#include "core/https_url.h"

namespace certbroker::fuzz {

// What one piece of text from outside may add to an error, and the words around it.
inline constexpr std::size_t kLongestDetail = 2048;

// Can be shown on a terminal and stored: valid UTF-8 without control characters, at most `limit`
// octets however long the input was. So is every violation.
void CheckError(const Error& error, std::size_t limit = kLongestDetail);
// Nothing that could end a line, steer a terminal or lie about the direction of a text.
void CheckPrintable(std::string_view text);
// What core/https_url.h promises of every value.
void CheckUrl(const HttpsUrl& url);

// Only characters of base64url (RFC 4648 §5): the grammar of tokens and nonces, told a second time.
bool IsBase64UrlText(std::string_view text);

}  // namespace certbroker::fuzz
