#include <iostream>
#include <memory>

#include <boost/filesystem.hpp>

#include "commands.hpp"
#include "proof.hpp"
#include "request.hpp"
#include "workflow.hpp"

namespace isoscan::app {

void add_explain(CLI::App& program, Action& chosen) {
  auto* command = program.add_subcommand("explain", "Say what would run again, and why; run nothing");
  const auto folder = std::make_shared<std::string>();
  command->add_option("OUT", *folder, "Output folder of a run (or its work folder)")->required();
  command->footer("example:\n  isoscan explain out");
  command->callback([folder, &chosen] {
    chosen = [folder](std::stop_token stop) {
      const boost::filesystem::path out(*folder);
      const boost::filesystem::path work = work_of("", out);
      std::cout << explain_request(load_request(work), work, std::move(stop));
      return 0;
    };
  });
}

}  // namespace isoscan::app
