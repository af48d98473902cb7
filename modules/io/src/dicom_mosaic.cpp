#include "dicom_mosaic.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include <boost/algorithm/string.hpp>

#include "dicom_frame.hpp"
#include "dicom_tags.hpp"

namespace isoscan::io {

using core::Vec3;

namespace {

constexpr std::size_t kLargestCsa = std::size_t{1} << 20;  // 10 to 100 kB are usual
constexpr int kMostTiles = 4096;

// GDCM has a reader of CSA headers; it trusts the lengths in them, so this is an own one.
class CsaReader {
 public:
  explicit CsaReader(const std::vector<unsigned char>& bytes) : bytes_(bytes) {}

  [[nodiscard]] bool has(std::size_t count) const { return count <= bytes_.size() - at_; }
  void skip(std::size_t count) { at_ += count; }
  std::int32_t number() {
    std::int32_t value = 0;
    std::memcpy(&value, bytes_.data() + at_, sizeof(value));
    at_ += sizeof(value);
    return value;
  }
  /// Up to the first zero byte.
  std::string text(std::size_t count) {
    const auto* const from = reinterpret_cast<const char*>(bytes_.data() + at_);
    at_ += count;
    return {from, strnlen(from, count)};
  }

 private:
  const std::vector<unsigned char>& bytes_;
  std::size_t at_ = 0;
};

void take(CsaMosaic& csa, const std::string& name, const std::vector<std::string>& values) {
  std::vector<double> numbers;
  for (const std::string& value : values) {
    const std::string text = boost::trim_copy(value);
    double number = 0.0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code != std::errc() || end != text.data() + text.size() || !std::isfinite(number)) return;
    numbers.push_back(number);
  }
  if (numbers.empty()) return;
  if (name == "NumberOfImagesInMosaic" && numbers[0] >= 0.0 && numbers[0] <= kMostTiles)
    csa.tiles = static_cast<int>(numbers[0]);
  if (name == "SliceNormalVector" && numbers.size() == 3) csa.normal = numbers;
  if (name == "ProtocolSliceNumber") csa.protocol_slice = numbers[0];
}

/// Tiles of one frame over a grid; false where they do not divide it.
bool divide(DicomImage& image, int across, int down) {
  if (across < 1 || down < 1 || image.columns % across != 0 || image.rows % down != 0) return false;
  image.tiles_across = across;
  image.tiles_down = down;
  image.columns /= across;
  image.rows /= down;
  return true;
}

int ceil_root(int count) {
  int root = 1;
  while (root * root < count) ++root;
  return root;
}

void unfold_siemens(const DicomItem& data, DicomImage& image) {
  CsaMosaic csa;
  if (const auto header = data.private_tag(0x0029, "SIEMENS CSA HEADER", 0x10))
    csa = read_csa(data.bytes(*header, kLargestCsa));
  if (csa.tiles == 0) {
    if (const auto count = data.private_tag(0x0019, "SIEMENS MR HEADER", 0x0a))
      csa.tiles = static_cast<int>(data.private_short(*count).value_or(0.0));
  }
  const auto refuse = [&](const std::string& why) {
    image.no_image = "a mosaic " + why;
    image.frames.clear();
  };
  if (csa.tiles < 1 || csa.tiles > kMostTiles) {
    return refuse(
        "whose number of slices is not in its header (the private Siemens part is missing): export it again "
        "with that part, or one image a slice");
  }
  const int side = ceil_root(csa.tiles);
  const int rows = image.rows;
  const int columns = image.columns;
  if (!divide(image, side, side))
    return refuse("of " + std::to_string(csa.tiles) + " slices that do not divide its rows and columns");
  DicomFrame first = image.frames.front();
  auto step = data.number(tag::kSliceSpacing);
  if (!step || !(*step > 0.0)) {
    step = data.number(tag::kThickness);
    image.layout_warnings.emplace_back(
        "a mosaic without SpacingBetweenSlices: slices taken as one thickness apart; check the height of the "
        "head");
  }
  if (!step || !(*step > 0.0)) return refuse("whose slices have no distance in its header");
  if (!first.placed) return refuse("without a position (made for viewing): export one image a slice");
  const Vec3& r = first.along_row;
  const Vec3& c = first.along_column;
  Vec3 normal{r[1] * c[2] - r[2] * c[1], r[2] * c[0] - r[0] * c[2], r[0] * c[1] - r[1] * c[0]};
  if (csa.normal.empty()) {
    image.layout_warnings.emplace_back(
        "a mosaic without the private Siemens part that says which way its slices run: taken along the "
        "normal "
        "of its rows and columns; check head and feet");
  } else {
    const double along = normal[0] * csa.normal[0] + normal[1] * csa.normal[1] + normal[2] * csa.normal[2];
    if (std::abs(std::abs(along) - 1.0) > 1e-2)
      return refuse("whose slice normal does not fit its rows and columns");
    // The sign is the CSA header's, the direction that of the rows and columns: it has more digits.
    if (along < 0.0) normal = {-normal[0], -normal[1], -normal[2]};
  }
  if (csa.protocol_slice > 1.0) {
    image.layout_warnings.emplace_back(
        "a mosaic whose slices are numbered against the protocol: taken along its slice normal; check head "
        "and feet");
  }
  const double right = 0.5 * (columns - image.columns) * first.column_spacing_mm;
  const double down = 0.5 * (rows - image.rows) * first.row_spacing_mm;
  image.frames.clear();
  for (int t = 0; t < csa.tiles; ++t) {
    DicomFrame plane = first;
    plane.tile = static_cast<unsigned>(t);
    for (std::size_t a = 0; a < 3; ++a)
      plane.position[a] = first.position[a] + r[a] * right + c[a] * down + normal[a] * *step * t;
    image.frames.push_back(std::move(plane));
  }
}

void unfold_uih(const DicomItem& data, DicomImage& image) {
  const auto count_tag = data.private_tag(0x0065, "Image Private Header", 0x50);
  const auto items_tag = data.private_tag(0x0065, "Image Private Header", 0x51);
  const double count = count_tag ? data.private_number(*count_tag).value_or(0.0) : 0.0;
  const std::vector<DicomItem> items = items_tag ? data.items(*items_tag) : std::vector<DicomItem>{};
  const auto refuse = [&](const std::string& why) {
    image.no_image = "a grid of frames " + why;
    image.frames.clear();
  };
  const int tiles = static_cast<int>(items.size());
  if (tiles == 0 || tiles > kMostTiles || std::abs(count - tiles) > 0.5) {
    return refuse(
        "whose positions are not in its header (the private UIH part is missing): export it again with that "
        "part, or one image a slice");
  }
  const int across = ceil_root(tiles);
  if (!divide(image, across, (tiles + across - 1) / across))
    return refuse("of " + std::to_string(tiles) + " slices that do not divide its rows and columns");
  const DicomFrame first = image.frames.front();
  const auto orientation = data.numbers(tag::kOrientation, 6);
  const auto spacing = data.numbers(tag::kPixelSpacing, 2);
  image.frames.clear();
  for (int t = 0; t < tiles; ++t) {
    const DicomItem& item = items[static_cast<std::size_t>(t)];
    DicomFrame plane = first;
    plane.tile = static_cast<unsigned>(t);
    place_frame(plane, item.numbers(tag::kPosition, 3), orientation, spacing);
    plane.acquired_s = seconds_of(item.text(tag::kAcquisitionDateTime), item.text(tag::kAcquisitionDate),
                                  item.text(tag::kAcquisitionTime));
    image.frames.push_back(std::move(plane));
  }
}

}  // namespace

