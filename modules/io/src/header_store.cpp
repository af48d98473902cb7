#include "header_store.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>

#include <boost/filesystem.hpp>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/parallel.hpp"
#include "isoscan/core/version.hpp"
#include "isoscan/io/libraries.hpp"

#include "cbor.hpp"
#include "dicom_sniff.hpp"
#include "header_record.hpp"
#include "pieces.hpp"

namespace isoscan::io {

namespace fs = boost::filesystem;
using nlohmann::json;

namespace {

constexpr std::size_t kBatch = 512;  // headers between two looks at Ctrl-C and two writes of the journal

/// What reading one file gave, on the thread that read it.
struct Read {
  HeaderEntry entry;
  std::string common;
  bool reused = false;
};

Read read_one(const fs::path& file, const FileStamp& stamp) {
  Read read;
  read.entry.path = file.string();
  read.entry.stamp = stamp;
  try {
    if (!has_dicom_name(file) && !looks_like_dicom(file)) return read;
    HeaderRecord record = record_of(read_dicom_image(file));
    read.entry.state = HeaderState::Image;
    read.entry.own = std::move(record.own);
    read.common = std::move(record.common);
  } catch (const core::Error& error) {
    if (error.kind() == core::ErrorKind::Resource || error.kind() == core::ErrorKind::Config) throw;
    read.entry.state = HeaderState::Broken;
    read.entry.own = reason_without_path(error.what(), file);
  }
  return read;
}

/// "headers: 51200 of 100000 files, 8300 files/s"
class Rate {
 public:
  explicit Rate(std::size_t whole) : whole_(whole) {}
  void report(const core::Context& context, std::size_t done, std::size_t read) const {
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start_;
    std::string label = "headers: " + std::to_string(done) + " of " + std::to_string(whole_) + " files";
    if (read > 0 && passed.count() > 0.2) {
      char rate[48];
      std::snprintf(rate, sizeof rate, ", %.0f files/s", static_cast<double>(read) / passed.count());
      label += rate;
    }
    context.slice(0.0, 1.0, label)
        .progress.report(static_cast<double>(done) / static_cast<double>(std::max<std::size_t>(whole_, 1)));
  }

