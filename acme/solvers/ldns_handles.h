// acme/solvers/ldns_handles.h: what ldns hands out, freed when its owner dies. For .cc files of
// this folder only: no public header here shows ldns.
#pragma once

#include <cstdlib>
#include <memory>

#include <ldns/ldns.h>

namespace certbroker::acme {

template <auto Free>
struct LdnsFree {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

using LdnsName = std::unique_ptr<ldns_rdf, LdnsFree<ldns_rdf_deep_free>>;
using LdnsPacket = std::unique_ptr<ldns_pkt, LdnsFree<ldns_pkt_free>>;
using LdnsRecord = std::unique_ptr<ldns_rr, LdnsFree<ldns_rr_free>>;
using LdnsRecords = std::unique_ptr<ldns_rr_list, LdnsFree<ldns_rr_list_deep_free>>;
template <class T>
using LdnsMemory = std::unique_ptr<T, LdnsFree<std::free>>;

}  // namespace certbroker::acme
