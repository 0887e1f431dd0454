// pki/openssl_handle.h: owners for OpenSSL's objects, and a scope that leaves its error queue as it
// was. For the .cc files of pki/ only; no public header of ours shows an OpenSSL type.
#pragma once

#include <memory>
#include <string>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "core/bytes.h"

namespace certbroker::pki {

template <auto Free>
struct OpenSslDeleter {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

inline void FreeCertificateStack(STACK_OF(X509) * stack) { sk_X509_pop_free(stack, X509_free); }
inline void FreeExtensionStack(STACK_OF(X509_EXTENSION) * stack) {
  sk_X509_EXTENSION_pop_free(stack, X509_EXTENSION_free);
}

using BioPtr = std::unique_ptr<BIO, OpenSslDeleter<BIO_free_all>>;
using BignumPtr = std::unique_ptr<BIGNUM, OpenSslDeleter<BN_free>>;
using BignumContextPtr = std::unique_ptr<BN_CTX, OpenSslDeleter<BN_CTX_free>>;
using X509Ptr = std::unique_ptr<X509, OpenSslDeleter<X509_free>>;
using X509ReqPtr = std::unique_ptr<X509_REQ, OpenSslDeleter<X509_REQ_free>>;
using X509StackPtr = std::unique_ptr<STACK_OF(X509), OpenSslDeleter<FreeCertificateStack>>;
using X509StoreContextPtr = std::unique_ptr<X509_STORE_CTX, OpenSslDeleter<X509_STORE_CTX_free>>;
using ExtensionStackPtr =
    std::unique_ptr<STACK_OF(X509_EXTENSION), OpenSslDeleter<FreeExtensionStack>>;
using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, OpenSslDeleter<GENERAL_NAMES_free>>;
using BasicConstraintsPtr =
    std::unique_ptr<BASIC_CONSTRAINTS, OpenSslDeleter<BASIC_CONSTRAINTS_free>>;
using ExtendedKeyUsagePtr =
    std::unique_ptr<EXTENDED_KEY_USAGE, OpenSslDeleter<EXTENDED_KEY_USAGE_free>>;
using BitStringPtr = std::unique_ptr<ASN1_BIT_STRING, OpenSslDeleter<ASN1_BIT_STRING_free>>;
using OctetStringPtr = std::unique_ptr<ASN1_OCTET_STRING, OpenSslDeleter<ASN1_OCTET_STRING_free>>;

// Takes OpenSSL's errors of this scope out of the thread's queue at its end. gRPC and curl read the
// same queue on the same threads, and would take what is left there for a failure of their own.
class OpenSslErrorScope {
 public:
  OpenSslErrorScope();
  ~OpenSslErrorScope();
  OpenSslErrorScope(const OpenSslErrorScope&) = delete;
  OpenSslErrorScope& operator=(const OpenSslErrorScope&) = delete;

  // OpenSSL's words for the last error of the scope; "no details" without one.
  static std::string LastReason();
};

X509Ptr DecodeX509(ByteView der);  // nullptr if it is not exactly one certificate

// What was written into a memory BIO.
std::string TextOf(BIO* memory);
// The octets of an ASN.1 string as they stand, a NUL among them too.
ByteView OctetsOf(const ASN1_STRING* string);
// Text in UTF-8, whatever the string type; nothing if it cannot be.
std::string Utf8Of(const ASN1_STRING* string);
// "TLS Feature (1.3.6.1.5.5.7.1.24)", or the numbers alone.
std::string NameOf(const ASN1_OBJECT* object);
// A distinguished name for people: RFC 2253, printable.
std::string NameText(const X509_NAME* name);
// One general name for people: "IP Address:192.0.2.1". Printable.
std::string Describe(GENERAL_NAME* name);

}  // namespace certbroker::pki
