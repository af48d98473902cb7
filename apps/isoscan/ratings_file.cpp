#include "ratings_file.hpp"

#include <array>
#include <chrono>
#include <ctime>
#include <optional>
#include <thread>

#include <boost/filesystem.hpp>
#include <unistd.h>

#include "isoscan/core/append_file.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;

namespace {

/// The file for this thread alone, waiting for others who append a line.
void open_alone(std::optional<core::AppendFile>& opened, const fs::path& file) {
  using namespace std::chrono_literals;
  constexpr int kTries = 1000;
  for (int n = 1;; ++n) {
    try {
      opened.emplace(file);
      return;
    } catch (const core::Error& error) {
      if (error.kind() != core::ErrorKind::Config || n == kTries) throw;
    }
    std::this_thread::sleep_for(10ms);
  }
}

/// Bytes up to the last end of a line.
std::uint64_t whole_lines(const core::AppendFile& file) {
  std::uint64_t size = file.size();
  char last = '\n';
  while (size > 0) {
    if (file.read(size - 1, &last, 1) == 1 && last == '\n') break;
    --size;
  }
  return size;
}

bool is_rating(const std::string& line) {
  try {
    return report::read_ratings(std::string(report::kRatingsHeader) + line, "").size() == 1;
  } catch (const core::Error&) {
    return false;
  }
}

/// As open to others as its folder: several people may judge under names of their own.
void share_as_folder(const fs::path& file) {
  constexpr unsigned kReadAndWrite = 0666;
  boost::system::error_code ignored;
  const fs::path folder = fs::absolute(file).parent_path();
  fs::permissions(file, fs::perms(fs::status(folder, ignored).permissions() & fs::perms(kReadAndWrite)),
                  ignored);
}

}  // namespace

std::vector<report::Rating> read_ratings_file(const fs::path& file) {
  if (!fs::exists(file)) return {};
  return report::read_ratings(core::read_file(file), file.string());
}

void upgrade_ratings_file(const fs::path& file) {
  const auto of_earlier_version = [&] {
    return fs::exists(file) && core::read_file(file).starts_with(report::kRatingsHeaderWithoutBoxes);
  };
  if (!of_earlier_version()) return;
  std::optional<core::AppendFile> opened;
  open_alone(opened, file);
  if (!of_earlier_version()) return;  // another server was first
  std::string table(report::kRatingsHeader);
  for (const report::Rating& rating : read_ratings_file(file)) table += report::ratings_line(rating);
  core::write_file(file, table);
  share_as_folder(file);
}

std::string append_rating(const fs::path& file, const report::Rating& rating) {
  std::optional<core::AppendFile> opened;
  open_alone(opened, file);
  const std::uint64_t whole = whole_lines(*opened);
  std::string tail(static_cast<std::size_t>(opened->size() - whole), '\0');
  tail.resize(opened->read(whole, tail.data(), tail.size()));
  std::string before;
  std::string torn;
  if (opened->size() == 0) {
    share_as_folder(file);
    before = report::kRatingsHeader;
  } else if (!tail.empty() && is_rating(tail)) {
    before = "\n";
  } else if (!tail.empty()) {
    torn = tail;
    core::AppendFile aside(file.string() + ".torn");
    aside.append(torn + "\n");
    aside.flush();
    opened->cut(whole);
    if (whole == 0) before = report::kRatingsHeader;
  }
  opened->append(before + report::ratings_line(rating));
  opened->flush();
  return torn;
}

void require_writable(const fs::path& file) {
  const fs::path& asked = fs::exists(file) ? file : file.parent_path();
  if (::access(asked.c_str(), W_OK) != 0)
    throw core::Error(
        core::ErrorKind::Io,
        asked.string() +
            ": cannot be written, so no judgement could be kept; ask for the right to, or copy OUT");
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  (void)std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts);
  return text.data();
}

}  // namespace isoscan::app
