#include "client/identity_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <memory>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace certbroker::client {
namespace {

namespace fs = std::filesystem;

constexpr off_t kFileLimit = off_t{1} << 20;

using Memory = std::unique_ptr<BIO, decltype(&BIO_free_all)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

Error Unusable(std::string_view what, const fs::path& path, std::string_view why) {
  return {Reason::kFileUnusable, fmt::format("{} {}: {}", what, Printable(path.string()), why)};
}

Result<std::string> ReadFile(std::string_view what, const fs::path& path) {
  const auto system = [&] { return Unusable(what, path, std::generic_category().message(errno)); };
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || ::access(path.c_str(), R_OK) != 0) return system();
  if (!S_ISREG(status.st_mode)) return Unusable(what, path, "is not a file");
  if (status.st_size > kFileLimit) return Unusable(what, path, "is over 1 MiB");
  // In one piece, because a growing string leaves copies behind.
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(text.data(), status.st_size);
  if (!file) return Unusable(what, path, "cannot be read");
  return text;
}

Memory Over(std::string_view text) {
  return {BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free_all};
}

Certificate FirstCertificate(std::string_view pem) {
  return {PEM_read_bio_X509(Over(pem).get(), nullptr, nullptr, nullptr), &X509_free};
}

Key FirstKey(std::string_view pem) {
  // The empty pass phrase keeps OpenSSL from asking for one on the terminal.
  char none[] = "";
  return {PEM_read_bio_PrivateKey(Over(pem).get(), nullptr, nullptr, static_cast<void*>(none)),
          &EVP_PKEY_free};
}

const fs::path& KeyFile(const IdentityFiles& files) {
  return files.identity_key.empty() ? files.identity : files.identity_key;
}

// The certificates of a file that holds the key as well.
std::string CertificatesIn(std::string_view pem) {
  constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
  constexpr std::string_view kEnd = "-----END CERTIFICATE-----";
  std::string chain;
  for (std::size_t begin = pem.find(kBegin); begin != std::string_view::npos;) {
    const std::size_t end = pem.find(kEnd, begin);
    if (end == std::string_view::npos) break;
    chain += pem.substr(begin, end + kEnd.size() - begin);
    chain += '\n';
    begin = pem.find(kBegin, end);
  }
  return chain;
}

Result<Identity> ReadAll(const IdentityFiles& files) {
  Identity identity;
  ASSIGN_OR_RETURN(identity.ca_pem, ReadFile("CA file", files.ca));
  if (files.identity_key.empty()) {
    ASSIGN_OR_RETURN(std::string both, ReadFile("identity file", files.identity));
    identity.key_pem = Secret(std::move(both));
    identity.chain_pem = CertificatesIn(identity.key_pem.ExposeForUse());
    return identity;
  }
  ASSIGN_OR_RETURN(identity.chain_pem, ReadFile("identity file", files.identity));
  ASSIGN_OR_RETURN(std::string key, ReadFile("identity key file", files.identity_key));
  identity.key_pem = Secret(std::move(key));
  return identity;
}

Result<void> Check(const Identity& identity, const IdentityFiles& files, Dates dates) {
  if (FirstCertificate(identity.ca_pem) == nullptr) {
    return Unusable("CA file", files.ca, "holds no certificate in PEM");
  }
  const Certificate certificate = FirstCertificate(identity.chain_pem);
  if (certificate == nullptr) {
    return Unusable("identity file", files.identity, "holds no certificate in PEM");
  }
  const Key key = FirstKey(identity.key_pem.ExposeForUse());
  if (key == nullptr) {
    return Unusable("identity key file", KeyFile(files), "holds no unencrypted private key in PEM");
  }
  if (X509_check_private_key(certificate.get(), key.get()) != 1) {
    return Unusable(
        "identity key file", KeyFile(files),
        fmt::format("is not the key of the certificate in {}", Printable(files.identity.string())));
  }
  if (dates == Dates::kChecked &&
      X509_cmp_current_time(X509_get0_notAfter(certificate.get())) < 0) {
    return Unusable("identity file", files.identity, "the certificate has expired; renew it");
  }
  return {};
}

}  // namespace

Result<Identity> ReadIdentity(const IdentityFiles& files, Dates dates) {
  ASSIGN_OR_RETURN(Identity identity, ReadAll(files));
  // gRPC reads the same error queue on this thread; nothing of ours may stay there.
  ERR_set_mark();
  const Result<void> checked = Check(identity, files, dates);
  ERR_pop_to_mark();
  if (!checked) return checked.error();
  return identity;
}

}  // namespace certbroker::client
