/// @file Ctrl-C and SIGTERM as a stop token: work ends at the next check point, nothing half-written stays.
#pragma once

#include <stop_token>

namespace isoscan::app {

/// Installs the handlers on the first call. A second Ctrl-C ends the program at once (still nothing half-written: outputs
/// appear by rename).
[[nodiscard]] std::stop_token stop_on_signal();

}  // namespace isoscan::app
