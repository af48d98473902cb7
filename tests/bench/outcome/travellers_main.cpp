/// Prints the travellers' table for NIfTI files: isoscan_travellers SCANNER SEED OUT.json ROLE=FILE...
/// SCANNER: mild, medium, hard, identity or a JSON file. ROLE: reference, site, test.
/// Further words, before the files: k=N keeps the first N of the site people; threads=N; spacing=MM;
/// lesions=1; oracle=0 (no restorer from true pairs); spot_rows=SHARE; spots_per_ml=NUMBER; methods=NAME
/// (that and two-pass).

#include <chrono>
#include <cstdio>
#include <string>

#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/core/files.hpp"
#include "isoscan/evaluate/travellers.hpp"
#include "isoscan/io/nifti.hpp"

#include "bench_main.hpp"

namespace {

using namespace isoscan;

int run(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: %s SCANNER SEED OUT.json [k=N] [threads=N] [spacing=MM] ROLE=FILE...\n",
                 argv[0]);
    return 2;
  }
  const boost::filesystem::path scanner = argv[1];
  evaluate::TravellersOptions options;
  options.scanner = scanner.extension() == ".json" ? phantom::scanner_from_json(core::read_file(scanner))
                                                   : phantom::preset(scanner.string());
  core::Context context;
  context.seed = static_cast<std::uint64_t>(bench::whole_of("SEED", argv[2], 0));
  std::int64_t keep = 1 << 20;
  std::vector<evaluate::Person> people;
  for (int n = 4; n < argc; ++n) {
    const std::string word = argv[n];
    const std::size_t equals = word.find('=');
    const std::string key = word.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
    if (key == "k") {
      keep = bench::whole_of(key, value, 0);
    } else if (key == "lesions") {
      options.lesions = bench::whole_of(key, value, 0) > 0;
    } else if (key == "spots_per_ml") {
      options.fit.restore.spots_per_ml = bench::number_of(key, value);
    } else if (key == "spot_rows") {
      options.fit.restore.spot_rows = bench::number_of(key, value);
    } else if (key == "oracle") {
      options.pair_oracle = bench::whole_of(key, value, 0) > 0;
    } else if (key == "methods") {  // two-pass and these: all that a quick look needs
      options.methods = {harmonize::Method::TwoPassHistogramMatch, domain::method_named(value)};
    } else if (key == "threads") {
      context.threads = static_cast<int>(bench::whole_of(key, value));
    } else if (key == "spacing") {
      options.spacing_mm = bench::number_of(key, value);
    } else {
      evaluate::Person person;
      person.role = evaluate::role_named(key);
      if (*person.role == evaluate::Role::Site && keep-- <= 0) continue;
      const boost::filesystem::path file = value;
      person.id = file.filename().string().substr(0, file.filename().string().find('.'));
      person.load = [file] { return io::read_nifti(file).volume; };
      people.push_back(std::move(person));
    }
  }
  const auto start = std::chrono::steady_clock::now();
  const evaluate::OutcomeTable table = evaluate::travellers(people, options, context);
  core::write_file(argv[3], evaluate::to_json(table));
  std::printf("%s%.0f s\n", evaluate::to_text(table).c_str(),
              std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return isoscan::bench::guarded(argc, argv, run);
}
