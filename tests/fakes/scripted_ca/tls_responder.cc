#include "tests/fakes/scripted_ca/tls_responder.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>

#include <openssl/x509v3.h>

#include "core/check.h"
#include "tests/fakes/scripted_ca/listener.h"

namespace certbroker::scripted_ca {
namespace {

using CertificatePtr = std::unique_ptr<X509, decltype(&X509_free)>;
using KeyPtr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)>;
using OidPtr = std::unique_ptr<ASN1_OBJECT, decltype(&ASN1_OBJECT_free)>;
using OctetsPtr = std::unique_ptr<ASN1_OCTET_STRING, decltype(&ASN1_OCTET_STRING_free)>;

void AddNames(X509* certificate, const std::string& names) {
  if (names.empty()) return;
  X509V3_CTX context;
  X509V3_set_ctx(&context, nullptr, certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(
      X509V3_EXT_conf_nid(nullptr, &context, NID_subject_alt_name, names.c_str()),
      &X509_EXTENSION_free);
  CERTBROKER_CHECK(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1);
}

void AddAcmeIdentifier(X509* certificate, const TlsAnswer& answer) {
  if (answer.oid.empty()) return;
  const OidPtr oid(OBJ_txt2obj(answer.oid.c_str(), 1), &ASN1_OBJECT_free);
  // An OCTET STRING (04, length) inside of the extension's own.
  Bytes value = {0x04, static_cast<std::uint8_t>(answer.digest.size())};
  value.insert(value.end(), answer.digest.begin(), answer.digest.end());
  const OctetsPtr octets(ASN1_OCTET_STRING_new(), &ASN1_OCTET_STRING_free);
  ASN1_OCTET_STRING_set(octets.get(), value.data(), static_cast<int>(value.size()));
  const ExtensionPtr extension(
      X509_EXTENSION_create_by_OBJ(nullptr, oid.get(), answer.critical ? 1 : 0, octets.get()),
      &X509_EXTENSION_free);
  CERTBROKER_CHECK(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1);
}

CertificatePtr MakeShown(const TlsAnswer& answer, EVP_PKEY* key) {
  constexpr long kHour = 3600;
  CertificatePtr certificate(X509_new(), &X509_free);
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kHour);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), kHour);
  X509_set_pubkey(certificate.get(), key);
  AddNames(certificate.get(), answer.names);
  AddAcmeIdentifier(certificate.get(), answer);
  CERTBROKER_CHECK(X509_sign(certificate.get(), key, EVP_sha256()) > 0);
  return certificate;
}

int ChooseProtocol(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* size,
                   const unsigned char* offered, unsigned offered_size, void* protocol) {
  const auto& own = *static_cast<const std::string*>(protocol);
  std::string list(1, static_cast<char>(own.size()));
  list += own;
  auto* out = const_cast<unsigned char**>(chosen);
  const int found =
      SSL_select_next_proto(out, size, reinterpret_cast<const unsigned char*>(list.data()),
                            static_cast<unsigned>(list.size()), offered, offered_size);
  if (found != OPENSSL_NPN_NEGOTIATED) return SSL_TLSEXT_ERR_ALERT_FATAL;
  // `list` ends here; what the client offered does not.
  const std::string_view offers(reinterpret_cast<const char*>(offered), offered_size);
  *chosen = offered + offers.find(own);
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

TlsResponder::TlsResponder() {
  auto listener = Listener::Bind("127.0.0.1:0");
  port_ = listener->port();
  fd_ = listener->Release();
  ::fcntl(fd_, F_SETFL, 0);  // this thread may wait
  thread_ = std::thread([this] { Run(); });
}

TlsResponder::~TlsResponder() {
  ::shutdown(fd_, SHUT_RDWR);
  thread_.join();
  ::close(fd_);
}

void TlsResponder::Show(const TlsAnswer& answer) {
  // Goes with the context, whose callback reads it.
  const auto protocol = std::make_shared<std::string>(answer.protocol);
  const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()),
                                         [protocol](SSL_CTX* made) { SSL_CTX_free(made); });
  const KeyPtr key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), &EVP_PKEY_free);
  CERTBROKER_CHECK(SSL_CTX_use_certificate(context.get(), MakeShown(answer, key.get()).get()) == 1);
  CERTBROKER_CHECK(SSL_CTX_use_PrivateKey(context.get(), key.get()) == 1);
  // A ticket would be written to a client that has seen enough and gone.
  SSL_CTX_set_num_tickets(context.get(), 0);
  if (!answer.protocol.empty()) {
    SSL_CTX_set_alpn_select_cb(context.get(), &ChooseProtocol, protocol.get());
  }
  // Before the handshake ends: whoever has shaken hands finds the name recorded.
  SSL_CTX_set_tlsext_servername_callback(context.get(), &TlsResponder::OnServerName);
  SSL_CTX_set_tlsext_servername_arg(context.get(), this);
  const MutexLock lock(mutex_);
  context_ = context;
}

int TlsResponder::OnServerName(SSL* ssl, int* /*alert*/, void* self) {
  auto& responder = *static_cast<TlsResponder*>(self);
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  const MutexLock lock(responder.mutex_);
  responder.server_names_.emplace_back(name == nullptr ? "" : name);
  return SSL_TLSEXT_ERR_OK;
}

std::vector<std::string> TlsResponder::server_names() const {
  const MutexLock lock(mutex_);
  return server_names_;
}

void TlsResponder::Run() {
  while (true) {
    const int connection = ::accept(fd_, nullptr, nullptr);
    if (connection < 0) return;
    std::shared_ptr<SSL_CTX> context;
    {
      const MutexLock lock(mutex_);
      context = context_;
    }
    if (context != nullptr) {
      const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), &SSL_free);
      SSL_set_fd(ssl.get(), connection);
      SSL_accept(ssl.get());
    }
    ::close(connection);
  }
}

}  // namespace certbroker::scripted_ca
