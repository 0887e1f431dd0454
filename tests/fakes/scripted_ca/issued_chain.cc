#include "tests/fakes/scripted_ca/issued_chain.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

namespace certbroker::scripted_ca {

X509List ReadPem(const std::string& pem) {
  BIO* in = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  X509List list;
  while (X509* certificate = PEM_read_bio_X509(in, nullptr, nullptr, nullptr)) {
    list.emplace_back(certificate, &X509_free);
  }
  BIO_free(in);
  return list;
}

int Verify(const std::string& chain_pem, const std::string& root_pem, Time at) {
  const X509List chain = ReadPem(chain_pem);
  const X509List roots = ReadPem(root_pem);
  if (chain.empty() || roots.empty()) return X509_V_ERR_UNSPECIFIED;
  X509_STORE* store = X509_STORE_new();
  for (const auto& root : roots) X509_STORE_add_cert(store, root.get());
  STACK_OF(X509)* others = sk_X509_new_null();
  for (const auto& certificate : chain) sk_X509_push(others, certificate.get());
  X509_STORE_CTX* context = X509_STORE_CTX_new();
  X509_STORE_CTX_init(context, store, chain.front().get(), others);
  X509_VERIFY_PARAM_set_time(
      X509_STORE_CTX_get0_param(context),
      std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count());
  X509_verify_cert(context);
  const int outcome = X509_STORE_CTX_get_error(context);
  X509_STORE_CTX_free(context);
  sk_X509_free(others);
  X509_STORE_free(store);
  return outcome;
}

std::vector<std::string> DnsNamesOf(const X509& certificate) {
  std::vector<std::string> names;
  auto* list = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(list); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(list, i);
    if (name->type != GEN_DNS) continue;
    names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                       static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
  }
  GENERAL_NAMES_free(list);
  return names;
}

}  // namespace certbroker::scripted_ca
