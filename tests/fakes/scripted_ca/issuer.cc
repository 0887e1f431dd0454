#include "tests/fakes/scripted_ca/issuer.h"

#include <algorithm>
#include <utility>

#include "core/check.h"

namespace certbroker::scripted_ca {
namespace {

constexpr std::chrono::hours kDay{24};
constexpr std::chrono::hours kYear = 365 * kDay;
constexpr std::size_t kSerialOctets = 16;
constexpr std::size_t kLongestCommonName = 64;
constexpr int kLong = 12;
constexpr std::string_view kEnd = "-----END CERTIFICATE-----\n";

std::string WithCrlf(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') out += '\r';
    out += c;
  }
  return out;
}

std::string Mangled(std::string pem, X509* leaf, Flaw flaw) {
  if (flaw == Flaw::kCrlf) return WithCrlf(pem);
  if (flaw == Flaw::kTextBefore) return "subject: a certificate\n\n" + pem;
  if (flaw == Flaw::kGarbageAfter) return pem + std::string("\0garbage", 8);
  if (flaw == Flaw::kNoLastNewline) return pem.substr(0, pem.size() - 1);
  if (flaw == Flaw::kTruncated) return pem.substr(0, pem.size() / 2);
  if (flaw == Flaw::kDer) return std::string(AsText(ToDer(leaf)));
  if (flaw == Flaw::kHtml) return "<html><body>Your certificate</body></html>\n";
  return pem;
}

// The first certificate of a PEM chain, and what follows it.
std::pair<std::string, std::string> SplitFirst(const std::string& pem) {
  const std::size_t end = pem.find(kEnd);
  CERTBROKER_CHECK(end != std::string::npos);
  return {pem.substr(0, end + kEnd.size()), pem.substr(end + kEnd.size())};
}

}  // namespace

Issuer::Issuer(Options options, Random& random, Time now)
    : options_(options), random_(random), now_(now) {
  for (int i = 0; i <= options_.alternate_roots; ++i) {
    roots_.push_back(MakeNode("Scripted Root " + std::to_string(i + 1), nullptr, MakeKey()));
    root_pems_.push_back(ToPem(roots_.back().certificate.get()));
  }
  const KeyPtr topmost_key = MakeKey();
  for (const Node& root : roots_) {
    topmost_.push_back(MakeNode("Scripted Intermediate 1", &root, topmost_key));
  }
  const Node* parent = &topmost_.front();
  lower_.reserve(static_cast<std::size_t>(std::max(options_.intermediates, 1)));
  for (int i = 2; i <= options_.intermediates; ++i) {
    lower_.push_back(MakeNode("Scripted Intermediate " + std::to_string(i), parent, MakeKey()));
    parent = &lower_.back();
  }
  std::string lower;
  for (const Node& node : lower_) lower.insert(0, ToPem(node.certificate.get()));
  for (const Node& node : topmost_) above_leaf_.push_back(lower + ToPem(node.certificate.get()));
}

Issuer::Node Issuer::MakeNode(const std::string& name, const Node* parent, const KeyPtr& key) {
  CertificateSpec spec;
  spec.common_name = name;
  spec.serial = MakeSerial();
  spec.not_before = now_ - kDay;
  spec.not_after = now_ + 20 * kYear;
  spec.key = key.get();
  spec.ca = true;
  if (parent != nullptr) {
    spec.issuer = parent->certificate.get();
    spec.issuer_key = parent->key.get();
  }
  return {MakeCertificate(spec), key};
}

Bytes Issuer::MakeSerial() {
  Bytes serial(kSerialOctets);
  random_.Fill(serial);
  if (serial.front() == 0) serial.front() = 1;
  return serial;
}

X509Ptr Issuer::MakeLeaf(const Csr& csr, Leaf leaf) {
  if (leaf.flaw == Flaw::kMissingName) leaf.names.erase(leaf.names.begin());
  if (leaf.flaw == Flaw::kExtraName) leaf.names.push_back({"dns", "nobody-ordered-this.example"});
  if (leaf.flaw == Flaw::kExpired) leaf.not_after = leaf.not_before + std::chrono::minutes{1};
  if (leaf.flaw == Flaw::kNotYetValid) leaf.not_before += 3 * kDay;
  if (leaf.flaw == Flaw::kCenturies) leaf.not_after = leaf.not_before + 200 * kYear;
  const KeyPtr key = leaf.flaw == Flaw::kForeignKey ? MakeKey() : csr.key;
  const Node& signer = lower_.empty() ? topmost_.front() : lower_.back();
  CertificateSpec spec;
  if (options_.common_name && !leaf.names.empty() &&
      leaf.names.front().value.size() <= kLongestCommonName) {
    spec.common_name = leaf.names.front().value;
  }
  spec.serial = MakeSerial();
  spec.not_before = leaf.not_before;
  spec.not_after = leaf.not_after;
  spec.key = key.get();
  if (leaf.flaw != Flaw::kForeignKey) spec.key_info = csr.key_info;
  spec.issuer = signer.certificate.get();
  spec.issuer_key = signer.key.get();
  spec.names = std::move(leaf.names);
  return MakeCertificate(spec);
}

std::string Issuer::DefaultChain(X509* leaf, Flaw flaw) {
  const std::string pem = ToPem(leaf);
  std::string above = above_leaf_.front();
  if (flaw == Flaw::kWrongOrder) return above + pem;
  if (flaw == Flaw::kEmpty) return {};
  if (flaw == Flaw::kLeafOnly) above.clear();
  if (flaw == Flaw::kTwice) above += above;
  if (flaw == Flaw::kWithRoot) above += root_pems_.front();
  if (flaw == Flaw::kBrokenChain) {
    const std::string& name =
        "Scripted Intermediate " + std::to_string(std::max(options_.intermediates, 1));
    const Node stranger = MakeNode(name, &roots_.front(), MakeKey());
    above = ToPem(stranger.certificate.get()) + SplitFirst(above).second;
  }
  if (flaw == Flaw::kLongChain) {
    const std::string first = SplitFirst(above).first;
    for (int i = 0; i < kLong; ++i) above += first;
  }
  return Mangled(pem + above, leaf, flaw);
}

IssuedChains Issuer::Issue(const Csr& csr, const Leaf& leaf) {
  const X509Ptr certificate = MakeLeaf(csr, leaf);
  IssuedChains issued;
  issued.leaf_der = ToDer(certificate.get());
  issued.renewal_id = RenewalId(certificate.get());
  const auto dot = issued.renewal_id.find('.');
  const auto serial = FromBase64Url(issued.renewal_id.substr(dot + 1));
  issued.serial = Hex(*serial);
  issued.chains.push_back(DefaultChain(certificate.get(), leaf.flaw));
  const std::string pem = ToPem(certificate.get());
  for (std::size_t i = 1; i < above_leaf_.size(); ++i)
    issued.chains.push_back(pem + above_leaf_[i]);
  return issued;
}

}  // namespace certbroker::scripted_ca
