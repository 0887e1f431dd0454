#include "agent/alpn_context.h"

#include <string_view>
#include <utility>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "core/bytes.h"

namespace certbroker::agent {
namespace {

constexpr std::string_view kProtocol = pki::kAcmeTlsProtocol;
constexpr std::size_t kLengthOfList = 2;

using Memory = std::unique_ptr<BIO, decltype(&BIO_free_all)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Memory Reading(std::string_view text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free_all};
}

// RFC 7301 §3.1: names, each behind an octet with its length.
bool OffersProtocol(ByteView names) {
  while (!names.empty()) {
    const std::size_t size = names.front();
    names = names.subspan(1);
    if (size > names.size()) return false;
    if (AsText(names.first(size)) == kProtocol) return true;
    names = names.subspan(size);
  }
  return false;
}

bool Show(SSL* ssl, const pki::AlpnCertificate& answer) {
  const Memory certificate_pem = Reading(answer.certificate_pem);
  const Memory key_pem = Reading(answer.key_pem.ExposeForUse());
  const Certificate certificate(PEM_read_bio_X509(certificate_pem.get(), nullptr, nullptr, nullptr),
                                &X509_free);
  const Key key(PEM_read_bio_PrivateKey(key_pem.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
  return certificate != nullptr && key != nullptr &&
         SSL_use_certificate(ssl, certificate.get()) == 1 &&
         SSL_use_PrivateKey(ssl, key.get()) == 1;
}

}  // namespace

void SslFree::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }
void SslFree::operator()(ssl_st* connection) const { SSL_free(connection); }

struct AlpnContext::Callbacks {
  // The first of the three, and the only one that is called for clients without ALPN, too.
  static int OnClientHello(SSL* ssl, int* alert, void* /*self*/) {
    const unsigned char* list = nullptr;
    std::size_t size = 0;
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation, &list,
                                  &size) == 1 &&
        size >= kLengthOfList && OffersProtocol(ByteView(list, size).subspan(kLengthOfList))) {
      return SSL_CLIENT_HELLO_SUCCESS;
    }
    *alert = SSL_AD_NO_APPLICATION_PROTOCOL;
    return SSL_CLIENT_HELLO_ERROR;
  }

  static int OnServerName(SSL* ssl, int* alert, void* answers) {
    const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    auto answer = name == nullptr ? nullptr : static_cast<const AlpnAnswers*>(answers)->Find(name);
    if (answer == nullptr) {
      *alert = SSL_AD_UNRECOGNIZED_NAME;
      return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    if (!Show(ssl, answer->certificate)) {
      *alert = SSL_AD_INTERNAL_ERROR;
      return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *static_cast<std::shared_ptr<const AlpnAnswer>*>(SSL_get_app_data(ssl)) = std::move(answer);
    return SSL_TLSEXT_ERR_OK;
  }

  static int OnProtocols(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* size,
                         const unsigned char* /*offered*/, unsigned /*offered_size*/,
                         void* /*self*/) {
    *chosen = reinterpret_cast<const unsigned char*>(kProtocol.data());
    *size = static_cast<unsigned char>(kProtocol.size());
    return SSL_TLSEXT_ERR_OK;
  }
};

Result<AlpnContext> AlpnContext::Make(const AlpnAnswers& answers) {
  std::unique_ptr<ssl_ctx_st, SslFree> context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr || SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) {
    return Error(Reason::kInternal, "OpenSSL makes no TLS context for tls-alpn-01");
  }
  SSL_CTX_set_options(context.get(),
                      SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_client_hello_cb(context.get(), &Callbacks::OnClientHello, nullptr);
  SSL_CTX_set_tlsext_servername_callback(context.get(), &Callbacks::OnServerName);
  SSL_CTX_set_tlsext_servername_arg(context.get(), const_cast<AlpnAnswers*>(&answers));
  SSL_CTX_set_alpn_select_cb(context.get(), &Callbacks::OnProtocols, nullptr);
  return AlpnContext(std::move(context));
}

SslPtr AlpnContext::NewConnection(int socket, std::shared_ptr<const AlpnAnswer>& shown) const {
  SslPtr connection(SSL_new(context_.get()));
  if (connection == nullptr || SSL_set_fd(connection.get(), socket) != 1) return nullptr;
  SSL_set_app_data(connection.get(), &shown);
  SSL_set_accept_state(connection.get());
  return connection;
}

}  // namespace certbroker::agent
