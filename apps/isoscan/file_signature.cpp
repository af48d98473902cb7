#include "file_signature.hpp"

#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/core/printable.hpp"
#include "isoscan/core/signature.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;

namespace {

fs::path signature_beside(const fs::path& file) {
  return fs::path(file.string() + ".sig");
}

}  // namespace

void write_signature(const fs::path& file, const fs::path& private_key, bool changed) {
  if (private_key.empty()) {
    if (changed) fs::remove(signature_beside(file));
    return;
  }
  core::write_if_changed(signature_beside(file), core::sign_ed25519(private_key, core::read_file(file)));
}

void require_signature(const fs::path& file, const fs::path& public_key) {
  const fs::path signature = signature_beside(file);
  const auto refuse = [&](const std::string& what) {
    throw core::Error(core::ErrorKind::Input, core::printable(file.string() + ": " + what));
  };
  if (!fs::is_regular_file(signature))
    refuse("is not signed: " + signature.filename().string() +
           " is not beside it; bring it along, or sign with --sign-key where the file is made");
  if (!core::verify_ed25519(public_key, core::read_file(file), core::read_file(signature)))
    refuse("its signature does not hold: it was changed since, or signed with another key than that of " +
           public_key.string() + "; get the file again from who made it");
}

}  // namespace isoscan::app
