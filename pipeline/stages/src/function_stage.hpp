#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "isoscan/config/json.hpp"
#include "isoscan/engine/stage.hpp"

namespace isoscan::stages {

/// A stage from its promise, its options and one function.
class FunctionStage final : public pipeline::Stage {
 public:
  using Run = std::function<void(const pipeline::StageIo&, const core::Context&)>;

  FunctionStage(pipeline::StageSpec spec, config::Json options, Run run)
      : spec_(std::move(spec)), options_(options.dump()), run_(std::move(run)) {}

  [[nodiscard]] const pipeline::StageSpec& spec() const noexcept override { return spec_; }
  [[nodiscard]] std::string canonical_options() const override { return options_; }
  void run(const pipeline::StageIo& io, const core::Context& context) const override { run_(io, context); }

 private:
  pipeline::StageSpec spec_;
  std::string options_;
  Run run_;
};

[[nodiscard]] inline std::shared_ptr<const pipeline::Stage> make_stage(pipeline::StageSpec spec,
                                                                       config::Json options,
                                                                       FunctionStage::Run run) {
  return std::make_shared<FunctionStage>(std::move(spec), std::move(options), std::move(run));
}

}  // namespace isoscan::stages
