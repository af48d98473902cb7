/// @file Ed25519 signatures (RFC 8032, OpenSSL): who holds the private key vouches for bytes, and whoever has
/// the public one can check it. Key files are PEM, as `openssl genpkey -algorithm ed25519` makes them.
#pragma once

#include <string>
#include <string_view>

#include <boost/filesystem/path.hpp>

namespace isoscan::core {

/// The 64 bytes of the signature, the same each time.
/// @param private_key  PEM file
/// @throws Error(Io) where the file cannot be read; Error(Config) where it holds no such key.
[[nodiscard]] std::string sign_ed25519(const boost::filesystem::path& private_key, std::string_view message);

/// @param key  PEM file of the public key, or of the private key that signed
/// @returns whether `signature` was made of these bytes with the key's private half
/// @throws as sign_ed25519.
[[nodiscard]] bool verify_ed25519(const boost::filesystem::path& key, std::string_view message,
                                  std::string_view signature);

}  // namespace isoscan::core
