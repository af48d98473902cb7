// A library to be loaded before all others (LD_PRELOAD): it ends the process at the Nth call that changes the
// disk, or makes that call fail, as power cuts and full disks do at the worst of all moments.
//   ISOSCAN_FAULT_AT=N     the Nth call of the process; 0 or none: no fault
//   ISOSCAN_FAULT_HOW      kill-before, kill-after: kill -9, before or after the call did its work
//                          half: a write writes half of its bytes, then kill -9
//                          power: kill -9 after the call, and all files that were not flushed since their
//                          last write are empty, as a journalling file system may leave them ENOSPC, EROFS,
//                          EIO: the call and all later ones fail with this error
//   ISOSCAN_FAULT_LOG=FILE each call is appended to it: its number, name and file
// Counted: write, fsync, rename, link and mkdir of files below the folder ISOSCAN_FAULT_BELOW.
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <set>
#include <string>

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

template <class Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

std::string setting(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

class Faults {
 public:
  /// Never destroyed: files are closed after the last destructor.
  static Faults& one() {
    static auto* faults = new Faults;
    return *faults;
  }

  /// Before the call: 0, or the error that it must fail with.
  int before(const char* call, const std::string& path) {
    if (!counts(path)) return 0;
    const std::lock_guard lock(mutex_);
    ++calls_;
    log(call, path);
    if (at_ == 0 || calls_ < at_) return 0;
    if (how_ == "kill-before") die();
    return how_ == "ENOSPC" ? ENOSPC : how_ == "EROFS" ? EROFS : how_ == "EIO" ? EIO : 0;
  }

  void after(const std::string& path) {
    if (!counts(path)) return;
    const std::lock_guard lock(mutex_);
    if (at_ == 0 || calls_ < at_) return;
    if (how_ == "power") {
      for (const std::string& file : dirty_) ::truncate(file.c_str(), 0);
    }
    if (how_ == "kill-after" || how_ == "power") die();
  }

  [[nodiscard]] bool halves(const std::string& path) {
    const std::lock_guard lock(mutex_);
    return how_ == "half" && at_ != 0 && calls_ >= at_ && counts(path);
  }

  void written(const std::string& path) {
    if (!counts(path)) return;
    const std::lock_guard lock(mutex_);
    dirty_.insert(path);
  }

  void flushed(const std::string& path) {
    const std::lock_guard lock(mutex_);
    dirty_.erase(path);
  }

  /// The file or folder has another name now.
  void moved(const std::string& from, const std::string& to) {
    const std::lock_guard lock(mutex_);
    std::set<std::string> moved;
    for (const std::string& file : dirty_) {
      const bool inside = file == from || file.rfind(from + "/", 0) == 0;
      if (file != to || inside) moved.insert(inside ? to + file.substr(from.size()) : file);
    }
    dirty_ = std::move(moved);
  }

  [[noreturn]] static void die() {
    ::syscall(SYS_kill, ::getpid(), 9);
    for (;;) ::pause();
  }

 private:
  Faults()
      : at_(std::strtol(setting("ISOSCAN_FAULT_AT").c_str(), nullptr, 10)),
        how_(setting("ISOSCAN_FAULT_HOW")),
        below_(setting("ISOSCAN_FAULT_BELOW")) {
    const std::string file = setting("ISOSCAN_FAULT_LOG");
    if (!file.empty())
      log_ = static_cast<int>(
          ::syscall(SYS_openat, AT_FDCWD, file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  }

  [[nodiscard]] bool counts(const std::string& path) const {
    return !below_.empty() && path.rfind(below_, 0) == 0;
  }

  void log(const char* call, const std::string& path) const {
    if (log_ < 0) return;
    const std::string line = std::to_string(calls_) + " " + call + " " + path + "\n";
    (void)!::syscall(SYS_write, log_, line.data(), line.size());
  }

  std::mutex mutex_;
  long at_ = 0;
  std::string how_;
  std::string below_;
  long calls_ = 0;
  int log_ = -1;
  std::set<std::string> dirty_;
};

/// Absolute, without links of the file itself followed.
std::string full(const char* path) {
  if (path[0] == '/') return path;
  char folder[4096];
  return ::getcwd(folder, sizeof folder) == nullptr ? path : std::string(folder) + "/" + path;
}

std::string path_of(int descriptor) {
  char path[4096];
  const std::string link = "/proc/self/fd/" + std::to_string(descriptor);
  const ssize_t size = ::readlink(link.c_str(), path, sizeof path);
  return size <= 0 ? "" : std::string(path, static_cast<std::size_t>(size));
}

/// Calls the function with the fault in front and behind.
template <class Call>
int with_faults(const char* name, const std::string& path, const Call& call) {
  if (const int error = Faults::one().before(name, path)) {
    errno = error;
    return -1;
  }
  const int result = call();
  const int code = errno;
  Faults::one().after(path);
  errno = code;
  return result;
}

void opened(const std::string& path, int flags) {
  if ((flags & O_ACCMODE) != O_RDONLY) Faults::one().written(path);
}

}  // namespace

extern "C" {

int rename(const char* from, const char* to) noexcept {
  static const auto real = next<int (*)(const char*, const char*)>("rename");
  return with_faults("rename", full(to), [&] {
    const int result = real(from, to);
    if (result == 0) Faults::one().moved(full(from), full(to));
    return result;
  });
}

int link(const char* from, const char* to) noexcept {
  static const auto real = next<int (*)(const char*, const char*)>("link");
  return with_faults("link", full(to), [&] { return real(from, to); });
}

int mkdir(const char* path, mode_t mode) noexcept {
  static const auto real = next<int (*)(const char*, mode_t)>("mkdir");
  return with_faults("mkdir", full(path), [&] { return real(path, mode); });
}

int fsync(int descriptor) {
  static const auto real = next<int (*)(int)>("fsync");
  const std::string path = path_of(descriptor);
  return with_faults("fsync", path, [&] {
    const int result = real(descriptor);
    if (result == 0) Faults::one().flushed(path);
    return result;
  });
}

ssize_t write(int descriptor, const void* bytes, size_t size) {
  static const auto real = next<ssize_t (*)(int, const void*, size_t)>("write");
  const std::string path = path_of(descriptor);
  if (const int error = Faults::one().before("write", path)) {
    errno = error;
    return -1;
  }
  if (Faults::one().halves(path)) {
    (void)!real(descriptor, bytes, size / 2);
    Faults::die();
  }
  Faults::one().written(path);
  const ssize_t result = real(descriptor, bytes, size);
  const int code = errno;
  Faults::one().after(path);
  errno = code;
  return result;
}

// Who writes through C's or C++'s streams calls no write() that could be caught here; that the file is open
// for writing is enough to know that it may hold what was not flushed.
int open(const char* path, int flags, ...) {
  static const auto real = next<int (*)(const char*, int, ...)>("open");
  mode_t mode = 0;
  if ((flags & (O_CREAT | O_TMPFILE)) != 0) {
    va_list rest;
    va_start(rest, flags);
    mode = va_arg(rest, mode_t);
    va_end(rest);
  }
  opened(full(path), flags);
  return real(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  static const auto real = next<int (*)(const char*, int, ...)>("open64");
  mode_t mode = 0;
  if ((flags & (O_CREAT | O_TMPFILE)) != 0) {
    va_list rest;
    va_start(rest, flags);
    mode = va_arg(rest, mode_t);
    va_end(rest);
  }
  opened(full(path), flags);
  return real(path, flags, mode);
}

FILE* fopen(const char* path, const char* mode) {
  static const auto real = next<FILE* (*)(const char*, const char*)>("fopen");
  opened(full(path), std::strpbrk(mode, "wa+") != nullptr ? O_WRONLY : O_RDONLY);
  return real(path, mode);
}

FILE* fopen64(const char* path, const char* mode) {
  static const auto real = next<FILE* (*)(const char*, const char*)>("fopen64");
  opened(full(path), std::strpbrk(mode, "wa+") != nullptr ? O_WRONLY : O_RDONLY);
  return real(path, mode);
}

}  // extern "C"
