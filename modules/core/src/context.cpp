#include "isoscan/core/context.hpp"

#include <algorithm>

#include "isoscan/core/error.hpp"

namespace isoscan::core {

void Progress::report(double fraction) const {
  if (sink_) sink_->report(from_ + (to_ - from_) * std::clamp(fraction, 0.0, 1.0), label_);
}

Progress Progress::slice(double from, double to, const std::string& label) const {
  Progress part = *this;
  part.from_ = from_ + (to_ - from_) * from;
  part.to_ = from_ + (to_ - from_) * to;
  if (!label.empty()) part.label_ = label;
  return part;
}

void Context::check_stop() const {
  if (stop.stop_requested()) throw Error(ErrorKind::Cancelled, "stopped on request");
}

Context Context::slice(double from, double to, const std::string& label) const {
  Context part = *this;
  part.progress = progress.slice(from, to, label);
  return part;
}

}  // namespace isoscan::core
