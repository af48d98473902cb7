/// @file All commands, in a process that has LibTorch: `isoscan` starts it for what it does not do itself.
#include <iostream>

#include "isoscan/core/error.hpp"

#include "manual.hpp"
#include "processor_kernels.hpp"
#include "program.hpp"

int main(int argc, char** argv) {
  using namespace isoscan::app;
  try {
    choose_kernels(argc, argv);
  } catch (const isoscan::core::Error& error) {
    std::cerr << "isoscan: " << error.what() << '\n';
    return isoscan::core::exit_status(error.kind());
  }
  return run_program(argc, argv, {add_demo,   add_harmonize, add_reference, add_adapt,      add_apply,
                                  add_ingest, add_convert,   add_bids,      add_evaluate,   add_explain,
                                  add_info,   add_sites,     add_transport, add_run,        add_status,
                                  add_cancel, add_plan,      add_verify,    add_provenance, add_gc,
                                  add_config, add_task,      add_manual,    add_report,     add_review});
}