CsaMosaic read_csa(const std::vector<unsigned char>& bytes) {
  CsaMosaic csa;
  CsaReader in(bytes);
  if (!in.has(16)) return csa;
  const bool second = std::memcmp(bytes.data(), "SV10", 4) == 0;
  if (second) in.skip(8);
  const std::int32_t elements = in.number();
  in.skip(4);
  std::int32_t first_items = -1;
  for (std::int32_t e = 0; e < elements && in.has(84); ++e) {
    const std::string name = in.text(64);
    in.skip(12);  // multiplicity, type as text, type
    const std::int32_t items = in.number();
    in.skip(4);
    if (first_items < 0) first_items = items;
    std::vector<std::string> values;
    for (std::int32_t i = 0; i < items; ++i) {
      if (!in.has(16)) return csa;
      const std::int32_t a = in.number();
      const std::int32_t b = in.number();
      in.skip(8);
      const std::int32_t length = second ? b : a - first_items;  // CSA1 adds the first element's count
      if (length < 0) return csa;
      const std::size_t padded = (static_cast<std::size_t>(length) + 3) / 4 * 4;
      if (!in.has(padded)) return csa;
      std::string value = in.text(padded);
      if (!boost::trim_copy(value).empty()) values.push_back(std::move(value));
    }
    take(csa, name, values);
  }
  return csa;
}

void unfold_mosaic(const DicomItem& data, DicomImage& image) {
  std::vector<std::string> words;
  boost::split(words, image.frames.front().image_type, boost::is_any_of("\\"));
  const auto says = [&](const char* word) {
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  if (says("MOSAIC")) unfold_siemens(data, image);
  if (says("VFRAME")) unfold_uih(data, image);
}

}  // namespace isoscan::io
