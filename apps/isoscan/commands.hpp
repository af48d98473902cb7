/// @file The subcommands. Each adds itself to the command line and leaves what to do when it is chosen.
#pragma once

#include <functional>
#include <stop_token>

#include <CLI/CLI.hpp>

namespace isoscan::app {

/// What a chosen command does; returns the exit status. The token ends it soon.
using Action = std::function<int(std::stop_token)>;

void add_demo(CLI::App& program, Action& chosen);
void add_convert(CLI::App& program, Action& chosen);
void add_ingest(CLI::App& program, Action& chosen);
void add_reference(CLI::App& program, Action& chosen);
void add_adapt(CLI::App& program, Action& chosen);
void add_apply(CLI::App& program, Action& chosen);
void add_harmonize(CLI::App& program, Action& chosen);
void add_bids(CLI::App& program, Action& chosen);
void add_evaluate(CLI::App& program, Action& chosen);
void add_explain(CLI::App& program, Action& chosen);
void add_info(CLI::App& program, Action& chosen);
void add_sites(CLI::App& program, Action& chosen);
void add_report(CLI::App& program, Action& chosen);
void add_review(CLI::App& program, Action& chosen);
void add_transport(CLI::App& program, Action& chosen);
void add_verify(CLI::App& program, Action& chosen);
void add_provenance(CLI::App& program, Action& chosen);
void add_gc(CLI::App& program, Action& chosen);
void add_run(CLI::App& program, Action& chosen);
void add_plan(CLI::App& program, Action& chosen);
void add_status(CLI::App& program, Action& chosen);
void add_cancel(CLI::App& program, Action& chosen);
void add_config(CLI::App& program, Action& chosen);
void add_task(CLI::App& program, Action& chosen);

}  // namespace isoscan::app
