/// @file Tables of numbers in and out: NumPy's .npy, or a tensor of a .safetensors file. And maps.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <boost/filesystem/path.hpp>

#include "isoscan/transport/fitted_map.hpp"
#include "isoscan/transport/matrix.hpp"

namespace isoscan::app {

/// @param place FILE.npy, FILE.safetensors with a single two-dimensional tensor, or FILE.safetensors:NAME.
/// One dimension is one column. Numbers become float32.
/// @throws Error(Config) on another ending; Error(Io); Error(Input) naming the file: malformed, empty, or the
/// first row and column that is not finite.
[[nodiscard]] transport::Rows read_rows(const std::string& place);
/// The same for weights: one column, one weight for each of `rows` rows, none negative. An empty place: no
/// weights.
[[nodiscard]] std::vector<float> read_weights(const std::string& place, const transport::Rows& rows);

/// The file of such a place.
[[nodiscard]] boost::filesystem::path file_of(const std::string& place);

/// By the file's ending .npy, or .safetensors with the one tensor "rows". float32, whole or not at all.
void write_rows(const boost::filesystem::path& file, const transport::Rows& rows);
/// @throws Error(Config) where the ending is another: said before work is done, not after it.
void require_table_name(const boost::filesystem::path& file);
/// Whether write_rows made the file. A .npy file does not say where it is from: never.
[[nodiscard]] bool is_our_table(const boost::filesystem::path& file);

/// Sealed, whole or not at all. @param notes metadata besides the map's own: seed, method.
void write_map(const boost::filesystem::path& file, const transport::FittedMap& map,
               const std::map<std::string, std::string>& notes);
/// @throws Error(Config) naming the flag where the ending is not .safetensors.
void require_map_name(const std::string& flag, const boost::filesystem::path& file);
/// Whether write_map made the file.
[[nodiscard]] bool is_our_map(const boost::filesystem::path& file);
/// @throws Error(Input) naming the file: no map, or damaged.
[[nodiscard]] transport::FittedMap read_map(const boost::filesystem::path& file);

}  // namespace isoscan::app
