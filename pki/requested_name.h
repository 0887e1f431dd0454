// pki/requested_name.h: a DNS name or IP address as somebody asks for it.
#pragma once

#include <string_view>

#include "core/identifier.h"
#include "core/result.h"

namespace certbroker::pki {

// The way in for names from outside: requests, CSRs, policy files. core's Identifier::Parse,
// and what needs tables on top of it:
//
// - Only A-labels are names (RFC 5890 §2.3.2.1). A name in Unicode is refused, not converted: the
//   policy would grant, and the CA would print, something that nobody typed. The error tells the
//   ASCII form (IDNA2008, non-transitional, after UTS #46's mapping), so that asking again is easy.
// - Every "xn--" label must be the A-label of a valid U-label, and the one that encodes it (RFC
//   5891 §5.4). That refuses IDNA2003 leftovers such as emoji, too.
// - No wildcard directly on a public suffix such as *.co.uk (Baseline Requirements §3.2.2.6, which
//   go by the ICANN part of the list): it would cover names of strangers.
//
// kNameInvalid, with one Violation whose subject is the name as it was given, made printable.
// Applying it to its own result changes nothing. Thread-safe; no I/O (the list is compiled in).
Result<Identifier> ParseRequestedName(std::string_view text);

// The same for a name that a person has typed a moment ago and is shown the result of: U-labels
// (RFC 5890 §2.3.2.1; ASCII letters in any case) are converted to A-labels. Not what would have to
// be mapped to become one, such as "BÜCHER.example" or full-width letters: that stays kNameInvalid,
// and the error tells what it would be mapped to.
Result<Identifier> ParseTypedName(std::string_view text);

}  // namespace certbroker::pki
