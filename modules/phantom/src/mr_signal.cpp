#include "isoscan/phantom/mr_signal.hpp"

#include <cmath>
#include <numbers>

#include "isoscan/core/error.hpp"

namespace isoscan::phantom {

namespace {

/// m -> gain * m + offset, the longitudinal magnetisation before and after.
struct Step {
  double gain = 1.0;
  double offset = 0.0;

  [[nodiscard]] Step then(const Step& next) const {
    return {next.gain * gain, next.gain * offset + next.offset};
  }
};

Step recovery(double time_ms, double t1_ms) {
  const double e = std::exp(-time_ms / t1_ms);
  return {e, 1.0 - e};
}

Step train(const Step& one, int count) {
  Step all;
  for (int n = 0; n < count; ++n) all = all.then(one);
  return all;
}

}  // namespace

const char* Mprage::problem() const {
  if (!(repetition_ms > 0.0) || !(inversion_ms > 0.0) || !(echo_ms > 0.0) || !(spacing_ms > 0.0)) {
    return "MPRAGE: times must be above 0";
  }
  if (!(flip_degrees > 0.0 && flip_degrees <= 90.0))
    return "MPRAGE: the flip angle must lie in 0..90 degrees";
  if (excitations < 1 || excitations > 2000) return "MPRAGE: 1..2000 excitations";
  if (!(inversion_efficiency >= 0.0 && inversion_efficiency <= 1.0))
    return "MPRAGE: inversion efficiency must lie in 0..1";
  const double half = 0.5 * excitations * spacing_ms;
  if (inversion_ms < half) return "MPRAGE: the train starts before the inversion";
  if (inversion_ms + half > repetition_ms) return "MPRAGE: the train does not fit into the repetition time";
  return "";
}

double mprage_signal(const Relaxation& tissue, const Mprage& protocol) {
  if (*protocol.problem() != '\0') throw core::Error(core::ErrorKind::Config, protocol.problem());
  const double flip = protocol.flip_degrees * std::numbers::pi / 180.0;
  const int before = protocol.excitations / 2;
  const int after = protocol.excitations - before;
  const Step invert{-protocol.inversion_efficiency, 0.0};
  const Step pulse = Step{std::cos(flip), 0.0}.then(recovery(protocol.spacing_ms, tissue.t1_ms));
  const double wait_ms = protocol.inversion_ms - before * protocol.spacing_ms;
  const double rest_ms = protocol.repetition_ms - protocol.inversion_ms - after * protocol.spacing_ms;
  const Step to_centre = invert.then(recovery(wait_ms, tissue.t1_ms)).then(train(pulse, before));
  const Step cycle = to_centre.then(train(pulse, after)).then(recovery(rest_ms, tissue.t1_ms));
  const double steady = cycle.offset / (1.0 - cycle.gain);
  const double at_centre = to_centre.gain * steady + to_centre.offset;
  return tissue.proton_density * std::sin(flip) * std::abs(at_centre) *
         std::exp(-protocol.echo_ms / tissue.t2_star_ms);
}

}  // namespace isoscan::phantom
