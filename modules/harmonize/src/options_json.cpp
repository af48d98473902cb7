#include "isoscan/harmonize/options_json.hpp"

namespace isoscan::harmonize {

using config::Json;

Json to_json(const FitOptions& options) {
  return Json::Object{{"band_sd_mm", Json::array(options.bands.sd_mm)},
                      {"alpha", options.bands.alpha},
                      {"rows_per_scan", options.rows_per_scan},
                      {"reference_rows", options.reference_rows}};
}

Json to_json(const EnotOptions& options) {
  return Json::Object{{"map_hidden", Json::array(options.map_hidden)},
                      {"potential_hidden", Json::array(options.potential_hidden)},
                      {"steps", options.steps},
                      {"map_steps", options.map_steps},
                      {"batch", options.batch},
                      {"map_rate", options.map_rate},
                      {"potential_rate", options.potential_rate},
                      {"expectile", options.expectile},
                      {"expectile_weight", options.expectile_weight},
                      {"start_at_gaussian", options.start_at_gaussian},
                      {"context", Json::array(options.context)},
                      {"shrink", options.shrink}};
}

}  // namespace isoscan::harmonize
