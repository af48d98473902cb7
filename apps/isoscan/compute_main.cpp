/// @file All commands, in a process that has LibTorch: `isoscan` starts it for what it does not do itself.
#include "blas_kernel.hpp"
#include "manual.hpp"
#include "program.hpp"

int main(int argc, char** argv) {
  using namespace isoscan::app;
  choose_blas_kernel(argv);
  return run_program(argc, argv, {add_demo,   add_harmonize, add_reference, add_adapt,      add_apply,
                                  add_ingest, add_convert,   add_bids,      add_evaluate,   add_explain,
                                  add_info,   add_sites,     add_transport, add_run,        add_status,
                                  add_cancel, add_plan,      add_verify,    add_provenance, add_gc,
                                  add_config, add_task,      add_manual,    add_report,     add_review});
}
