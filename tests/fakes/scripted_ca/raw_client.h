// tests/fakes/scripted_ca/raw_client.h: an ACME client that does what it is told, wrong things too.
//
// For tests and measurements of the scripted CA. libcurl for HTTPS, OpenSSL for signatures; nothing
// of acme/. One thread per client.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>
#include <openssl/evp.h>

#include "core/bytes.h"

namespace certbroker::scripted_ca {

using Json = nlohmann::json;

// A key that signs JWS.
class ClientKey {
 public:
  static ClientKey P256();
  static ClientKey P384();
  static ClientKey Rsa(unsigned bits = 2048);

  const std::string& algorithm() const { return algorithm_; }
  Json Jwk() const;
  std::string Thumbprint() const;
  Bytes Sign(const std::string& input) const;
  EVP_PKEY* get() const { return key_.get(); }

 private:
  ClientKey(EVP_PKEY* key, std::string algorithm);

  std::shared_ptr<EVP_PKEY> key_;
  std::string algorithm_;
};

// DER of a CSR with these names, an address where it looks like one, signed with `key`.
Bytes MakeCsr(const ClientKey& key, const std::vector<std::string>& names);
// The same with an extension of OpenSSL's configuration: {"tlsfeature", "status_request"}.
Bytes MakeCsr(const ClientKey& key, const std::vector<std::string>& names,
              const std::vector<std::pair<std::string, std::string>>& extensions);

struct Reply {
  int status = 0;  // 0: the connection ended without a whole answer
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;

  std::string Header(const std::string& name) const;  // the first; empty: none
  std::vector<std::string> Headers(const std::string& name) const;
  Json json() const;            // null when it is none
  std::string problem() const;  // "badNonce"; empty when it is none
};

// What a JWS says; fields that are set replace the right ones.
struct Envelope {
  std::optional<std::string> algorithm = {};
  std::optional<std::string> nonce = {};
  std::optional<std::string> url = {};
  bool use_jwk = false;  // instead of "kid"
  Json more = {};        // merged into the protected header; null removes
  bool break_signature = false;
  std::string content_type = "application/jose+json";
};

class RawClient {
 public:
  // Reads the directory. `tls_root_pem`: what the server's certificate ends in.
  RawClient(const std::string& directory_url, const std::string& tls_root_pem, ClientKey key);
  ~RawClient();
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  Reply Get(const std::string& url);
  Reply Head(const std::string& url);
  // Signs and sends; an empty payload is POST-as-GET. Takes and keeps nonces.
  Reply Post(const std::string& url, const std::string& payload, const Envelope& envelope = {});
  Reply PostBody(const std::string& url, const std::string& body, const std::string& content_type);
  // The request that Post would send.
  std::string Sign(const std::string& url, const std::string& payload, const Envelope& envelope);

  // The whole way, each with the status that belongs there, or an empty answer after a failure.
  Reply Register(const Json& more = Json::object());
  Reply NewOrder(const std::vector<std::string>& names, const Json& more = Json::object());
  // Pokes the first challenge of each pending authorization.
  void Prove(const Json& order);
  Reply Finalize(const Json& order, const Bytes& csr);
  // Orders, proves, finalizes, downloads: the certificate's reply.
  Reply Issue(const std::vector<std::string>& names, const Json& more = Json::object());

  std::string At(const std::string& member) const { return directory_.at(member); }
  const Json& directory() const { return directory_; }
  const std::string& account() const { return account_; }
  const ClientKey& key() const { return key_; }
  void set_key(ClientKey key) { key_ = std::move(key); }
  void set_account(std::string url) { account_ = std::move(url); }
  std::string Nonce();

 private:
  Reply Perform(const std::string& url);

  ClientKey key_;
  std::string tls_root_pem_;
  void* curl_;
  Json directory_;
  std::string account_;
  std::vector<std::string> nonces_;
};

}  // namespace certbroker::scripted_ca
