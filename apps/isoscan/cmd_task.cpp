// What executors start; people have no use for it.
#include <memory>

#include "commands.hpp"
#include "task.hpp"
#include "task_flags.hpp"

namespace isoscan::app {

void add_task(CLI::App& program, Action& chosen) {
  const auto flags = std::make_shared<TaskFlags>();
  auto* command = add_task_flags(program, *flags);
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
