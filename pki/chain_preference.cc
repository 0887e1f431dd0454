#include "pki/chain_preference.h"

#include <algorithm>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "core/check.h"
#include "pki/openssl_handle.h"

namespace certbroker::pki {
namespace {

// Where one chain leads. Several roots: the same CA has more than one certificate with that name
// and key among the anchors.
struct Candidate {
  std::size_t index = 0;
  std::size_t length = 0;  // without a root at its end
  std::vector<Certificate> roots;
  std::vector<std::string> names;  // common names: the roots', else that of the last one's issuer
};

std::vector<std::string> CommonNamesIn(const X509_NAME* name) {
  std::vector<std::string> names;
  for (int at = -1; (at = X509_NAME_get_index_by_NID(name, NID_commonName, at)) >= 0;) {
    names.push_back(Utf8Of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at))));
  }
  return names;
}

// Names, key identifiers and the signature itself: roots have been made anew under an old name.
bool Signed(const Certificate& issuer, X509* certificate) {
  const X509Ptr x509 = DecodeX509(issuer.der());
  if (!x509 || X509_check_issued(x509.get(), certificate) != X509_V_OK) return false;
  return X509_verify(certificate, X509_get0_pubkey(x509.get())) == 1;
}

Candidate Examine(std::size_t index, const std::vector<Certificate>& chain,
                  const TrustAnchors& anchors) {
  CERTBROKER_CHECK(!chain.empty());
  const Certificate& last = chain.back();
  Candidate candidate{index, chain.size(), {}, {}};
  const X509Ptr x509 = DecodeX509(last.der());
  CERTBROKER_CHECK(x509 != nullptr);
  if (Signed(last, x509.get())) {
    --candidate.length;
    candidate.roots.push_back(last);
  } else {
    std::copy_if(anchors.certificates().begin(), anchors.certificates().end(),
                 std::back_inserter(candidate.roots),
                 [&](const Certificate& anchor) { return Signed(anchor, x509.get()); });
  }
  for (const Certificate& root : candidate.roots) {
    const auto& names = root.common_names();
    candidate.names.insert(candidate.names.end(), names.begin(), names.end());
  }
  if (candidate.roots.empty()) {
    candidate.names = CommonNamesIn(X509_get_issuer_name(x509.get()));
  }
  return candidate;
}

bool Fits(const Candidate& candidate, const ChainPreference& preference) {
  const auto named = [&](const std::string& name) { return name == preference.root_common_name; };
  const auto keyed = [&](const Certificate& root) {
    return root.spki_sha256() == preference.root_spki_sha256;
  };
  const bool name_fits =
      preference.root_common_name.empty() || std::ranges::any_of(candidate.names, named);
  const bool key_fits =
      preference.root_spki_sha256.empty() || std::ranges::any_of(candidate.roots, keyed);
  return name_fits && key_fits;
}

std::string CandidateName(const Candidate& candidate) {
  const std::string name = candidate.names.empty() ? "a root without a common name"
                                                   : Printable(candidate.names.front(), 100);
  return candidate.roots.empty() ? name + " (not among the trusted roots)" : name;
}

std::string Wanted(const ChainPreference& preference) {
  std::string text = Printable(preference.root_common_name, 100);
  if (preference.root_spki_sha256.empty()) return text;
  return fmt::format("{}{}key {}", text, text.empty() ? "" : " with ",
                     Hex(preference.root_spki_sha256));
}

ChainChoice NothingMatched(const std::vector<Candidate>& candidates,
                           const ChainPreference& preference) {
  std::vector<std::string> offered;
  for (const Candidate& candidate : candidates) {
    std::string name = CandidateName(candidate);
    if (std::ranges::find(offered, name) == offered.end()) offered.push_back(std::move(name));
  }
  std::string list;
  for (const std::string& name : offered) list += (list.empty() ? "" : ", ") + name;
  return {0, false,
          fmt::format("no chain of the CA leads to the preferred root ({}), only to {}; the CA's "
                      "default is taken",
                      Wanted(preference), list)};
}

}  // namespace

ChainChoice ChooseChain(const std::vector<std::vector<Certificate>>& chains,
                        const ChainPreference& preference, const TrustAnchors& anchors) {
  CERTBROKER_CHECK(!chains.empty());
  const OpenSslErrorScope errors;
  std::vector<Candidate> candidates;
  for (std::size_t i = 0; i < chains.size(); ++i) {
    candidates.push_back(Examine(i, chains[i], anchors));
  }
  const bool any_root = preference.root_common_name.empty() && preference.root_spki_sha256.empty();
  const Candidate* best = nullptr;
  for (const Candidate& candidate : candidates) {
    if (!Fits(candidate, preference)) continue;
    const bool shorter = best != nullptr && candidate.length < best->length;
    if (best == nullptr || (shorter && (preference.shortest || !any_root))) best = &candidate;
  }
  if (best == nullptr) return NothingMatched(candidates, preference);
  return {best->index, true,
          fmt::format("chain {} of {}, which leads to {}", best->index + 1, chains.size(),
                      CandidateName(*best))};
}

}  // namespace certbroker::pki
