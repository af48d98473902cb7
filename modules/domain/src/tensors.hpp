/// @file Shared by the three file formats of this module: checked access to named tensors and text entries.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "isoscan/core/tensor_file.hpp"
#include "isoscan/domain/reference.hpp"
#include "isoscan/domain/scan_summary.hpp"

namespace isoscan::domain {

/// Writes "kind" and "format_version"; the first thing a reader checks.
void stamp(core::TensorFile& file, std::string_view kind);
/// @throws Error(Input) where the file is of another kind or of a newer format.
void check_stamp(const core::TensorFile& file, std::string_view kind);

[[nodiscard]] const std::string& text(const core::TensorFile& file, const std::string& key);
[[nodiscard]] std::uint64_t whole_number(const core::TensorFile& file, const std::string& key);

void put(core::TensorFile& file, const std::string& name, const std::vector<double>& values);
[[nodiscard]] std::vector<double> get(const core::TensorFile& file, const std::string& name);
/// One number. @throws Error(Input) where there is another count.
void put(core::TensorFile& file, const std::string& name, double value);
[[nodiscard]] double get_number(const core::TensorFile& file, const std::string& name);

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
[[nodiscard]] LevelSummary get_level(const core::TensorFile& file, const std::string& name);

}  // namespace isoscan::domain
