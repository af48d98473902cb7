#include <iostream>
#include <memory>
#include <optional>
#include <set>
#include <string_view>

#include <boost/filesystem.hpp>

#include "isoscan/config/json.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/printable.hpp"
#include "isoscan/engine/proof.hpp"
#include "isoscan/io/derived_dicom.hpp"
#include "isoscan/report/report_folder.hpp"

#include "commands.hpp"
#include "proof.hpp"
#include "request.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;

namespace {

struct Flags {
  std::string out;
  std::string work;
  std::string key;
  bool all = false;
};

std::string count(std::size_t n, const char* one, const char* many) {
  return std::to_string(n) + " " + (n == 1 ? one : many);
}

/// Pages that `isoscan report` of another version made again: what the run's own records give.
class PagesAgain {
 public:
  explicit PagesAgain(const fs::path& out)
      : out_(out), pages_(std::make_shared<report::Pages>(out / "reports")) {}

  std::optional<std::string> operator()(const std::string& path) const {
    constexpr std::string_view kFolder = "reports/";
    if (!path.starts_with(kFolder)) return std::nullopt;
    const std::string page = path.substr(kFolder.size());
    // Of a record that the manifest does not name nobody would notice that it is forged.
    for (const std::string& record : report::Pages::records_of(page)) {
      if (fs::exists(out_ / "reports" / record) && named().count("reports/" + record) == 0)
        return std::nullopt;
    }
    return pages_->bytes(page);
  }

 private:
  const std::set<std::string>& named() const {
    if (named_->empty()) {
      const config::Json manifest = config::read_json(out_ / "manifest.json", core::ErrorKind::Input);
      for (const config::Json& output : manifest.at("outputs").items())
        named_->insert(output.at("path").as_string());
    }
    return *named_;
  }

  fs::path out_;
  std::shared_ptr<report::Pages> pages_;
  std::shared_ptr<std::set<std::string>> named_ = std::make_shared<std::set<std::string>>();
};

struct DicomCheck {
  std::vector<pipeline::BrokenLink> broken;
  std::size_t hashed = 0;
  std::size_t unchecked = 0;
};

/// Each series as its status file, itself an output of the run, says.
DicomCheck check_dicom(const fs::path& out, const fs::path& work) {
  DicomCheck found;
  fs::path folder;
  try {
    folder = load_request(work, out).dicom_out;
  } catch (const core::Error&) {
    // The work folder is of another machine, or gone.
  }
  boost::system::error_code error;
  std::set<fs::path> files;
  for (fs::directory_iterator at(out / "status", error), end; !error && at != end; at.increment(error))
    files.insert(at->path());
  for (const fs::path& file : files) {
    try {
      const config::Json status = config::read_json(file, core::ErrorKind::Input);
      const config::Json* record = status.is_object() ? status.find("derived_dicom") : nullptr;
      if (record == nullptr) continue;
      if (folder.empty() || !fs::is_directory(folder)) {
        ++found.unchecked;
        continue;
      }
      const std::string& series = record->at("folder").as_string();
      const std::string link = "derived DICOM of " + status.at("scan").as_string();
      if (!fs::is_directory(folder / series)) {
        found.broken.push_back({link, "its folder " + series + " is missing"});
        continue;
      }
      std::string digest;
      try {
        digest = io::digest_of_series(folder / series);
      } catch (const core::Error& trouble) {
        found.broken.push_back({link, std::string("cannot be hashed: ") + trouble.what()});
        continue;
      }
      ++found.hashed;
      if (digest != record->at("sha256").as_string())
        found.broken.push_back({link, "was changed after the run: " + series});
    } catch (const core::Error&) {
      // Not as it was made: its digest is in the manifest, so it is named already.
    }
  }
  return found;
}

int verify(const Flags& flags) {
  const fs::path work = work_of(flags.work, flags.out);
  const bool has_store = is_work_folder(work);
  if (!flags.work.empty() && !has_store)
    throw core::Error(core::ErrorKind::Io, work.string() + ": is no work folder of a run");
  const pipeline::Store store(work);
  pipeline::Verification found = pipeline::verify_proof(flags.out, has_store ? &store : nullptr,
                                                        kept_cohorts(cohorts_of(work, flags.out), work),
                                                        flags.key, PagesAgain(flags.out));
  const DicomCheck dicom = check_dicom(flags.out, work);
  found.broken.insert(found.broken.end(), dicom.broken.begin(), dicom.broken.end());
  std::size_t shown = 0;
  for (const pipeline::BrokenLink& link : found.broken) {
    if (shown++ > 0 && !flags.all) break;
    std::cout << "broken: " << core::printable(link.link) << ": " << core::printable(link.what) << '\n';
  }
  std::string text = "hashed " + count(found.outputs, "output", "outputs") + ", " +
                     count(found.records, "record", "records") + ", " +
                     count(found.stored, "stored result", "stored results") + " and " +
                     count(found.sources, "input", "inputs");
  if (dicom.hashed > 0) text += "; " + count(dicom.hashed, "derived DICOM series", "derived DICOM series");
  if (dicom.unchecked > 0)
    text += "; " + count(dicom.unchecked, "derived DICOM series", "derived DICOM series") +
            " not hashed, as the folder of --dicom-out is not there";
  if (found.remade > 0)
    text += "; " + count(found.remade, "page", "pages") + " made again from records (isoscan report)";
  if (!has_store) text += "; the store was not looked at, as it is not in OUT (name it with --work)";
  if (found.unrecorded > 0) text += "; " + count(found.unrecorded, "step has", "steps have") + " no record";
  if (!found.strangers.empty()) {
    text += "; " + count(found.strangers.size(), "file", "files") +
            " that no run made: " + core::printable(found.strangers.front());
  }
  if (found.gone > 0)
    text += "; " + count(found.gone, "result is", "results are") + " no longer in the store";
  if (found.unchecked > 0)
    text += "; " + count(found.unchecked, "input", "inputs") +
            " not hashed, as the work folder does not know its files";
  text += found.signature_checked                ? "; the signature holds"
          : found.is_signed && flags.key.empty() ? "; signed (give --key to check that)"
                                                 : "";
  std::cout << text << '\n';
  if (found.broken.empty()) {
    std::cout << "all links hold\n";
    return 0;
  }
  if (found.broken.size() > 1 && !flags.all)
    std::cout << count(found.broken.size() - 1, "further link is", "further links are")
              << " broken: --all names them\n";
  return core::exit_status(core::ErrorKind::Input);
}

}  // namespace

void add_verify(CLI::App& program, Action& chosen) {
  auto* command =
      program.add_subcommand("verify", "Hash all that a run read and made, and name the first change");
  const auto flags = std::make_shared<Flags>();
  add_run_place(*command, flags->out, flags->work);
  command->add_option("--key", flags->key, "PEM file of the Ed25519 key that its signature must be of");
  command->add_flag("--all", flags->all, "Name every broken link, not the first alone");
  command->footer(
      "examples:\n  isoscan verify out\n  isoscan verify out --key sign.pub.pem\n\n"
      "Exit status 0: every output, record, stored result, model and input is what it was. 3: one is not; "
      "its "
      "name and what\nis wrong stand on stdout. Nothing is changed. docs/provenance.md says what is "
      "checked.");
  command->callback([flags, &chosen] { chosen = [flags](std::stop_token) { return verify(*flags); }; });
}

}  // namespace isoscan::app
