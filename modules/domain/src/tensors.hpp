/// @file Shared by the three file formats of this module: checked access to named tensors and text entries.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "isoscan/core/tensor_file.hpp"
#include "isoscan/domain/reference.hpp"
#include "isoscan/domain/scan_summary.hpp"

namespace isoscan::domain {

/// Writes "kind" and "format_version"; the first thing a reader checks.
/// @param version  the first format that says all that is in it
void stamp(core::TensorFile& file, std::string_view kind, int version = 2);
/// @throws Error(Input) where the file is of another kind or of a newer format.
void check_stamp(const core::TensorFile& file, std::string_view kind);

[[nodiscard]] const std::string& text(const core::TensorFile& file, const std::string& key);
[[nodiscard]] std::uint64_t whole_number(const core::TensorFile& file, const std::string& key);
/// The entry "scans", 1 or more.
[[nodiscard]] int count_of_scans(const core::TensorFile& file);

void put(core::TensorFile& file, const std::string& name, const std::vector<double>& values);
/// A list of finite numbers; the second form of just `count`. Like all that follow: @throws Error(Input)
/// naming the tensor where it is missing, of another type or shape, or holds what it may not.
[[nodiscard]] std::vector<double> get(const core::TensorFile& file, const std::string& name);
[[nodiscard]] std::vector<double> get(const core::TensorFile& file, const std::string& name,
                                      std::size_t count);
void put(core::TensorFile& file, const std::string& name, double value);
/// One number in low..high.
[[nodiscard]] double get_number(const core::TensorFile& file, const std::string& name, double low,
                                double high);
/// One number above 0, in mm.
[[nodiscard]] double get_spacing(const core::TensorFile& file, const std::string& name);
/// SDs of Gaussians in mm: above 0, rising. May be empty.
[[nodiscard]] std::vector<double> get_band_sds(const core::TensorFile& file, const std::string& name);

/// Lists of lines and maps of numbers go under "name/0000", "name/key".
void put_lines(core::TensorFile& file, const std::string& name, const std::vector<std::string>& lines);
[[nodiscard]] std::vector<std::string> get_lines(const core::TensorFile& file, const std::string& name);
void put_map(core::TensorFile& file, const std::string& name,
             const std::map<std::string, std::vector<double>>& values);
[[nodiscard]] std::map<std::string, std::vector<double>> get_map(const core::TensorFile& file,
                                                                 const std::string& name);
void put_map(core::TensorFile& file, const std::string& name, const std::map<std::string, double>& values);
[[nodiscard]] std::map<std::string, double> get_numbers(const core::TensorFile& file,
                                                        const std::string& name);

void put_ranges(core::TensorFile& file, const std::string& name, const std::map<std::string, Range>& ranges);
[[nodiscard]] std::map<std::string, Range> get_ranges(const core::TensorFile& file, const std::string& name);

void put(core::TensorFile& file, const std::string& name, const LevelSummary& level);
/// Optional: all empty is allowed as well.
enum class Presence : std::uint8_t { Required, Optional };
[[nodiscard]] LevelSummary get_level(const core::TensorFile& file, const std::string& name,
                                     Presence presence = Presence::Required);

}  // namespace isoscan::domain
