#include "isoscan/stages/chains.hpp"

#include "isoscan/stages/stages.hpp"

namespace isoscan::stages {

namespace {

constexpr const char* kCompleteSite = "complete-site/complete.isosite";

void add_outputs(pipeline::Chain& chain, const RunOptions& options, const std::string& model_port) {
  chain.push_back(apply_stage(options, model_port));
  chain.push_back(measure_stage(options, model_port));
  chain.push_back(page_stage(options, model_port));
}

}  // namespace

pipeline::Chain reference_chain(const RunOptions& options) {
  return {survey_stage(), reference_spacing_stage(options), prepare_stage(),
          summarize_reference_stage(options), fit_reference_stage(options)};
}

pipeline::Chain adapt_chain(const RunOptions& options) {
  pipeline::Chain chain{survey_stage(), site_spacing_stage(), prepare_stage()};
  if (options.plausibility) chain.push_back(plausible_stage("shared/reference"));
  chain.push_back(summarize_site_stage(options));
  chain.push_back(fit_site_stage(options));
  return chain;
}

pipeline::Chain apply_chain(const RunOptions& options) {
  pipeline::Chain chain{survey_stage(), complete_site_stage(), model_spacing_stage(), prepare_stage()};
  if (options.plausibility) chain.push_back(plausible_stage(kCompleteSite));
  add_outputs(chain, options, kCompleteSite);
  return chain;
}

pipeline::Chain harmonize_chain(const RunOptions& options) {
  pipeline::Chain chain = adapt_chain(options);
  add_outputs(chain, options, "fit-site/complete.isosite");
  return chain;
}

}  // namespace isoscan::stages
