#include <algorithm>

#include "isoscan/core/error.hpp"
#include "isoscan/domain/reference.hpp"
#include "isoscan/domain/site.hpp"
#include "isoscan/io/libraries.hpp"
#include "isoscan/io/scan.hpp"
#include "isoscan/stages/scan_unit.hpp"
#include "isoscan/stages/stages.hpp"

#include "function_stage.hpp"

namespace isoscan::stages {

using config::Json;

namespace {

double coarsest_edge(const std::vector<pipeline::InputItem>& surveys) {
  double edge = 0.0;
  for (const auto& item : surveys) {
    edge = std::max(edge, config::read_json(item.files.at(0)).at("coarsest_edge_mm").as_number());
  }
  return edge;
}

void write_spacing(const pipeline::StageIo& io, double spacing_mm) {
  config::write_json(io.output("spacing.json"), Json(Json::Object{{"spacing_mm", spacing_mm}}));
}

}  // namespace

StagePtr survey_stage() {
  pipeline::StageSpec spec;
  spec.name = "survey";
  spec.libraries = io::libraries();
  spec.inputs = {"source/scan"};
  spec.outputs = {"survey.json"};
  spec.needs = {1, 400, 0, 0.5};
  spec.uses_seed = false;
  return make_stage(spec, Json(Json::Object{}), [](const pipeline::StageIo& io, const core::Context&) {
    const io::LoadedScan scan = io::read_scan(scan_at(io.items("source/scan").at(0)));
    const core::Grid& grid = scan.volume.grid;
    const core::Vec3 spacing = grid.spacing_mm();
    config::write_json(io.output("survey.json"),
                       Json(Json::Object{{"size", Json::array(grid.size)},
                                         {"spacing_mm", Json::array(spacing)},
                                         {"coarsest_edge_mm", domain::coarsest_edge_mm(grid)},
                                         {"stored_as", scan.stored_as},
                                         {"notes", Json::array(scan.notes)}}));
  });
}

StagePtr reference_spacing_stage(const RunOptions& options) {
  pipeline::StageSpec spec;
  spec.name = "spacing";
  spec.scope = pipeline::Scope::Cohort;
  spec.inputs = {"survey/survey.json"};
  spec.outputs = {"spacing.json"};
  spec.needs = {1, 50, 0, 0.01};
  spec.uses_seed = false;
  const double asked = options.reference_spacing_mm;
  return make_stage(spec, Json(Json::Object{{"of", "reference"}, {"spacing_mm", asked}}),
                    [asked](const pipeline::StageIo& io, const core::Context&) {
                      const double edge = coarsest_edge(io.items("survey/survey.json"));
                      if (asked > 0.0 && asked < 0.98 * edge) {
                        throw core::Error(core::ErrorKind::Config,
                                          "the reference's scans have voxels of up to " +
                                              std::to_string(edge) + " mm; a working spacing of " +
                                              std::to_string(asked) +
                                              " mm asks for detail that they do not hold");
                      }
                      write_spacing(io, asked > 0.0 ? asked : edge);
                    });
}

StagePtr site_spacing_stage() {
  pipeline::StageSpec spec;
  spec.name = "spacing";
  spec.scope = pipeline::Scope::Site;
  spec.inputs = {"survey/survey.json", "shared/reference"};
  spec.outputs = {"spacing.json"};
  spec.needs = {1, 200, 0, 0.05};
  spec.uses_seed = false;
  return make_stage(
      spec, Json(Json::Object{{"of", "site"}}), [](const pipeline::StageIo& io, const core::Context&) {
        const auto reference = domain::load_reference(io.file("shared/reference"));
        write_spacing(io,
                      domain::working_spacing_mm(reference, coarsest_edge(io.items("survey/survey.json"))));
      });
}

StagePtr model_spacing_stage() {
  pipeline::StageSpec spec;
  spec.name = "spacing";
  spec.scope = pipeline::Scope::Cohort;
  spec.inputs = {"complete-site/complete.isosite"};
  spec.outputs = {"spacing.json"};
  spec.needs = {1, 100, 0, 0.05};
  spec.uses_seed = false;
  return make_stage(
      spec, Json(Json::Object{{"of", "site model"}}), [](const pipeline::StageIo& io, const core::Context&) {
        write_spacing(io, domain::load_site(io.file("complete-site/complete.isosite")).spacing_mm);
      });
}

}  // namespace isoscan::stages
