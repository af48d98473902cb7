/// @file What the engine asks of the operating system.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/filesystem/path.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/engine/process.hpp"

namespace isoscan::pipeline {

/// Error(Io), or Error(Resource) for a full disk, with the words of errno.
[[nodiscard]] core::Error file_error(const boost::filesystem::path& file, const std::string& what, int code);

/// The OpenBLAS kernels that were chosen for this process (OPENBLAS_CORETYPE), or empty.
[[nodiscard]] std::string matrix_kernel();

void make_folders(const boost::filesystem::path& folder);
/// Flushes a file or folder to disk.
void sync(const boost::filesystem::path& path);
/// Writes all bytes to a descriptor with as few calls as the system grants.
void write_all(int descriptor, std::string_view bytes, const std::string& file);

/// Makes a file that is not there yet; not flushed to disk. Removed again where it cannot be written.
void write_new_file(const boost::filesystem::path& file, std::string_view bytes);

/// Highest resident memory of this process since the last reset, in MB (VmHWM).
[[nodiscard]] double peak_memory_mb();
/// Starts it anew from what is resident now; without effect where the kernel does not allow it.
void reset_peak_memory();

[[nodiscard]] double steady_seconds();

}  // namespace isoscan::pipeline
