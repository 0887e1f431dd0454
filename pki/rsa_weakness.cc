#include "pki/rsa_weakness.h"

#include <array>
#include <cstdint>

#include <fmt/format.h>

#include "core/check.h"
#include "pki/openssl_handle.h"

namespace certbroker::pki {
namespace {

// Every prime below 752: NIST SP 800-89 §5.3.3 divides by all of them.
constexpr std::size_t kSieveSize = 752;
constexpr auto kComposite = [] {
  std::array<bool, kSieveSize> composite{};
  for (std::size_t i = 2; i * i < kSieveSize; ++i) {
    for (std::size_t k = i * i; k < kSieveSize; k += i) composite[k] = true;
  }
  return composite;
}();

// The largest prime that every modulus of Infineon's RSALib depends on: the primes up to 167 make
// the constant M of its smallest keys, and every larger key's M is a multiple of that one.
constexpr std::uint32_t kLastRocaPrime = 167;
constexpr int kFermatRounds = 128;  // the Baseline Requirements ask for 100

std::uint32_t Remainder(const BIGNUM* number, std::uint32_t divisor) {
  return static_cast<std::uint32_t>(BN_mod_word(number, divisor));
}

bool IsPowerOf65537(std::uint32_t residue, std::uint32_t prime) {
  const std::uint32_t generator = 65537 % prime;
  std::uint32_t power = 1;
  do {
    if (power == residue) return true;
    power = power * generator % prime;
  } while (power != 1);
  return false;
}

// Nemec et al., "The Return of Coppersmith's Attack" (CCS 2017), §2.3: both primes of an affected
// key are powers of 65537 modulo M, hence so is the modulus, modulo each prime that divides M. A
// sound key passes for one: all 38 agree by chance about once in 2^27 keys.
bool HasRocaFingerprint(const BIGNUM* modulus) {
  for (std::uint32_t prime = 3; prime <= kLastRocaPrime; prime += 2) {
    if (!kComposite[prime] && !IsPowerOf65537(Remainder(modulus, prime), prime)) return false;
  }
  return true;
}

// The largest root with root² ≤ number, by Newton's method from above.
BignumPtr SquareRoot(const BIGNUM* number, BN_CTX* context) {
  BignumPtr root(BN_new());
  BignumPtr next(BN_new());
  CERTBROKER_CHECK(root && next);
  CERTBROKER_CHECK(BN_set_bit(root.get(), (BN_num_bits(number) + 1) / 2) == 1);
  for (;;) {
    CERTBROKER_CHECK(BN_div(next.get(), nullptr, number, root.get(), context) == 1 &&
                     BN_add(next.get(), next.get(), root.get()) == 1 &&
                     BN_rshift1(next.get(), next.get()) == 1);
    if (BN_cmp(next.get(), root.get()) >= 0) return root;
    BN_swap(next.get(), root.get());
  }
}

bool IsSquare(const BIGNUM* number, BN_CTX* context) {
  if (BN_is_zero(number)) return true;
  // Squares leave 12 of the 64 remainders of 64 only; this spares four roots out of five.
  constexpr std::uint64_t kSquaresModulo64 = 0x0202021202030213;
  if (((kSquaresModulo64 >> Remainder(number, 64)) & 1U) == 0) return false;
  const BignumPtr root = SquareRoot(number, context);
  const BignumPtr square(BN_new());
  CERTBROKER_CHECK(square && BN_sqr(square.get(), root.get(), context) == 1);
  return BN_cmp(square.get(), number) == 0;
}

// Fermat: n = a² − b² with a just above the root of n, if the primes a − b and a + b are close.
bool HasClosePrimes(const BIGNUM* modulus) {
  const BignumContextPtr context(BN_CTX_new());
  CERTBROKER_CHECK(context != nullptr);
  const BignumPtr a = SquareRoot(modulus, context.get());
  const BignumPtr b_squared(BN_new());
  CERTBROKER_CHECK(b_squared && BN_sqr(b_squared.get(), a.get(), context.get()) == 1 &&
                   BN_sub(b_squared.get(), b_squared.get(), modulus) == 1);
  if (BN_is_zero(b_squared.get())) return true;
  for (int round = 0; round < kFermatRounds; ++round) {
    // (a + 1)² − n = a² − n + 2a + 1
    CERTBROKER_CHECK(BN_add(b_squared.get(), b_squared.get(), a.get()) == 1 &&
                     BN_add_word(a.get(), 1) == 1 &&
                     BN_add(b_squared.get(), b_squared.get(), a.get()) == 1);
    if (IsSquare(b_squared.get(), context.get())) return true;
  }
  return false;
}

}  // namespace

std::optional<std::string> RsaWeakness(ByteView modulus) {
  const BignumPtr n(BN_bin2bn(modulus.data(), static_cast<int>(modulus.size()), nullptr));
  CERTBROKER_CHECK(n != nullptr);
  if (!BN_is_odd(n.get())) return "is even";
  for (std::uint32_t prime = 3; prime < kSieveSize; prime += 2) {
    if (!kComposite[prime] && Remainder(n.get(), prime) == 0) {
      return fmt::format("is divisible by {}", prime);
    }
  }
  if (HasRocaFingerprint(n.get())) {
    return "was made by a faulty smart card or TPM (ROCA, CVE-2017-15361)";
  }
  if (HasClosePrimes(n.get())) return "has two primes that are too close to each other";
  return std::nullopt;
}

}  // namespace certbroker::pki
