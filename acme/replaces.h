// acme/replaces.h: what to do when a CA refuses a newOrder that names the certificate which it
// replaces (RFC 9773 §5).
//
// CAs refuse it in every shape there is: alreadyReplaced, conflict, malformed, unauthorized, 404,
// or in words of their own. A renewal must not fail for a courtesy, so the rule is by what the
// refusal cannot be about rather than by what it is called.
#pragma once

#include "core/ports/http_client.h"

namespace certbroker::acme {

// How many answers of 500 in a row to newOrder with `replaces` are taken for the CA's own trouble.
inline constexpr int kServerErrorsWithReplaces = 3;

// Whether newOrder is to be sent once more, the same but without `replaces`. `response`: the CA's
// answer to newOrder with it; `server_errors`: how many times in a row it has said 500 to that,
// this answer included.
//
// False for success, for a redirect, and for what is about something else: badNonce, rateLimited
// and 429, caa, rejectedIdentifier, unsupportedIdentifier, invalidProfile, userActionRequired and
// agreementRequired, externalAccountRequired, accountDoesNotExist, 5xx. True for every other
// refusal, and for the last of kServerErrorsWithReplaces. Pure.
bool RetryWithoutReplaces(const HttpResponse& response, int server_errors);

}  // namespace certbroker::acme
