#!/usr/bin/env python3
"""Makes tests/testdata/pki/: CSRs, certificates and chains by the openssl program, so that our reading is tested against
writing that is not ours.

  tools/gen_testdata.py [DIR]      writes DIR (tests/testdata/pki); needs openssl 3.x; about two minutes, for the large primes

What comes out differs from run to run (keys, serials) and is kept in the repository; private keys are thrown away. The
table expected.txt holds what openssl says about each certificate, for the tests to compare.
"""
import math
import pathlib
import random
import subprocess
import sys
import tempfile

OUT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "tests/testdata/pki")
RANDOM = random.SystemRandom()
SAN = "subjectAltName=DNS:www.example.com,DNS:example.com"


def openssl(*args: str, **kwargs) -> bytes:
    return subprocess.run(["openssl", *args], check=True, capture_output=True, **kwargs).stdout


# --- RSA keys that no generator of sound mind makes ---

def is_prime(n: int) -> bool:
    if any(n % p == 0 for p in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37)):
        return False
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(24):
        x = pow(RANDOM.randrange(2, n - 1), odd, n)
        if x not in (1, n - 1) and all((x := x * x % n) != n - 1 for _ in range(twos - 1)):
            return False
    return True


def next_prime(n: int) -> int:
    n |= 1
    while not is_prime(n) or n % 65537 == 1:
        n += 2
    return n


def isqrt_up(n: int) -> int:
    root = math.isqrt(n)
    return root if root * root == n else root + 1


def close_primes() -> tuple[int, int]:
    """Primes of 1024 bits that Fermat's method finds in its rounds 90 to 100: what the Baseline Requirements ask for."""
    while True:
        p = next_prime(RANDOM.getrandbits(1024) | (3 << 1022))
        q = next_prime(p + math.isqrt(8 * p * 95))  # rounds = (q - p)² / (8 sqrt(n))
        rounds = (p + q) // 2 - isqrt_up(p * q)
        if (p * q).bit_length() == 2048 and 90 <= rounds < 100:
            return p, q


