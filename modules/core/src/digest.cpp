#include "isoscan/core/digest.hpp"

#include <array>
#include <vector>

#include <boost/filesystem/fstream.hpp>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "isoscan/core/error.hpp"

namespace isoscan::core {

namespace {

std::string hexadecimal(const unsigned char* bytes, unsigned int count) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (unsigned int n = 0; n < count; ++n) {
    text += kDigits[bytes[n] >> 4];
    text += kDigits[bytes[n] & 15];
  }
  return text;
}

}  // namespace

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() {
    if (context == nullptr || EVP_DigestInit_ex(context, EVP_sha256(), nullptr) != 1) {
      throw Error(ErrorKind::Internal, "OpenSSL offers no SHA-256");
    }
  }
  ~State() { EVP_MD_CTX_free(context); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

Sha256& Sha256::update(const void* bytes, std::size_t count) {
  EVP_DigestUpdate(state_->context, bytes, count);
  return *this;
}

std::string Sha256::hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
  unsigned int length = 0;
  EVP_DigestFinal_ex(state_->context, raw.data(), &length);
  return hexadecimal(raw.data(), length);
}

std::string sha256(std::string_view bytes) {
  return Sha256().update(bytes).hex();
}

std::string hmac_sha256(std::string_view key, std::string_view message) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> raw{};
  unsigned int length = 0;
  // OpenSSL takes a null key for "the one before".
  const char* bytes = key.empty() ? "" : key.data();
  if (HMAC(EVP_sha256(), bytes, static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(message.data()), message.size(), raw.data(),
           &length) == nullptr) {
    throw Error(ErrorKind::Internal, "OpenSSL offers no HMAC");
  }
  return hexadecimal(raw.data(), length);
}

std::string sha256_file(const boost::filesystem::path& file) {
  boost::filesystem::ifstream in(file, std::ios::binary);
  if (!in) throw Error(ErrorKind::Io, file.string() + ": cannot be opened");
  Sha256 digest;
  std::vector<char> block(1 << 20);
  while (in) {
    in.read(block.data(), static_cast<std::streamsize>(block.size()));
    digest.update(block.data(), static_cast<std::size_t>(in.gcount()));
  }
  if (in.bad()) throw Error(ErrorKind::Io, file.string() + ": cannot be read to its end");
  return digest.hex();
}

}  // namespace isoscan::core
