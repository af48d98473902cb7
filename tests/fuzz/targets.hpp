/// @file What is fuzzed: one function a reader, each fed with bytes that anybody may have made.
/// fuzzer_entry.cpp makes a libFuzzer program of one; replay_test.cpp runs all of them over seeds and over
/// what once was found.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace isoscan::fuzz {

/// Each returns where the bytes were read or were refused with a core::Error in one line; all else is a
/// finding: a crash, a foreign exception, an Internal error, a message of several lines, a volume that does
/// not hold what it says.
void nifti(std::string_view bytes);  ///< one .nii (or .nii.gz: the reader looks at the bytes, not the name)
void dicom(std::string_view bytes);  ///< one file: its header, then its pixels as a series of one
void dicom_series(std::string_view bytes);  ///< files one after another, parted by kFileMark: as a folder,
                                            ///< and as one series
void derived(std::string_view bytes);       ///< the same files as one series, written back as a derived one
void tensors(std::string_view bytes);       ///< safetensors, or .npy by its first bytes
void model(std::string_view
               bytes);  ///< safetensors as reference package and scans, site model and scan summary, unsealed
void json(std::string_view bytes);     ///< JSON, then every schema
void table(std::string_view bytes);    ///< a TSV table of scans beside two scans
void record(std::string_view bytes);   ///< a DICOM header as the journal keeps it, parted by kFileMark
void sidecar(std::string_view bytes);  ///< the JSON beside a NIfTI scan

/// Between the files of dicom_series.
inline constexpr std::string_view kFileMark = "\xf0ISOFILE\xf0";

struct Target {
  const char* name;
  void (*run)(std::string_view);
};
/// All of them, by name.
[[nodiscard]] const std::vector<Target>& targets();

struct Seed {
  std::string name;
  std::string bytes;
};
/// Good inputs of a target, made here: nothing of them comes from a real scan.
[[nodiscard]] std::vector<Seed> seeds(std::string_view target);

}  // namespace isoscan::fuzz
