// What executors start; people have no use for it.
#include <memory>

#include "commands.hpp"
#include "task.hpp"

namespace isoscan::app {

void add_task(CLI::App& program, Action& chosen) {
  struct Flags {
    std::string folder;
    std::string segment;
    std::size_t index = 0;
    int attempt = 1;
  };
  auto* command = program.add_subcommand("task", "Do one task of a batch: executors start this");
  const auto flags = std::make_shared<Flags>();
  command->add_option("FOLDER", flags->folder, "Folder of the batch")->required();
  command->add_option("SEGMENT", flags->segment, "Its segment, or collect")->required();
  command->add_option("INDEX", flags->index, "Number of the task in the segment")->required();
  command->add_option("--attempt", flags->attempt, "1, or 2: with more memory, where the first did not end")
      ->check(CLI::Range(1, 2));
  command->footer("example:\n  isoscan task out/.isoscan/batch/20260131T093000123Z 1-survey 0");
  command->callback([flags, &chosen] {
    chosen = [flags](std::stop_token stop) {
      const Batch batch = load_batch(flags->folder);
      if (flags->segment == kCollect) {
        const auto before = flags->attempt > 1 ? load_end(batch) : std::nullopt;
        return before ? before->exit_status : do_collect(batch, std::move(stop));
      }
      return do_task(batch, flags->segment, flags->index, flags->attempt, std::move(stop));
    };
  });
}

}  // namespace isoscan::app
