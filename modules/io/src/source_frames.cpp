#include "source_frames.hpp"

#include <algorithm>

#include "deidentify.hpp"
#include "derived_pixels.hpp"

namespace isoscan::io {

namespace {

constexpr unsigned kMostValues = 16;

/// Groups hold binary numbers where classic objects hold text: as text they are DS.
std::string text_in(const DicomItem& item, DicomTag tag) {
  const std::string text = item.text(tag);
  if (text.empty() || is_decimal(text)) {
    const bool fits = text.find('\\') != std::string::npos || text.size() <= 16;
    if (fits) return text;
  }
  std::string numbers;
  for (unsigned at = 0; at < kMostValues; ++at) {
    const auto value = item.number(tag, at);
    if (!value) break;
    numbers.append(at == 0 ? "" : "\\").append(ds_text(*value));
  }
  return numbers.empty() ? text : numbers;
}

}  // namespace

void SourceFrames::go_to(const DicomFrame& frame) {
  if (frame.image != image_) {
    file_ = std::make_unique<DicomFile>(images_[frame.image].file, DicomFile::Part::Header);
    image_ = frame.image;
    shared_ = file_->data().first_item({0x5200, 0x9229});
    per_frame_ = file_->data().items({0x5200, 0x9230});
  }
  frame_.reset();
  if (frame.number < per_frame_.size()) frame_ = per_frame_[frame.number];
}

std::string SourceFrames::text(DicomTag tag) const {
  return file_->data().text(tag);
}

bool SourceFrames::has(DicomTag tag) const {
  return file_->data().has(tag);
}

std::string SourceFrames::text(DicomTag tag, DicomTag group, DicomTag enhanced) const {
  if (group.group != 0) {
    const DicomTag there = enhanced.group != 0 ? enhanced : tag;
    for (const auto& groups : {frame_, shared_}) {
      if (!groups) continue;
      if (const auto item = groups->first_item(group)) {
        if (std::string value = text_in(*item, there); !value.empty()) return value;
      }
    }
  }
  return file_->data().text(tag);
}

}  // namespace isoscan::io
