#include "cmd_evaluate.hpp"

namespace isoscan::app {

void add_evaluate(CLI::App& program, Action& chosen) {
  auto* command = program.add_subcommand("evaluate", "Outcome tables: how well harmonizing works");
  command->require_subcommand(1);
  add_evaluate_travellers(*command, chosen);
  add_evaluate_rescan(*command, chosen);
  add_evaluate_sites(*command, chosen);
  add_evaluate_controls(*command, chosen);
  add_evaluate_longitudinal(*command, chosen);
  add_evaluate_bias(*command, chosen);
}

}  // namespace isoscan::app
