/// @file The one place for torch's thread count.
#pragma once

namespace isoscan::transport {

/// One thread for ATen and one for its BLAS: parallel work is over rows, by core::parallel_for, which gives
/// the same bits for every thread count. Call it before work with torch begins; calls from several threads
/// are fine.
void use_torch_threads();

}  // namespace isoscan::transport
