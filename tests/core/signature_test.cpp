#include "isoscan/core/signature.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/test/support.hpp"

namespace isoscan::core {
namespace {

// RFC 8032, section 7.1, test 2: secret 4ccd089b..., public 3d4017c3..., message 0x72; as PKCS 8 and SPKI.
constexpr const char* kPrivate =
    "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n"
    "-----END PRIVATE KEY-----\n";
constexpr const char* kPublic =
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=\n"
    "-----END PUBLIC KEY-----\n";

std::string hex(const std::string& bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text;
}

class Signature : public ::testing::Test {
 protected:
  Signature() {
    write_file(folder / "sign.pem", kPrivate);
    write_file(folder / "sign.pub.pem", kPublic);
  }
  test::TemporaryFolder folder;
};

TEST_F(Signature, IsThatOfTheStandard) {
  EXPECT_EQ(hex(sign_ed25519(folder / "sign.pem", "r")),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
}

TEST_F(Signature, HoldsForItsBytesAndKeyAlone) {
  const std::string signature = sign_ed25519(folder / "sign.pem", "a record");
  EXPECT_TRUE(verify_ed25519(folder / "sign.pub.pem", "a record", signature));
  EXPECT_TRUE(verify_ed25519(folder / "sign.pem", "a record", signature));
  EXPECT_FALSE(verify_ed25519(folder / "sign.pub.pem", "a recorD", signature));
  EXPECT_FALSE(verify_ed25519(folder / "sign.pub.pem", "a record", signature.substr(1)));
  EXPECT_FALSE(verify_ed25519(folder / "sign.pub.pem", "a record", ""));
  std::string other = signature;
  other[5] = static_cast<char>(other[5] ^ 1);
  EXPECT_FALSE(verify_ed25519(folder / "sign.pub.pem", "a record", other));
}

TEST_F(Signature, ABadKeyFileIsNamedWithTheCure) {
  write_file(folder / "note.txt", "no key");
  for (const auto& file : {folder / "note.txt", folder / "sign.pub.pem"}) {
    try {
      (void)sign_ed25519(file, "r");
      ADD_FAILURE() << file;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::Config);
      EXPECT_THAT(error.what(), ::testing::HasSubstr(file.string()));
      EXPECT_THAT(error.what(), ::testing::HasSubstr("openssl genpkey"));
    }
  }
  EXPECT_THROW((void)verify_ed25519(folder / "missing.pem", "r", ""), Error);
}

}  // namespace
}  // namespace isoscan::core
