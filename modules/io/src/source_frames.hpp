/// @file Attributes of the frames behind a volume's slices, wherever classic and Enhanced objects keep them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dicom_file.hpp"
#include "dicom_image.hpp"

namespace isoscan::io {

/// Opens the files one at a time; headers alone.
class SourceFrames {
 public:
  explicit SourceFrames(const std::vector<DicomImage>& images) : images_(images) {}

  /// What is asked for from now on is of this frame. @throws Error(Input|Io).
  void go_to(const DicomFrame& frame);

  [[nodiscard]] const DicomImage& image() const { return images_[image_]; }
  /// The data set's own attribute.
  [[nodiscard]] std::string text(DicomTag tag) const;
  [[nodiscard]] bool has(DicomTag tag) const;
  /// Of the functional groups of the frame, else of those shared by all, else of the data set (`tag`).
  /// @param enhanced  the attribute in the group, where that is another than `tag`
  [[nodiscard]] std::string text(DicomTag tag, DicomTag group, DicomTag enhanced) const;

 private:
  const std::vector<DicomImage>& images_;
  std::size_t image_ = SIZE_MAX;
  std::unique_ptr<DicomFile> file_;
  std::optional<DicomItem> shared_;
  std::vector<DicomItem> per_frame_;
  std::optional<DicomItem> frame_;
};

}  // namespace isoscan::io
