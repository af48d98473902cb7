/// @file Signatures of packages and site models: FILE.sig beside FILE, Ed25519 (core/signature.hpp) of all
/// its bytes.
#pragma once

#include <boost/filesystem/path.hpp>

namespace isoscan::app {

/// Signs the file where a key is given; else a signature of what the file held before goes.
/// @param changed  whether the file was written anew. @throws as core::sign_ed25519; Error(Io).
void write_signature(const boost::filesystem::path& file, const boost::filesystem::path& private_key,
                     bool changed);

/// @throws Error(Input) naming the file where it has no signature, or one that the key did not make of these
/// bytes; Error(Io|Config) where the key cannot be read.
void require_signature(const boost::filesystem::path& file, const boost::filesystem::path& public_key);

}  // namespace isoscan::app
