#include "ratings_file.hpp"

#include <array>
#include <chrono>
#include <ctime>
#include <optional>
#include <thread>

#include <boost/filesystem.hpp>

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
  fs::permissions(file, fs::owner_read | fs::owner_write);
}

void append_rating(const fs::path& file, const report::Rating& rating) {
  std::optional<core::AppendFile> opened;
  open_alone(opened, file);
  const std::uint64_t whole = whole_lines(*opened);
  if (whole < opened->size()) opened->cut(whole);
  opened->append((whole == 0 ? std::string(report::kRatingsHeader) : std::string()) +
                 report::ratings_line(rating));
  opened->flush();
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
