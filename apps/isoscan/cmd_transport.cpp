#include "transport_flags.hpp"

namespace isoscan::app {

void add_transport(CLI::App& program, Action& chosen) {
  auto* group =
      program.add_subcommand("transport", "Optimal transport between two tables of numbers, without images");
  group->require_subcommand(1);
  group->footer(
      "examples:\n"
      "  isoscan transport fit --source X.npy --target Y.npy --out map.safetensors\n"
      "  isoscan transport apply --map map.safetensors --rows X.npy --out moved.npy\n"
      "  isoscan transport score --map map.safetensors --source X_new.npy --target Y_new.npy\n\n"
      "docs/transport-command.md teaches it by an example.");
  add_transport_fit(*group, chosen);
  add_transport_apply(*group, chosen);
  add_transport_score(*group, chosen);
}

}  // namespace isoscan::app
