// The signal equation against a simulation pulse by pulse, and the order of tissues that every T1w scan
// shows.
#include "isoscan/phantom/mr_signal.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "isoscan/core/error.hpp"

namespace isoscan::phantom {
namespace {

/// Plays the sequence from thermal equilibrium until it repeats itself.
double simulated(const Relaxation& tissue, const Mprage& protocol) {
  const double flip = protocol.flip_degrees * M_PI / 180.0;
  const auto relax = [&](double m, double ms) { return 1.0 + (m - 1.0) * std::exp(-ms / tissue.t1_ms); };
  double m = 1.0;
  double signal = 0.0;
  const int before = protocol.excitations / 2;
  for (int shot = 0; shot < 60; ++shot) {
    m = relax(-protocol.inversion_efficiency * m, protocol.inversion_ms - before * protocol.spacing_ms);
    for (int n = 0; n < protocol.excitations; ++n) {
      if (n == before) signal = std::abs(m) * std::sin(flip);
      m = relax(m * std::cos(flip), protocol.spacing_ms);
    }
    m = relax(m, protocol.repetition_ms - protocol.inversion_ms -
                     (protocol.excitations - before) * protocol.spacing_ms);
  }
  return tissue.proton_density * signal * std::exp(-protocol.echo_ms / tissue.t2_star_ms);
}

TEST(MrSignal, AgreesWithASimulation) {
  for (const double t1 : {250.0, 840.0, 1400.0, 4200.0}) {
    const Relaxation tissue{0.8, t1, 50.0};
    EXPECT_NEAR(mprage_signal(tissue), simulated(tissue, {}), 1e-9) << t1;
    Mprage other;
    other.repetition_ms = 1900.0;
    other.excitations = 101;
    other.flip_degrees = 15.0;
    EXPECT_NEAR(mprage_signal(tissue, other), simulated(tissue, other), 1e-9) << t1;
  }
}

TEST(MrSignal, WhiteIsBrighterThanGreyThanFluid) {
  const double white = mprage_signal({0.70, 840, 53});
  const double grey = mprage_signal({0.82, 1400, 66});
  const double fluid = mprage_signal({1.00, 4200, 500});
  EXPECT_GT(white, 1.3 * grey);
  EXPECT_GT(grey, 2.0 * fluid);
}

TEST(MrSignal, RefusesWhatDoesNotFitIntoTime) {
  Mprage protocol;
  protocol.repetition_ms = 1000.0;
  EXPECT_THROW((void)mprage_signal({}, protocol), core::Error);
  protocol = {};
  protocol.inversion_ms = 300.0;
  EXPECT_THROW((void)mprage_signal({}, protocol), core::Error);
}

}  // namespace
}  // namespace isoscan::phantom
