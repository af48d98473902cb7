/// @file A small made-up head on any grid, and reports of it.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>

#include "isoscan/core/random.hpp"
#include "isoscan/report/run_report.hpp"

namespace isoscan::test {

/// Axis order and directions of a grid over the world's box around zero; `order[a]` is the world axis of
/// voxel axis a.
inline core::Grid grid_of(const std::array<int, 3>& order, const std::array<bool, 3>& reversed,
                          const core::Vec3& size_mm, const core::Vec3& spacing_mm) {
  core::Grid grid;
  grid.world_from_voxel.matrix.fill(0.0);
  for (int a = 0; a < 3; ++a) {
    const int world = order[a];
    grid.size[a] = std::llround(size_mm[world] / spacing_mm[world]);
    const double step = reversed[a] ? -spacing_mm[world] : spacing_mm[world];
    grid.world_from_voxel.matrix[static_cast<std::size_t>(3 * world + a)] = step;
    grid.world_from_voxel.offset[world] = -0.5 * step * static_cast<double>(grid.size[a] - 1);
  }
  return grid;
}

/// Ellipsoid brain (left-right 60, front-back 80, up-down 56 mm), white inside grey inside nothing, a
/// ventricle; noise.
inline report::ScanImages made_images(const core::Grid& grid, double noise = 0.03, double bound = 0.2) {
  report::ScanImages images;
  images.before = core::Volume(grid);
  images.after = core::Volume(grid);
  images.brain = core::Mask(grid);
  images.tissue.emplace();
  for (core::Volume& posterior : images.tissue->posterior) posterior = core::Volume(grid);
  core::Random random(1, "made scan");
  for (std::int64_t k = 0; k < grid.size[2]; ++k) {
    for (std::int64_t j = 0; j < grid.size[1]; ++j) {
      for (std::int64_t i = 0; i < grid.size[0]; ++i) {
        const core::Vec3 w =
            grid.world_from_voxel({static_cast<double>(i), static_cast<double>(j), static_cast<double>(k)});
        const auto radius = [&](double a, double b, double c) {
          return std::hypot(w[0] / a, w[1] / b, w[2] / c);
        };
        const std::size_t n = grid.index(i, j, k);
        const double drawn = noise * random.normal();
        if (radius(60, 80, 56) > 1.0) {
          images.before.voxels[n] = images.after->voxels[n] = static_cast<float>(std::abs(drawn));
          continue;
        }
        images.brain.voxels[n] = 1;
        const std::size_t tissue = radius(12, 24, 12) < 1.0 ? 0 : radius(50, 70, 46) < 1.0 ? 2 : 1;
        const double level = tissue == 0 ? 0.25 : tissue == 1 ? 0.65 : 1.0;
        images.tissue->posterior[tissue].voxels[n] = 1.0F;
        images.before.voxels[n] = static_cast<float>(level + drawn);
        images.after->voxels[n] = static_cast<float>(level + drawn +
                                                     (tissue == 1   ? 0.07
                                                      : tissue == 0 ? -0.04
                                                                    : 0.0));
      }
    }
  }
  images.bound = bound;
  return images;
}

/// A report whose every text is `text`, so that what a text does to the page can be seen.
inline report::ScanReport made_report(report::ScanImages images, const std::string& text) {
  report::ScanReport report;
  report.id = text;
  report.verdict = report::Verdict::Harmonized;
  report.reason = text;
  report.images = std::move(images);
  report.measures = {{text, 0.7, 0.6, "", text, report::Range{0.65, 0.75}, text},
                     {text, 0.9, {}, "", text, report::Range{0.65, 0.75}, text},
                     {text, {}, {}, text, text, {}, text}};
  report.warnings = {text};
  report.provenance.pseudonym = text;
  report.provenance.site = text;
  report.provenance.input_sha256 = text;
  report.provenance.output_sha256 = text;
  report.provenance.models = {{text, text}};
  report.provenance.versions = {{text, text}};
  report.provenance.method = text;
  report.provenance.options = text;
  report.provenance.more = {{text, text}};
  report.methods_text = text;
  report.citations = {text};
  report.index_page = text;
  return report;
}

inline const std::array<std::string, 7>& hostile_texts() {
  static const std::array<std::string, 7> texts{
      "<script>alert(1)</script>",
      "\"><img src=x onerror=alert(1)>",
      "' onmouseover='alert(1)' x='",
      "</style></title></pre><iframe src=https://example.org>{{id}} {{{style}}}",
      "javascript:alert(1)//https://example.org/%3Cscript%3E&lt;script&gt;",
      "evil\xE2\x80\xAEgnp.exe \xE2\x81\xA6\xFF\xC0\x80\x01 \x1B[31m `back`",
      std::string(20000, 'n'),
  };
  return texts;
}

}  // namespace isoscan::test
