// tests/fakes/scripted_ca/issuer.h: roots, intermediates and leaves.
//
// Root i signs the topmost intermediate, all of whose certificates have the same name and key: the
// chain to root 0 is the default one, the others are the alternates (RFC 8555 §7.4.2).
#pragma once

#include <string>
#include <vector>

#include "core/random.h"
#include "tests/fakes/scripted_ca/csr.h"
#include "tests/fakes/scripted_ca/flaw.h"
#include "tests/fakes/scripted_ca/x509_maker.h"

namespace certbroker::scripted_ca {

struct IssuedChains {
  std::string serial;      // lower-case hex
  std::string renewal_id;  // RFC 9773 §4.1
  Bytes leaf_der;
  std::vector<std::string> chains;  // PEM, leaf first; [0] the default, then the alternates
};

// Thread-safe.
class Issuer {
 public:
  struct Options {
    int intermediates = 1;    // between root and leaf
    int alternate_roots = 0;  // besides the first
    // Without it leaves have no subject, as under Let's Encrypt's newer profiles.
    bool common_name = true;
  };
  Issuer(Options options, Random& random, Time now);

  struct Leaf {
    std::vector<Identifier> names;
    Time not_before;
    Time not_after;
    Flaw flaw = Flaw::kNone;
  };
  IssuedChains Issue(const Csr& csr, const Leaf& leaf);

  // PEM; [0] is the root of the default chain.
  const std::vector<std::string>& roots() const { return root_pems_; }

 private:
  struct Node {
    X509Ptr certificate;
    KeyPtr key;
  };

  Node MakeNode(const std::string& name, const Node* parent, const KeyPtr& key);
  Bytes MakeSerial();
  X509Ptr MakeLeaf(const Csr& csr, Leaf leaf);
  std::string DefaultChain(X509* leaf, Flaw flaw);

  const Options options_;
  Random& random_;
  const Time now_;
  std::vector<Node> roots_;
  std::vector<std::string> root_pems_;
  std::vector<Node> lower_;              // below the topmost; the last one signs leaves
  std::vector<Node> topmost_;            // one per root, all of one key
  std::vector<std::string> above_leaf_;  // PEM of each chain without its leaf
};

}  // namespace certbroker::scripted_ca
