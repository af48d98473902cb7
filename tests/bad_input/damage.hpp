/// @file The makers of damage, by its name.
#pragma once

#include <functional>
#include <map>
#include <string>

#include <boost/filesystem/path.hpp>

namespace isoscan::bad_input {

/// Lays damage below a folder.
using Maker = std::function<void(const boost::filesystem::path&)>;
using Makers = std::map<std::string, Maker>;

[[nodiscard]] Makers nifti_damage();
[[nodiscard]] Makers dicom_damage();
[[nodiscard]] Makers tree_damage();

/// Differs from folder to folder by their names: scans in two of them are no copies of each other.
[[nodiscard]] int seed_of(const boost::filesystem::path& folder);
/// A NIfTI of 20 x 20 x 20 voxels, of bytes that a change in `seed` changes.
[[nodiscard]] std::string good_nifti(int seed);
void write(const boost::filesystem::path& file, const std::string& bytes);

}  // namespace isoscan::bad_input
