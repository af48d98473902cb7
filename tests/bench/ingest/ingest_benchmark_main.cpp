// isoscan_ingest_benchmark SCANS STUDY CORES: one ingest; prints files, seconds, files a second and the peak
// memory of the process in MB, tab-separated.
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include <sys/resource.h>

#include "isoscan/core/error.hpp"
#include "isoscan/io/study.hpp"

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: isoscan_ingest_benchmark SCANS STUDY CORES\n", stderr);
    return 2;
  }
  try {
    isoscan::core::Context context;
    context.threads = std::atoi(argv[3]);
    const auto start = std::chrono::steady_clock::now();
    const auto summary = isoscan::io::ingest(argv[1], argv[2], {}, context);
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
    };
    int volumes = 0;
    for (const auto& [kind, count] : summary.classes) volumes += count;
    std::printf("%zu\t%zu\t%d\t%.1f\t%.0f\t%.1f\t%.0f\n", summary.files, summary.reused, volumes,
                passed.count(), static_cast<double>(summary.files) / passed.count(),
                seconds(usage.ru_utime) + seconds(usage.ru_stime),
                static_cast<double>(usage.ru_maxrss) / 1024.0);
  } catch (const isoscan::core::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return isoscan::core::exit_status(error.kind());
  }
  return 0;
}