def small_factor() -> tuple[int, int]:
    """751 is the largest prime below 752 (NIST SP 800-89)."""
    while True:
        q = next_prime(RANDOM.randrange((1 << 2047) // 751 + 1, (1 << 2048) // 751))
        if (751 * q).bit_length() == 2048:
            return 751, q


def roca_prime() -> int:
    """The form of RSALib's 1024-bit primes: k * M + 65537^a mod M, M the product of the first 126 primes (2 to 701)."""
    product, count, candidate = 1, 0, 2
    while count < 126:
        if all(candidate % d for d in range(2, int(candidate ** 0.5) + 1)):
            product, count = product * candidate, count + 1
        candidate += 1
    low = (3 << 1022) // product + 1
    high = (1 << 1024) // product - 1
    while True:
        p = RANDOM.randrange(low, high) * product + pow(65537, RANDOM.getrandbits(256), product)
        if p % 65537 != 1 and is_prime(p):
            return p


def rsa_key(p: int, q: int, path: str) -> None:
    d = pow(65537, -1, (p - 1) * (q - 1))
    fields = [("version", 0), ("n", p * q), ("e", 65537), ("d", d), ("p", p), ("q", q), ("dp", d % (p - 1)),
              ("dq", d % (q - 1)), ("qi", pow(q, -1, p))]
    config = "asn1=SEQUENCE:key\n[key]\n" + "".join(f"{name}=INTEGER:{value:#x}\n" for name, value in fields)
    pathlib.Path(path + ".cnf").write_text(config)
    openssl("asn1parse", "-genconf", path + ".cnf", "-noout", "-out", path + ".der")
    openssl("rsa", "-inform", "DER", "-in", path + ".der", "-out", path)


# --- CSRs ---

def csr(name: str, key: str, *options: str) -> None:
    openssl("req", "-new", "-key", key, "-subj", "/", "-addext", SAN, "-outform", "DER", "-out", str(OUT / f"csr-{name}.der"),
            *options)


def genpkey(path: str, *options: str) -> str:
    openssl("genpkey", "-out", path, *options)
    return path


def ec_key(path: str, curve: str, *options: str) -> str:
    return genpkey(path, "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{curve}", *options)


def rsa(path: str, bits: int, exponent: int = 65537) -> str:
    return genpkey(path, "-algorithm", "RSA", "-pkeyopt", f"rsa_keygen_bits:{bits}", "-pkeyopt",
                   f"rsa_keygen_pubexp:{exponent}")


def make_csrs(tmp: str) -> None:
    p256 = ec_key(f"{tmp}/p256", "P-256")
    csr("ec-p256", p256, "-sha256")
    csr("ec-p256-sha512", p256, "-sha512")
    csr("ec-p256-sha1", p256, "-sha1")
    csr("ec-p256-sha224", p256, "-sha224")
    csr("ec-p256-sha3", p256, "-sha3-256")
    csr("ec-p384", ec_key(f"{tmp}/p384", "P-384"), "-sha384")
    for curve in ("P-224", "P-521", "secp256k1", "brainpoolP256r1"):
        csr(f"ec-{curve.lower()}", ec_key(f"{tmp}/{curve}", curve), "-sha256")
    csr("ec-explicit", ec_key(f"{tmp}/explicit", "P-256", "-pkeyopt", "ec_param_enc:explicit"), "-sha256")
    openssl("ec", "-in", p256, "-conv_form", "compressed", "-out", f"{tmp}/compressed")
    csr("ec-compressed", f"{tmp}/compressed", "-sha256")
    csr("ed25519", genpkey(f"{tmp}/ed25519", "-algorithm", "ED25519"))
    csr("ed448", genpkey(f"{tmp}/ed448", "-algorithm", "ED448"))

    for bits in (1024, 2047, 2048, 3072, 4096, 8192):
        csr(f"rsa-{bits}", rsa(f"{tmp}/rsa{bits}", bits), "-sha256")
    csr("rsa-2048-e3", rsa(f"{tmp}/e3", 2048, 3), "-sha256")
    csr("rsa-2048-sha512", f"{tmp}/rsa2048", "-sha512")
    csr("rsa-2048-sha1", f"{tmp}/rsa2048", "-sha1")
    csr("rsa-2048-md5", f"{tmp}/rsa2048", "-md5")
    csr("rsa-2048-signed-with-pss", f"{tmp}/rsa2048", "-sha256", "-sigopt", "rsa_padding_mode:pss")
    csr("rsa-pss-key", genpkey(f"{tmp}/psskey", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"), "-sha256")
    rsa_key(*close_primes(), f"{tmp}/close")
    csr("rsa-close-primes", f"{tmp}/close", "-sha256")
    rsa_key(*small_factor(), f"{tmp}/small")
    csr("rsa-small-factor", f"{tmp}/small", "-sha256")
    rsa_key(roca_prime(), roca_prime(), f"{tmp}/roca")
    csr("rsa-roca", f"{tmp}/roca", "-sha256")


# --- Certificates ---

CA_CONFIG = """
[ca]
default_ca=d
[d]
new_certs_dir={tmp}
database={tmp}/index
rand_serial=yes
default_md=sha256
policy=p
unique_subject=no
copy_extensions=none
[p]
commonName=optional
organizationName=optional
[root]
basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
[intermediate]
basicConstraints=critical,CA:TRUE,pathlen:0
keyUsage=critical,keyCertSign,cRLSign
extendedKeyUsage=serverAuth
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
[leaf]
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
subjectAltName=DNS:www.example.com,DNS:example.com
[agent]
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=clientAuth
subjectAltName=URI:spiffe://fleet.example/agent/web-1
"""


def make_certificates(tmp: str) -> None:
    pathlib.Path(f"{tmp}/ca.cnf").write_text(CA_CONFIG.format(tmp=tmp))
    pathlib.Path(f"{tmp}/index").write_text("")

    def issue(name: str, section: str, subject: str, key: str, issuer: str | None, start: str, end: str) -> None:
        openssl("req", "-new", "-utf8", "-key", f"{tmp}/{key}", "-subj", subject, "-out", f"{tmp}/{name}.csr")
        by = ["-cert", str(OUT / f"{issuer}.pem"), "-keyfile", f"{tmp}/{issuer}.key"] if issuer else \
            ["-selfsign", "-keyfile", f"{tmp}/{key}"]
        openssl("ca", "-batch", "-config", f"{tmp}/ca.cnf", "-extensions", section, "-startdate", start, "-enddate", end,
                "-notext", "-in", f"{tmp}/{name}.csr", "-out", str(OUT / f"{name}.pem"), *by)

    for name, curve in (("root", "P-384"), ("other-root", "P-384"), ("intermediate", "P-256"), ("leaf", "P-256"),
                        ("agent", "P-256")):
        ec_key(f"{tmp}/{name}.key", curve)
    ca_time = ("20250101000000Z", "20400101000000Z")
    issue("root", "root", "/O=Certbroker Tests/CN=Root X", "root.key", None, *ca_time)
    issue("other-root", "root", "/O=Certbroker Tests/CN=Other Root", "other-root.key", None, *ca_time)
    issue("root-cross-signed", "root", "/O=Certbroker Tests/CN=Root X", "root.key", "other-root", *ca_time)
    issue("intermediate", "intermediate", "/O=Certbroker Tests/CN=Int\\+ermediate, \"é\"", "intermediate.key", "root",
          *ca_time)
    leaf_time = ("20261121073000Z", "20270219072959Z")
    issue("leaf", "leaf", "/CN=www.example.com", "leaf.key", "intermediate", *leaf_time)
    issue("agent", "agent", "/CN=web-1", "agent.key", "root", *leaf_time)
    csr("leaf", f"{tmp}/leaf.key", "-sha256")

    rows = []
    for name in ("root", "other-root", "root-cross-signed", "intermediate", "leaf", "agent"):
        pem = (OUT / f"{name}.pem").read_bytes()

        def show(*options: str) -> str:
            return openssl("x509", "-noout", *options, input=pem).decode().strip().split("=", 1)[1]

        spki = openssl("pkey", "-pubin", "-outform", "DER", input=openssl("x509", "-noout", "-pubkey", input=pem))
        digest = openssl("dgst", "-sha256", "-r", input=spki).decode().split()[0]
        rows += [f"{name} serial {show('-serial').lower()}",
                 f"{name} sha256 {show('-fingerprint', '-sha256').replace(':', '').lower()}",
                 f"{name} spki {digest}",
                 f"{name} subject {show('-subject', '-nameopt', 'RFC2253,-esc_msb')}",
                 f"{name} issuer {show('-issuer', '-nameopt', 'RFC2253,-esc_msb')}",
                 f"{name} not-before {show('-startdate', '-dateopt', 'iso_8601')}",
                 f"{name} not-after {show('-enddate', '-dateopt', 'iso_8601')}"]
    (OUT / "expected.txt").write_text("\n".join(rows) + "\n")


def main() -> int:
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as tmp:
        make_csrs(tmp)
        make_certificates(tmp)
    return 0


if __name__ == "__main__":
    sys.exit(main())
