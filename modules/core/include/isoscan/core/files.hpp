/// @file Whole files in and out. Writing is atomic: a reader sees the old file, the new one, or none, never a
/// half.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <boost/filesystem/path.hpp>

namespace isoscan::core {

/// @throws Error(Io) naming the file: missing, a folder, unreadable; Error(Resource) above `limit_bytes`.
[[nodiscard]] std::string read_file(const boost::filesystem::path& file,
                                    std::uintmax_t limit_bytes = UINT64_MAX);

enum class Readers : std::uint8_t {
  Usual,  ///< whom the umask lets
  Owner,  ///< mode 0600
};

/// Makes the parent folders, writes beside the target, syncs, renames. @throws Error(Io) or Error(Resource,
/// disk full).
void write_file(const boost::filesystem::path& file, std::string_view bytes,
                Readers readers = Readers::Usual);

/// The same, but a file that holds these bytes already is left alone, with its times. @returns whether it
/// wrote.
bool write_if_changed(const boost::filesystem::path& file, std::string_view bytes,
                      Readers readers = Readers::Usual);

/// Whether `inner` is `outer` or lies below it, links followed; neither need be there.
/// @throws Error(Io) where one cannot be reached: a loop of links, a name that is too long.
[[nodiscard]] bool lies_in(const boost::filesystem::path& inner, const boost::filesystem::path& outer);

/// For libraries that want a file name: `write` fills a temporary file beside the target (same extension),
/// which is then renamed; on any exception it is removed and the target stays as it was.
void write_file_with(const boost::filesystem::path& file,
                     const std::function<void(const boost::filesystem::path&)>& write);

/// The same for a folder of files that are worth nothing one by one: `write` fills a temporary folder beside
/// the target, whose files are flushed to disk; then it takes the target's place. What was there before goes
/// only then: whoever calls has made sure that it may.
void write_folder_with(const boost::filesystem::path& folder,
                       const std::function<void(const boost::filesystem::path&)>& write);

}  // namespace isoscan::core
