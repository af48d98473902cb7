/// @file SHA-256 (OpenSSL), in lower-case hexadecimal.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include <boost/filesystem/path.hpp>

namespace isoscan::core {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  Sha256& update(const void* bytes, std::size_t count);
  Sha256& update(std::string_view text) { return update(text.data(), text.size()); }
  /// Ends the digest; the object is not to be used after.
  [[nodiscard]] std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

[[nodiscard]] std::string sha256(std::string_view bytes);
/// HMAC-SHA-256 (RFC 2104): a digest that nobody can compute, or undo by trying, without the key.
[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view message);
/// Streams the file. @throws Error(Io).
[[nodiscard]] std::string sha256_file(const boost::filesystem::path& file);

}  // namespace isoscan::core