 private:
  std::size_t whole_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

FileStamp stamp_of(const fs::path& file) {
  struct stat about {};
  if (::stat(file.c_str(), &about) != 0) return {};
  constexpr std::int64_t kNanoseconds = 1'000'000'000;
  return {about.st_size, about.st_mtim.tv_sec * kNanoseconds + about.st_mtim.tv_nsec};
}

HeaderStore::HeaderStore() = default;
HeaderStore::~HeaderStore() = default;

HeaderStore::HeaderStore(const fs::path& journal) : journal_(std::make_unique<core::AppendFile>(journal)) {
  load();
}

std::string HeaderStore::head() const {
  return piece("isoscan-headers-1 " + record_layout() + " " + core::software() + " " + libraries());
}

void HeaderStore::load() {
  bool first = true;
  const std::string ours = head().substr(8);
  const auto take = [&](std::string_view bytes) {
    if (first) {
      first = false;
      return bytes == ours;
    }
    if (bytes.empty()) return false;
    const std::string_view rest = bytes.substr(1);
    if (bytes.front() == 'C') {
      known_.emplace(core::sha256(rest), static_cast<std::uint32_t>(commons_.size()));
      commons_.emplace_back(rest);
      return true;
    }
    const json fields = value_of_cbor(rest);
    if (!fields.is_array() || fields.size() != 6) return false;
    HeaderEntry entry;
    try {
      entry.path = fields[0].get<std::string>();
      take_value(fields[1], entry.stamp.bytes);
      take_value(fields[2], entry.stamp.mtime_ns);
      take_value(fields[3], entry.state);
      take_value(fields[4], entry.common);
      entry.own = fields[5].get<std::string>();
    } catch (const json::exception&) {
      return false;
    }
    const bool whole = entry.state == HeaderState::Image ? entry.common < commons_.size()
                                                         : entry.state <= HeaderState::Other;
    if (whole) old_[entry.path] = std::move(entry);
    return whole;
  };
  const std::uint64_t good = each_piece(
      [this](std::uint64_t offset, char* to, std::size_t count) { return journal_->read(offset, to, count); },
      journal_->size(), take);
  if (good < journal_->size()) journal_->cut(good);
  if (good == 0) journal_->append(head());
}

void HeaderStore::keep(HeaderEntry entry, const std::string& common, std::string& to_append) {
  entries_.push_back(std::move(entry));
  HeaderEntry& kept = entries_.back();
  if (kept.state == HeaderState::Image) {
    const auto [known, fresh] =
        known_.emplace(core::sha256(common), static_cast<std::uint32_t>(commons_.size()));
    if (fresh) {
      commons_.push_back(common);
      if (journal_) to_append += piece("C" + common);
    }
    kept.common = known->second;
  }
  if (!journal_) return;
  std::string bytes = "F";
  json::to_cbor(
      {kept.path, kept.stamp.bytes, kept.stamp.mtime_ns, static_cast<int>(kept.state), kept.common, kept.own},
      bytes);
  to_append += piece(bytes);
}

std::size_t HeaderStore::read(const std::vector<fs::path>& files, const core::Context& context) {
  const std::size_t first = entries_.size();
  const Rate rate(files.size());
  entries_.reserve(first + files.size());
  std::size_t fresh = 0;
  for (std::size_t from = 0; from < files.size(); from += kBatch) {
    context.check_stop();
    rate.report(context, from, fresh);
    const std::size_t count = std::min(kBatch, files.size() - from);
    std::vector<Read> batch(count);
    core::parallel_for(
        static_cast<std::int64_t>(count), context.threads, [&](std::int64_t begin, std::int64_t end) {
          for (auto n = static_cast<std::size_t>(begin); n < static_cast<std::size_t>(end); ++n) {
            context.check_stop();
            const fs::path& file = files[from + n];
            const FileStamp stamp = stamp_of(file);
            const auto old = old_.find(file.string());
            // A broken file is tried again: what was wrong may not be in it.
            batch[n].reused =
                old != old_.end() && old->second.state != HeaderState::Broken && stamp == old->second.stamp;
            if (!batch[n].reused) batch[n] = read_one(file, stamp);
          }
        });
    std::string to_append;
    for (std::size_t n = 0; n < count; ++n) {
      if (batch[n].reused) {
        const auto old = old_.find(files[from + n].string());
        if (old == old_.end()) throw core::Error(core::ErrorKind::Internal, "a file stands in a list twice");
        entries_.push_back(std::move(old->second));
        old_.erase(old);
        ++reused_;
      } else {
        keep(std::move(batch[n].entry), batch[n].common, to_append);
        ++fresh;
      }
    }
    if (!to_append.empty()) journal_->append(to_append);
  }
  rate.report(context, files.size(), fresh);
  return first;
}

DicomImage HeaderStore::image(std::size_t n) const {
  return image_of(commons_[entries_[n].common], entries_[n].own, entries_[n].path);
}

void HeaderStore::tidy() {
  if (!journal_ || old_.empty()) return;
  std::vector<HeaderEntry> entries = std::move(entries_);
  const std::vector<std::string> commons = std::move(commons_);
  entries_.clear();
  commons_.clear();
  known_.clear();
  old_.clear();
  journal_->cut(0);
  std::string bytes = head();
  for (HeaderEntry& entry : entries) {
    const bool image = entry.state == HeaderState::Image;
    const std::string common = image ? commons[entry.common] : std::string();
    keep(std::move(entry), common, bytes);
    if (bytes.size() > (1U << 20)) {
      journal_->append(bytes);
      bytes.clear();
    }
  }
  journal_->append(bytes);
}

}  // namespace isoscan::io
