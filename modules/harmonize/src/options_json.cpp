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

Json to_json(const RestoreOptions& options) {
  return Json::Object{{"rung", std::string(name(options.rung))},
                      {"shared_share", options.shared_share},
                      {"prior", options.prior},
                      {"weights_steps", options.weights.steps},
                      {"weights_sites", options.weights.sites},
                      {"weights_rows", options.weights.rows},
                      {"weights_rate", options.weights.rate},
                      {"weights_average", options.weights.average},
                      {"rounds", options.acquisition.rounds},
                      {"filter_rounds", options.acquisition.filter_rounds},
                      {"shrink", options.acquisition.shrink},
                      {"ball", options.patches.ball},
                      {"surroundings", Json::array(options.patches.surroundings)},
                      {"hidden", Json::array(options.network.hidden)},
                      {"steps", options.network.steps},
                      {"batch", options.network.batch},
                      {"rate", options.network.rate},
                      {"basis_every", options.network.basis_every},
                      {"average", options.network.average},
                      {"people", options.people},
                      {"scans", options.scans},
                      {"rows", options.rows},
                      {"jitter", options.jitter},
                      {"field", options.field},
                      {"spots_per_ml", options.spots_per_ml},
                      {"spot_rows", options.spot_rows},
                      {"atlas", options.atlas},
                      {"match_resolution", options.match_resolution},
                      {"edge_energy", options.edge_energy},
                      {"check_scans", options.check_scans},
                      {"error_coverage", options.uncertainty.coverage},
                      {"error_branches", Json::array(options.uncertainty.branches)},
                      {"error_rows", options.uncertainty.rows}};
}

Json to_json(const SharedOptions& options) {
  const phantom::SiteRanges& r = options.ranges;
  Json ranges{Json::Object{{"thick_share", r.thick_share}, {"median_share", r.median_share}}};
  const std::pair<const char*, const phantom::Interval*> intervals[] = {{"csf", &r.csf},
                                                                        {"grey", &r.grey},
                                                                        {"deep_grey", &r.deep_grey},
                                                                        {"gamma", &r.gamma},
                                                                        {"bias", &r.bias},
                                                                        {"blur", &r.blur},
                                                                        {"noise", &r.noise},
                                                                        {"axis_blur", &r.axis_blur},
                                                                        {"colour", &r.colour},
                                                                        {"ringing", &r.ringing},
                                                                        {"ghost", &r.ghost},
                                                                        {"gap", &r.gap},
                                                                        {"sharpening", &r.sharpening}};
  for (const auto& [key, i] : intervals) ranges[key] = Json::array(std::vector<double>{i->low, i->high});
  const std::pair<const char*, double> shares[] = {
      {"coils_share", r.coils_share},          {"blur_share", r.blur_share},
      {"axis_blur_share", r.axis_blur_share},  {"noise_share", r.noise_share},
      {"coloured_share", r.coloured_share},    {"ringing_share", r.ringing_share},
      {"ghost_share", r.ghost_share},          {"gap_share", r.gap_share},
      {"sharpening_share", r.sharpening_share}};
  for (const auto& [key, share] : shares) ranges[key] = share;
  return Json::Object{{"ranges", ranges},
                      {"sites", options.sites},
                      {"held_out", options.held_out},
                      {"scans", options.scans},
                      {"rows", options.rows},
                      {"spot_rows", options.spot_rows},
                      {"spots_per_ml", options.spots_per_ml},
                      {"ball", options.patches.ball},
                      {"surroundings", Json::array(options.patches.surroundings)},
                      {"hidden", Json::array(options.network.hidden)},
                      {"hyper_hidden", Json::array(options.network.hyper_hidden)},
                      {"bottleneck", options.network.bottleneck},
                      {"steps", options.network.steps},
                      {"sites_a_step", options.network.sites},
                      {"rows_a_site", options.network.rows},
                      {"rate", options.network.rate},
                      {"basis_every", options.network.basis_every},
                      {"average", options.network.average},
                      {"drop", options.network.drop},
                      {"judge_every", options.network.judge_every}};
}

Json to_json(const domain::Acquisition& acquisition) {
  const auto number = [](const domain::Estimate& e) {
    return Json(Json::Object{{"value", e.value}, {"sd", e.sd}});
  };
  return Json::Object{{"contrast_csf", number(acquisition.contrast[0])},
                      {"contrast_gm", number(acquisition.contrast[1])},
                      {"contrast_wm", number(acquisition.contrast[2])},
                      {"blur_x_voxels2", number(acquisition.blur[0])},
                      {"blur_y_voxels2", number(acquisition.blur[1])},
                      {"blur_z_voxels2", number(acquisition.blur[2])},
                      {"noise_variance", number(acquisition.noise_variance)},
                      {"filter", !acquisition.detail.empty()},
                      {"filter_finer_voxels2",
                       Json::array(std::vector<double>(acquisition.finer.begin(), acquisition.finer.end()))}};
}

}  // namespace isoscan::harmonize
