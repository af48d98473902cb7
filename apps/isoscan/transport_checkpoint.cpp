#include "transport_checkpoint.hpp"

#include <charconv>
#include <utility>

#include <boost/filesystem.hpp>

#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;
using core::Error;
using core::ErrorKind;

namespace {

constexpr const char* kRowsKey = "rows_sha256";
constexpr const char* kTotalKey = "steps_total";
constexpr const char* kDoneKey = "steps_done";

std::string digest_of(const transport::Sample& source, const transport::Sample& target) {
  std::string parts;
  for (const transport::Sample* side : {&source, &target}) {
    for (const std::vector<float>* numbers : {&side->rows.values, &side->weights}) {
      parts +=
          core::sha256({reinterpret_cast<const char*>(numbers->data()), numbers->size() * sizeof(float)});
    }
  }
  return core::sha256(parts);
}

const std::string& entry(const core::TensorFile& file, const char* key) {
  const auto found = file.metadata.find(key);
  if (found == file.metadata.end())
    throw Error(ErrorKind::Input, "is no checkpoint of `isoscan transport fit`; give another name");
  return found->second;
}

int count_of(const core::TensorFile& file, const char* key) {
  const std::string& words = entry(file, key);
  int count = 0;
  const auto [end, error] = std::from_chars(words.data(), words.data() + words.size(), count);
  if (error != std::errc{} || end != words.data() + words.size() || count < 1)
    throw Error(ErrorKind::Input, std::string("its entry ") + key + " is no number of steps");
  return count;
}

}  // namespace

FitCheckpoint::FitCheckpoint(std::string file, const transport::Sample& source,
                             const transport::Sample& target)
    : file_(std::move(file)) {
  if (file_.empty()) return;
  if (fs::path(file_).extension() != ".safetensors")
    throw Error(ErrorKind::Config, "--checkpoint " + file_ + ": checkpoints are .safetensors files");
  rows_ = digest_of(source, target);
  if (!fs::exists(file_)) return;
  try {
    found_ = core::read_tensor_file(file_);
    const std::string& rows = entry(*found_, kRowsKey);
    core::check_seal(*found_);
    total_ = count_of(*found_, kTotalKey);
    done_ = count_of(*found_, kDoneKey);
    if (rows != rows_)
      throw Error(
          ErrorKind::Config,
          "is the checkpoint of a fit to other rows, --held-out or --seed; give another name, or remove it");
  } catch (const Error& error) {
    const std::string what = error.what();
    throw what.starts_with(file_) ? error : error.within(file_);
  }
}

void FitCheckpoint::attach(transport::FitRun& run, std::optional<int> save_every) {
  if (file_.empty()) return;
  if (save_every) run.solver.save_every = *save_every;
  run.solver.save = [this](const core::TensorFile& content) { save(content); };
  if (found_) run.solver.resume = &*found_;
  run.on_steps = [this](int steps) { total_ = steps; };
}

void FitCheckpoint::save(core::TensorFile content) {
  // The solver counts steps and seconds in one entry of its own; people and this program need the steps
  // alone.
  const std::string& solver = entry(content, "steps_seconds");
  std::string done = solver.substr(0, solver.find(' '));
  content.metadata[kDoneKey] = std::move(done);
  content.metadata[kTotalKey] = std::to_string(total_);
  content.metadata[kRowsKey] = rows_;
  core::seal(content);
  core::write_tensor_file(file_, content);
  done_ = count_of(content, kDoneKey);
}

void FitCheckpoint::remove() const {
  boost::system::error_code ignored;
  if (!file_.empty()) fs::remove(file_, ignored);
}

}  // namespace isoscan::app
