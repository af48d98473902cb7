#include "isoscan/engine/unit.hpp"

#include <set>

namespace isoscan::pipeline {

std::string Cohort::problem() const {
  std::set<std::string> ids;
  for (const Unit& unit : units) {
    if (unit.id.empty()) return "a unit has no id";
    if (!ids.insert(unit.id).second) return "the unit '" + unit.id + "' is there twice";
  }
  return {};
}

}  // namespace isoscan::pipeline
