#include "pki/openssl_handle.h"

#include <array>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/objects.h>

#include "core/check.h"
#include "core/error.h"

namespace certbroker::pki {

OpenSslErrorScope::OpenSslErrorScope() { ERR_set_mark(); }
OpenSslErrorScope::~OpenSslErrorScope() { ERR_pop_to_mark(); }

std::string OpenSslErrorScope::LastReason() {
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  return reason == nullptr ? "no details" : reason;
}

X509Ptr DecodeX509(ByteView der) {
  const unsigned char* at = der.data();
  X509Ptr certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  if (certificate && at != der.data() + der.size()) return nullptr;
  return certificate;
}

std::string TextOf(BIO* memory) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory, &text);
  return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string();
}

ByteView OctetsOf(const ASN1_STRING* string) {
  return {ASN1_STRING_get0_data(string), static_cast<std::size_t>(ASN1_STRING_length(string))};
}

std::string Utf8Of(const ASN1_STRING* string) {
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, string);
  if (size < 0) return {};
  std::string copy(AsText({text, static_cast<std::size_t>(size)}));
  OPENSSL_free(text);
  return copy;
}

std::string NameOf(const ASN1_OBJECT* object) {
  std::array<char, 128> numbers{};
  OBJ_obj2txt(numbers.data(), static_cast<int>(numbers.size()), object, /*no_name=*/1);
  const int nid = OBJ_obj2nid(object);
  if (nid == NID_undef) return numbers.data();
  return fmt::format("{} ({})", OBJ_nid2ln(nid), numbers.data());
}

std::string NameText(const X509_NAME* name) {
  const BioPtr memory(BIO_new(BIO_s_mem()));
  CERTBROKER_CHECK(memory != nullptr);
  // Not ESC_MSB: names in UTF-8 are for people to read.
  X509_NAME_print_ex(memory.get(), name, 0,
                     static_cast<unsigned long>(XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB));
  return Printable(TextOf(memory.get()));
}

std::string Describe(GENERAL_NAME* name) {
  const BioPtr memory(BIO_new(BIO_s_mem()));
  CERTBROKER_CHECK(memory != nullptr);
  GENERAL_NAME_print(memory.get(), name);
  return Printable(TextOf(memory.get()), 200);
}

}  // namespace certbroker::pki
