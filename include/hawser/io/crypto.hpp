// SHA-256 and randomness from the operating system, behind types that need no OpenSSL header.
#pragma once

#include <hawser/core/hash.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace hawser {

/// SHA-256 (FIPS 180-4) that allocates nothing per hash. One thread at a time per hasher.
/// Throws std::runtime_error if the crypto library has no SHA-256.
std::unique_ptr<hasher> make_sha256();

/// Fills `out` from a cryptographically secure generator. Thread-safe. Throws std::runtime_error if
/// the system has no entropy: numbers that only look random would reuse epochs and mask keys.
void random_bytes(std::span<std::byte> out);

/// The OpenSSL that this process runs, "3.0.11".
std::string openssl_version();

/// 64 bits of random_bytes().
std::uint64_t random_u64();

}  // namespace hawser
