#include <algorithm>

#include "output_files.hpp"
#include "sample_files.hpp"
#include "transport_flags.hpp"
#include "transport_judge.hpp"

namespace isoscan::app {

using transport::Rows;

namespace {

struct ApplyFlags {
  RunningFlags running;
  std::string map, rows, out;
};

int apply(const ApplyFlags& flags, std::stop_token stop) {
  const TransportWork work(flags.running, std::move(stop));
  require_table_name(flags.out);
  require_outputs({{"--out", flags.out, is_our_table}}, {flags.map, file_of(flags.rows).string()},
                  flags.running.overwrite);
  const transport::FittedMap map = read_map(flags.map);
  const Rows rows = read_rows(flags.rows);
  require_same_columns(rows, flags.rows, map.dim(), flags.map);
  // In blocks, so that Ctrl-C and the progress line are heard.
  constexpr std::int64_t kBlock = 65536;
  Rows moved(rows.count, rows.dim);
  for (std::int64_t first = 0; first < rows.count; first += kBlock) {
    work.context.check_stop();
    Rows block(std::min(kBlock, rows.count - first), rows.dim);
    std::copy_n(rows.row(first), block.values.size(), block.values.begin());
    const Rows done = map.apply(block, work.context.threads);
    std::copy(done.values.begin(), done.values.end(), moved.row(first));
    work.context.progress.report(static_cast<double>(first + block.count) / static_cast<double>(rows.count));
  }
  transport::require_usable(moved, "the moved rows of " + flags.rows);
  write_rows(flags.out, moved);
  work.done();
  work.say(std::to_string(rows.count) + " rows moved, in " + flags.out);
  return 0;
}

}  // namespace

void add_transport_apply(CLI::App& group, Action& chosen) {
  auto* command = group.add_subcommand("apply", "Move rows by a map");
  const auto flags = std::make_shared<ApplyFlags>();
  command->add_option("--map", flags->map, "Map of `isoscan transport fit` (.safetensors)")->required();
  command->add_option("--rows", flags->rows, std::string("Rows to move: ") + kTableHelp)->required();
  command->add_option("--out", flags->out, "Moved rows to write, float32 (.npy or .safetensors)")->required();
  flags->running.add_overwrite(*command);
  flags->running.add_threads(*command);
  on_choice(*command, flags, apply, chosen);
  command->footer(
      "examples:\n"
      "  isoscan transport apply --map map.safetensors --rows X.npy --out moved.npy\n"
      "  isoscan transport apply --map map.safetensors --rows all.safetensors:X --out moved.npy "
      "--overwrite\n\n"
      "A .npy file does not say who wrote it: one that is there already is replaced with --overwrite only.");
}

}  // namespace isoscan::app
