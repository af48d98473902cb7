#include "isoscan/core/signature.hpp"

#include <memory>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"

namespace isoscan::core {

namespace {

namespace fs = boost::filesystem;

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;

constexpr std::size_t kSignature = 64;
constexpr std::uintmax_t kLongestKeyFile = 1 << 16;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// A pass phrase is never asked for: nobody sits there when a thousand scans run.
int no_pass_phrase(char*, int, int, void*) {
  return -1;
}

Key parse(const std::string& pem, bool private_half) {
  const std::unique_ptr<BIO, Free> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Key key(private_half ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_pass_phrase, nullptr)
                       : PEM_read_bio_PUBKEY(bio.get(), nullptr, no_pass_phrase, nullptr));
  if (key && EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) key.reset();
  return key;
}

std::string read_pem(const fs::path& file) {
  try {
    return read_file(file, kLongestKeyFile);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::Resource) throw;
    throw Error(ErrorKind::Config, file.string() + ": is too large for a key; name a PEM file");
  }
}

Error no_key(const fs::path& file, const char* what) {
  return {ErrorKind::Config,
          file.string() + ": holds no " + what +
              " Ed25519 key without a pass phrase in PEM; make a pair with `openssl genpkey "
              "-algorithm ed25519 -out sign.pem` and `openssl pkey -in sign.pem -pubout "
              "-out sign.pub.pem`"};
}

[[noreturn]] void broken() {
  throw Error(ErrorKind::Internal, "OpenSSL cannot compute an Ed25519 signature");
}

}  // namespace

std::string sign_ed25519(const fs::path& private_key, std::string_view message) {
  const Key key = parse(read_pem(private_key), true);
  if (!key) throw no_key(private_key, "private");
  const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  std::string signature(kSignature, '\0');
  std::size_t size = signature.size();
  if (!context || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                     bytes_of(message), message.size()) != 1 ||
      size != kSignature)
    broken();
  return signature;
}

bool verify_ed25519(const fs::path& file, std::string_view message, std::string_view signature) {
  const std::string pem = read_pem(file);
  Key key = parse(pem, false);
  if (!key) key = parse(pem, true);
  if (!key) throw no_key(file, "public or private");
  const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
  if (!context || EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1) broken();
  return signature.size() == kSignature &&
         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message),
                          message.size()) == 1;
}

}  // namespace isoscan::core
