#include "tests/fakes/scripted_ca/tls_identity.h"

#include <set>

#include "core/clock.h"
#include "tests/fakes/scripted_ca/x509_maker.h"

namespace certbroker::scripted_ca {
namespace {

constexpr std::chrono::hours kIdentityBackdated{24};
constexpr std::chrono::hours kIdentityValidity = 366 * std::chrono::hours{24};

Bytes Serial(Random& random) {
  Bytes serial(16);
  random.Fill(serial);
  serial.front() = 1;
  return serial;
}

std::vector<Identifier> NamesOf(const std::string& host) {
  std::set<Identifier> names{{"dns", "localhost"}, {"ip", "127.0.0.1"}, {"ip", "::1"}};
  const std::string ip = CanonicalIp(host);
  names.insert(ip.empty() ? Identifier{"dns", host} : Identifier{"ip", ip});
  return {names.begin(), names.end()};
}

}  // namespace

TlsIdentity MakeTlsIdentity(const std::string& host, Random& random) {
  const KeyPtr root_key = MakeKey();
  const KeyPtr key = MakeKey();
  CertificateSpec spec;
  spec.common_name = "Scripted CA's own server root";
  spec.serial = Serial(random);
  spec.not_before = SystemClock().Now() - kIdentityBackdated;
  spec.not_after = spec.not_before + kIdentityValidity;
  spec.key = root_key.get();
  spec.ca = true;
  const X509Ptr root = MakeCertificate(spec);
  spec.common_name.clear();
  spec.serial = Serial(random);
  spec.key = key.get();
  spec.issuer = root.get();
  spec.issuer_key = root_key.get();
  spec.ca = false;
  spec.names = NamesOf(host);
  const X509Ptr certificate = MakeCertificate(spec);
  return {ToPem(root.get()), ToPem(certificate.get()), ToPem(key.get())};
}

}  // namespace certbroker::scripted_ca
