// Final outputs: from the store into the output folder.
#include <cerrno>
#include <cstdio>

#include <boost/filesystem.hpp>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/core/partials.hpp"
#include "isoscan/engine/manifest.hpp"

#include "system.hpp"

namespace isoscan::pipeline {

namespace fs = boost::filesystem;

namespace {

/// Shares the blocks of the source where the file system can (btrfs, XFS).
bool clone_blocks(const fs::path& source, const fs::path& target) {
  const int from = ::open(source.c_str(), O_RDONLY | O_CLOEXEC);
  if (from < 0) return false;
  const int to = ::open(target.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  const bool good = to >= 0 && ::ioctl(to, FICLONE, from) == 0;
  if (to >= 0) ::close(to);
  ::close(from);
  return good;
}

void copy_file_whole(const fs::path& source, const fs::path& target) {
  core::write_file_with(target, [&](const fs::path& staged) {
    if (clone_blocks(source, staged)) return;
    const int from = ::open(source.c_str(), O_RDONLY | O_CLOEXEC);
    if (from < 0) throw file_error(source, "cannot be opened", errno);
    const int to = ::open(staged.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (to < 0) {
      const int code = errno;
      ::close(from);
      throw file_error(target, "cannot be written", code);
    }
    try {
      std::string block(1 << 18, '\0');
      for (;;) {
        const ssize_t got = ::read(from, block.data(), block.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw file_error(source, "cannot be read", errno);
        if (got == 0) break;
        write_all(to, {block.data(), static_cast<std::size_t>(got)}, target.string());
      }
    } catch (...) {
      ::close(from);
      ::close(to);
      throw;
    }
    ::close(from);
    ::close(to);
  });
}

bool same_file(const fs::path& a, const fs::path& b) {
  struct stat of_a {};
  struct stat of_b {};
  return ::stat(a.c_str(), &of_a) == 0 && ::lstat(b.c_str(), &of_b) == 0 && of_a.st_dev == of_b.st_dev &&
         of_a.st_ino == of_b.st_ino;
}

bool holds(const fs::path& file, const OutputRecord& expected) {
  struct stat status {};
  return ::lstat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         static_cast<std::uint64_t>(status.st_size) == expected.bytes &&
         core::sha256_file(file) == expected.sha256;
}

/// False where the store lies on another disk, or the file system knows no hard links.
bool link(const fs::path& source, const fs::path& target) {
  make_folders(target.parent_path());
  const fs::path staged = core::partial_beside(target);
  if (::link(source.c_str(), staged.c_str()) != 0) {
    if (errno == EXDEV || errno == EPERM || errno == EMLINK || errno == ENOTSUP) return false;
    throw file_error(target, "cannot be linked to the store", errno);
  }
  if (std::rename(staged.c_str(), target.c_str()) != 0) {
    const int code = errno;
    ::unlink(staged.c_str());
    throw file_error(target, "cannot be put in place", code);
  }
  return true;
}

}  // namespace

OutputFile export_output(const Store& store, const StepResult& step, const std::string& port,
                         const fs::path& out, const std::string& relative_path, ExportMode mode) {
  const auto found = step.outputs.find(port);
  if (found == step.outputs.end()) {
    throw core::Error(core::ErrorKind::Internal, "step '" + step.stage + "' of " + step.unit +
                                                     " has no output '" + port + "' to export");
  }
  const fs::path source = store.output(step.stage, step.key, port);
  const fs::path target = out / relative_path;
  const bool linked = same_file(source, target);
  const bool done = mode == ExportMode::Link && (linked || link(source, target));
  if (!done && (linked || !holds(target, found->second))) copy_file_whole(source, target);
  return {relative_path, found->second.sha256, step.stage, step.unit, port};
}

}  // namespace isoscan::pipeline
