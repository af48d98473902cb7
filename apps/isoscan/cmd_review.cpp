#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include <boost/filesystem.hpp>
#include <unistd.h>

#include "isoscan/config/schema.hpp"
#include "isoscan/core/digest.hpp"
#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/core/printable.hpp"
#include "isoscan/report/report_folder.hpp"

#include "commands.hpp"
#include "ratings_file.hpp"
#include "review_server.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;
using config::Json;

namespace {

struct Flags {
  std::string out;
  int port = 0;
  std::string viewer;
  std::string export_file;
  std::string import_file;
};

/// Beside an installed program, or where scripts/browser-tools puts it in a source tree.
fs::path usual_viewer() {
  boost::system::error_code error;
  const fs::path own = fs::read_symlink("/proc/self/exe", error);
  return own.parent_path().parent_path() / "share" / "isoscan" / "niivue.umd.js";
}

/// The table that SCANS may be: paths relative to the table, or to the folder where one types for stdout.
std::string accepted_table(const fs::path& out, const fs::path& relative_to, std::size_t& count) {
  const report::RunReport run = report::read_run(out / "reports");
  std::map<std::string, std::string> outputs;
  std::map<std::string, std::string> sites;
  for (const report::RunRow& row : run.rows) {
    outputs[row.id] = row.output_sha256;
    sites[row.id] = row.site;
  }
  std::string table = "path\tsubject\tsession\tsite\tboxes\n";
  count = 0;
  const std::vector<report::Rating> ratings = read_ratings_file(out / "ratings.tsv");
  std::map<std::string, std::vector<report::ArtefactBox>> boxes;
  for (const report::Rating& rating : report::current(ratings, outputs)) {
    auto& of_scan = boxes[rating.scan];
    of_scan.insert(of_scan.end(), rating.boxes.begin(), rating.boxes.end());
  }
  for (const std::string& id : report::accepted(ratings, outputs)) {
    const fs::path status_file = out / "status" / (id + ".json");
    const Json status = config::read_json(status_file, config::Schema::Status, core::ErrorKind::Input);
    const Json* made = status.find("outputs");
    if (made == nullptr || made->items().empty()) continue;
    const std::string below = made->items().front().at("path").as_string();
    const fs::path volume = out / below;
    if (!core::lies_in(volume, out) || !fs::is_regular_file(volume) ||
        core::sha256_file(volume) != outputs.at(id))
      throw core::Error(core::ErrorKind::Input,
                        volume.string() + ": is not the output that was accepted (" + id +
                            "); run the same command again, or judge what is there now");
    // "sub-01/ses-1/anat/...": labels as BIDS writes them
    const auto label = [&](const std::string& key) {
      for (const fs::path& part : fs::path(below)) {
        if (part.string().starts_with(key)) return part.string().substr(key.size());
      }
      return std::string();
    };
    const fs::path file = fs::weakly_canonical(fs::absolute(volume));
    table += file.lexically_relative(fs::weakly_canonical(fs::absolute(relative_to))).generic_string() +
             "\t" + label("sub-") + "\t" + label("ses-") + "\t" + core::printable(sites.at(id)) + "\t" +
             report::boxes_text(boxes[id]) + "\n";
    ++count;
  }
  return table;
}

int export_accepted(const Flags& flags) {
  const bool to_stdout = flags.export_file == "-";
  const fs::path file(flags.export_file);
  std::size_t count = 0;
  const std::string table =
      accepted_table(flags.out, to_stdout ? fs::current_path() : fs::absolute(file).parent_path(), count);
  if (to_stdout) {
    std::cout << table << std::flush;
  } else {
    core::write_file(file, table);
  }
  std::cerr << count << (count == 1 ? " accepted scan" : " accepted scans")
            << (to_stdout ? std::string() : " in " + flags.export_file) << '\n';
  return 0;
}

/// What was judged on pages that were opened as files, or by another server.
int import_judgements(const Flags& flags) {
  const fs::path ratings_file = fs::path(flags.out) / "ratings.tsv";
  const std::string table = core::read_file(flags.import_file);
  const std::vector<report::Rating> ratings = report::read_ratings(table, flags.import_file);
  const auto fail = [&](const std::string& what) {
    throw core::Error(core::ErrorKind::Input, flags.import_file + ": " + what);
  };
  if (ratings.size() > report::read_ratings(table.substr(0, table.rfind('\n') + 1), flags.import_file).size())
    fail("its last line has no end; download it again, or end the line");
  if (!table.ends_with('\n')) fail("ends in the midst of a line; download it again");
  const report::RunReport run = report::read_run(fs::path(flags.out) / "reports");
  std::set<std::string> scans;
  for (const report::RunRow& row : run.rows) scans.insert(row.id);
  for (const report::Rating& rating : ratings) {
    if (scans.count(rating.scan) == 0)
      fail(rating.scan +
           " is no scan of this run; nothing was taken: name the OUT that was judged, or remove its lines");
  }
  require_writable(ratings_file);
  const std::string torn = upgrade_ratings_file(ratings_file);
  const auto [added, torn_too] = import_ratings(ratings_file, ratings);
  if (!torn.empty() || !torn_too.empty()) std::cerr << torn_line_words(ratings_file);
  std::cerr << added << (added == 1 ? " judgement" : " judgements") << " added to " << ratings_file.string()
            << ", " << ratings.size() - added << " were there before\n";
  return 0;
}

int review(const Flags& flags, std::stop_token stop) {
  if (!fs::is_directory(fs::path(flags.out) / "reports")) {
    throw core::Error(core::ErrorKind::Io,
                      flags.out +
                          ": holds no reports/; name the output folder of `isoscan harmonize`, "
                          "`apply` or `bids` (level group)");
  }
  if (!flags.import_file.empty()) return import_judgements(flags);
  if (!flags.export_file.empty()) return export_accepted(flags);
  ReviewOptions options;
  options.out = fs::absolute(flags.out);
  options.port = flags.port;
  options.viewer = flags.viewer.empty() ? usual_viewer() : fs::path(flags.viewer);
  if (!flags.viewer.empty() && !fs::is_regular_file(options.viewer))
    throw core::Error(core::ErrorKind::Io, flags.viewer + ": is no file; --viewer names niivue.umd.js");
  bool first = true;
  return serve_review(
      options,
      [&](const std::string& link) {
        std::cout << link << std::endl;
        if (!std::exchange(first, false)) return;
        std::cerr << "open this link in a browser on this machine; it works once. Enter here, or kill -USR1 "
                  << ::getpid() << ", gives another; Ctrl-C ends.\n"
                  << (fs::is_regular_file(options.viewer)
                          ? ""
                          : "3-D viewer: not installed (docs/review.md); pages work with pictures\n")
                  << std::flush;
      },
      std::move(stop));
}

}  // namespace

