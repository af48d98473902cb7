// isoscan_fuzz_seeds FOLDER: writes FOLDER/<target>/<seed>, so that fuzzing starts from good files.
#include <cstdio>

#include <boost/filesystem.hpp>

#include "isoscan/core/files.hpp"

#include "targets.hpp"

int main(int count, char** words) {
  if (count != 2) {
    std::fprintf(stderr, "usage: isoscan_fuzz_seeds FOLDER\n");
    return 2;
  }
  for (const isoscan::fuzz::Target& target : isoscan::fuzz::targets()) {
    for (const isoscan::fuzz::Seed& seed : isoscan::fuzz::seeds(target.name))
      isoscan::core::write_file(boost::filesystem::path(words[1]) / target.name / ("seed-" + seed.name),
                                seed.bytes);
  }
  return 0;
}
