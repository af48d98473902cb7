/// @file Error messages without the paths of this machine, for files that travel.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "isoscan/engine/stage.hpp"

namespace isoscan::pipeline {

/// Paths of inputs become the names of their ports; every other absolute path becomes "<path>".
[[nodiscard]] std::string public_message(std::string message,
                                         const std::map<std::string, std::vector<InputItem>>& inputs);

}  // namespace isoscan::pipeline
