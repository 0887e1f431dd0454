#include "acme/solvers/zone_update.h"

#include <algorithm>
#include <string>

#include <fmt/format.h>

namespace certbroker::acme {
namespace {

// What an operator does about a NOTAUTH (RFC 2136 §3.1.1, RFC 8945 §5.2).
std::string NotAuthRemedy(std::string_view zone, const TsigKey* key, int tsig_error) {
  if (key != nullptr && tsig_error == kBadKey) {
    return fmt::format(
        "BADKEY: it knows no key {} for {}; compare tsig_name and tsig_algorithm with "
        "its configuration",
        Printable(key->name, 100), NameOf(key->algorithm));
  }
  if (key != nullptr && (tsig_error == kBadSig || tsig_error == kBadTrunc)) {
    return fmt::format(
        "BADSIG: its secret of the key {} is another one; compare tsig_secret_file "
        "with its configuration",
        Printable(key->name, 100));
  }
  if (tsig_error == kBadTime) {
    return "BADTIME: its clock and ours are more than 5 minutes apart; set both by NTP";
  }
  return fmt::format(
      "it is not the primary server of the zone {}; set \"server\" to that one, or "
      "correct \"zones\"",
      zone);
}

std::string Remedy(Rcode rcode, std::string_view zone, const TxtChange& change, const TsigKey* key,
                   int tsig_error) {
  switch (rcode) {
    case Rcode::kRefused:
      return fmt::format(
          "{} may not change the TXT records of {}; allow it there (BIND: "
          "update-policy, Knot: acl with action update)",
          key == nullptr ? std::string("this host without a key")
                         : fmt::format("the key {}", Printable(key->name, 100)),
          change.name);
    case Rcode::kNotAuth:
      return NotAuthRemedy(zone, key, tsig_error);
    case Rcode::kNotZone:
      return fmt::format("{} is not in the zone {} there; correct \"zones\"", change.name, zone);
    case Rcode::kNotImp:
    case Rcode::kFormErr:
      return "it does not take dynamic updates";
    case Rcode::kServFail:
      return "it failed itself; its log says why (a zone file or journal that it cannot write?)";
    case Rcode::kNoError:
    case Rcode::kNxDomain:
    case Rcode::kYxDomain:
    case Rcode::kYxRrset:
    case Rcode::kNxRrset:
      break;
  }
  return "an answer that this update should not get; its log may say why";
}

}  // namespace

Result<void> ZoneUpdater::ReadVerdict(const ServerAddress& server, std::string_view zone,
                                      const TxtChange& change, ByteView octets,
                                      const SignedMessage& request) {
  ASSIGN_OR_RETURN(const DnsReply reply, ParseReply(octets));
  TsigFinding finding;
  if (key_) finding = VerifyReply(octets, request, *key_, exchange_.clock().Now());
  if (reply.rcode == Rcode::kNoError) {
    if (!key_ || finding.is_signed) return {};
    return Error(Reason::kDnsUnavailable,
                 fmt::format("{} says that it is done, but {}: not believed", server.ToString(),
                             finding.problem));
  }
  const Reason reason =
      reply.rcode == Rcode::kServFail ? Reason::kDnsUnavailable : Reason::kDnsUpdateRefused;
  return Error(reason, fmt::format("{} answers {}: {}", server.ToString(), NameOf(reply.rcode),
                                   Remedy(reply.rcode, zone, change, key_ ? &*key_ : nullptr,
                                          finding.error)));
}

Result<void> ZoneUpdater::ApplyAt(const ServerAddress& server, std::string_view zone,
                                  const TxtChange& change, SteadyTime deadline) {
  ASSIGN_OR_RETURN(Bytes message, UpdateMessage(zone, change, exchange_.NewId()));
  const SignedMessage request = key_ ? SignMessage(message, *key_, exchange_.clock().Now())
                                     : SignedMessage{.octets = std::move(message), .mac = {}};
  const auto end = std::min(deadline, exchange_.clock().Tick() + timeout_);
  ASSIGN_OR_RETURN(const Bytes reply, exchange_.Ask(server, request.octets, end));
  return ReadVerdict(server, zone, change, reply, request);
}

Result<void> ZoneUpdater::Apply(std::string_view zone, const TxtChange& change,
                                SteadyTime deadline) {
  Reason reason = Reason::kDnsUnavailable;
  std::string failures;
  for (const ServerAddress& server : servers_) {
    auto done = ApplyAt(server, zone, change, deadline);
    if (done || done.error().reason() == Reason::kInvalidArgument) return done;
    if (done.error().reason() == Reason::kDnsUpdateRefused) reason = Reason::kDnsUpdateRefused;
    failures += fmt::format("{}{}", failures.empty() ? "" : "; ", done.error().detail());
  }
  return Error(reason, fmt::format("updating {} in zone {}: {}", change.name, zone, failures));
}

}  // namespace certbroker::acme
