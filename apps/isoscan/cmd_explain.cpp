#include <iostream>
#include <memory>

#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/core/printable.hpp"

#include "commands.hpp"
#include "processor_kernels.hpp"
#include "proof.hpp"
#include "request.hpp"
#include "workflow.hpp"

namespace isoscan::app {

void add_explain(CLI::App& program, Action& chosen) {
  auto* command = program.add_subcommand("explain", "Say what would run again, and why; run nothing");
  const auto folder = std::make_shared<std::string>();
  const auto asked = std::make_shared<std::string>();
  add_run_place(*command, *folder, *asked);
  command->footer(
      "examples:\n  isoscan explain out\n  isoscan explain out --work /scratch/isoscan\n\n"
      "Of a work folder alone it explains the last run there.");
  command->callback([folder, asked, &chosen] {
    chosen = [folder, asked](std::stop_token stop) {
      const boost::filesystem::path out(*folder);
      const boost::filesystem::path work = work_of(*asked, out);
      const Request request = load_request(work, out);
      try {
        require_kernels(request.kernels);
      } catch (const core::Error& error) {
        std::cerr << "the run had --kernels " << core::printable(request.kernels)
                  << ", this looks with those of this processor: " << error.what() << '\n';
      }
      std::cout << explain_request(request, work, std::move(stop));
      return 0;
    };
  });
}

}  // namespace isoscan::app