void add_review(CLI::App& program, Action& chosen) {
  auto* command = program.add_subcommand(
      "review", "Look at the pages of a run in a browser, and judge scans; this machine alone");
  const auto flags = std::make_shared<Flags>();
  command->add_option("OUT", flags->out, "Output folder of a run")->required();
  command->add_option("--port", flags->port, "Port on 127.0.0.1 (default: any that is free)")
      ->check(CLI::Range(0, 65535));
  command->add_option("--viewer", flags->viewer,
                      "File niivue.umd.js (default: share/isoscan beside the program)");
  auto* import = command->add_option("--import", flags->import_file,
                                     "Serve nothing; add the judgements of this table, of pages that were "
                                     "opened as files, to OUT/ratings.tsv");
  auto* exported = command->add_option(
      "--export", flags->export_file,
      "Serve nothing; write the accepted scans as a TSV table that SCANS may be (- for stdout)");
  import->excludes(exported);
  command->footer(R"(examples:
  isoscan review out                             # prints a link for the browser; Enter gives another, Ctrl-C ends
  isoscan review out --port 8642                 # for a tunnel: ssh -L 8642:127.0.0.1:8642 HOST on your machine
  isoscan review out --import ratings.tsv        # what was judged without the server; a second time adds nothing
  isoscan review out --export accepted.tsv       # scans that somebody accepted and nobody rejected or doubts,
                                                 # with the boxes that were drawn on them

Judgements are lines of OUT/ratings.tsv, which only grows; each is on the disk before the page says "Kept". Several people may
judge, also through several servers at once. docs/review.md says more.
exit status: 0 ended by Ctrl-C, exported or imported; 3 a record, ratings.tsv or the table to import is damaged, or of other
scans; 4 OUT holds no report, or the port is taken.)");
  command->callback([flags, &chosen] {
    chosen = [flags](std::stop_token stop) { return review(*flags, std::move(stop)); };
  });
}

}  // namespace isoscan::app
