#include "pki/csr.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "pki/csr_extensions.h"
#include "pki/csr_form.h"
#include "pki/digest.h"

namespace certbroker::pki {
namespace {

std::vector<Identifier> Difference(const std::vector<Identifier>& from,
                                   const std::vector<Identifier>& without) {
  std::vector<Identifier> difference;
  std::ranges::set_difference(from, without, std::back_inserter(difference));
  return difference;
}

}  // namespace

Result<Csr> Csr::Parse(ByteView der) {
  const OpenSslErrorScope errors;
  ASSIGN_OR_RETURN(const SignedRequest read, ReadSignedRequest(der));
  Csr csr;
  ASSIGN_OR_RETURN(csr.names_, RequestedNames(*read.request));
  RETURN_IF_ERROR(CheckSubject(*read.request, csr.names_));
  csr.der_ = ToBytes(der);
  csr.spki_der_ = ToBytes(read.spki);
  csr.spki_sha256_ = Sha256(read.spki);
  csr.key_type_ = read.key_type;
  return csr;
}

Result<void> CheckNamesMatch(const Csr& csr, const std::vector<Identifier>& requested) {
  const std::vector<Identifier> wanted = SortedUnique(requested);
  const std::vector<Identifier> missing = Difference(wanted, csr.names());
  const std::vector<Identifier> extra = Difference(csr.names(), wanted);
  if (missing.empty() && extra.empty()) return {};

  std::string what;
  if (!missing.empty()) what = fmt::format("the CSR lacks {}", JoinNames(missing));
  if (!extra.empty()) {
    what +=
        fmt::format("{} {}", what.empty() ? "the CSR asks besides for" : ", and asks besides for",
                    JoinNames(extra));
  }
  Error error(
      Reason::kCsrNameMismatch,
      fmt::format("the names of the request and of the CSR differ: {}; make them the same", what));
  for (const Identifier& name : missing) {
    error = std::move(error).With(
        {name.ToString(), Reason::kCsrNameMismatch, "requested, but not in the CSR"});
  }
  for (const Identifier& name : extra) {
    error = std::move(error).With(
        {name.ToString(), Reason::kCsrNameMismatch, "in the CSR, but not requested"});
  }
  return error;
}

}  // namespace certbroker::pki
