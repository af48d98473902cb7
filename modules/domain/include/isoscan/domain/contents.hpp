/// @file What a package or a site file may hold: every tensor by name with its greatest size, every text by a
/// pattern. Whatever is not on the list is refused, so that no image block and no name can travel in one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "isoscan/core/tensor_file.hpp"

namespace isoscan::domain {

enum class FileKind : std::uint8_t { ReferencePackage, SiteModel };

/// @throws Error(Input) naming the tensor or entry that is not on the list of its kind, is of another type,
/// holds more numbers than it may, or is a text of another form.
void check_contents(const core::TensorFile& file, FileKind kind);

/// Bytes of what belongs together, by the first part of the tensors' names.
struct ContentPart {
  std::string name;
  std::size_t bytes = 0;  ///< of the numbers
};
/// Most bytes first; names and texts are what is left of a file's size.
[[nodiscard]] std::vector<ContentPart> parts_of(const core::TensorFile& file);

}  // namespace isoscan::domain
