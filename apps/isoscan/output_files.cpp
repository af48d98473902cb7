#include "output_files.hpp"

#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;
using core::Error;
using core::ErrorKind;

namespace {

std::string folder_name(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path().string() : std::string(".");
}

bool same_file(const fs::path& a, const fs::path& b) {
  boost::system::error_code unknown;
  if (fs::equivalent(a, b, unknown)) return true;
  return fs::weakly_canonical(fs::absolute(a)) == fs::weakly_canonical(fs::absolute(b));
}

/// Permissions do not tell on every file system (and tell the administrator nothing), a file does.
void require_writable_folder(const std::string& what, const fs::path& file) {
  const fs::path folder = folder_name(file);
  boost::system::error_code failed;
  if (!fs::is_directory(folder, failed))
    throw Error(ErrorKind::Io, what + ": there is no folder " + folder.string() + "; make it first");
  const fs::path trial = folder / fs::unique_path(".isoscan-%%%%%%%%");
  try {
    core::write_file(trial, "");
  } catch (const Error& error) {
    throw Error(error.kind(),
                what + ": nothing can be written in " + folder.string() + " (" + error.what() + ")");
  }
  fs::remove(trial, failed);
}

void require_output(const OutputFile& output, const std::vector<std::string>& inputs, bool overwrite) {
  const std::string what = output.flag + " " + output.file;
  const fs::path file = output.file;
  if (fs::is_directory(file)) throw Error(ErrorKind::Config, what + ": is a folder; name a file in it");
  for (const std::string& input : inputs) {
    if (!input.empty() && same_file(file, input))
      throw Error(ErrorKind::Config, what + ": is an input of this command; give another name");
  }
  require_writable_folder(what, file);
  if (!overwrite && fs::exists(file) && !(output.is_earlier_result && output.is_earlier_result(file)))
    throw Error(ErrorKind::Config, what +
                                       ": is there already, and does not say that this command made it; give "
                                       "another name, or --overwrite to replace it");
}

}  // namespace

void require_outputs(const std::vector<OutputFile>& outputs, const std::vector<std::string>& inputs,
                     bool overwrite) {
  std::vector<const OutputFile*> named;
  for (const OutputFile& output : outputs) {
    if (output.file.empty()) continue;
    for (const OutputFile* other : named) {
      if (same_file(output.file, other->file))
        throw Error(ErrorKind::Config, output.flag + " " + output.file + ": is the file of " + other->flag +
                                           " too; give another name");
    }
    require_output(output, inputs, overwrite);
    named.push_back(&output);
  }
}

}  // namespace isoscan::app
