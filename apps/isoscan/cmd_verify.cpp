#include <iostream>
#include <memory>

#include <boost/filesystem.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/core/printable.hpp"
#include "isoscan/engine/proof.hpp"

#include "commands.hpp"
#include "proof.hpp"

namespace isoscan::app {

namespace fs = boost::filesystem;

namespace {

struct Flags {
  std::string out;
  std::string work;
  std::string key;
  bool all = false;
};

std::string count(std::size_t n, const char* one, const char* many) {
  return std::to_string(n) + " " + (n == 1 ? one : many);
}

int verify(const Flags& flags) {
  const fs::path work = work_of(flags.work, flags.out);
  const bool has_store = is_work_folder(work);
  if (!flags.work.empty() && !has_store)
    throw core::Error(core::ErrorKind::Io, work.string() + ": is no work folder of a run");
  const pipeline::Store store(work);
  const pipeline::Verification found =
      pipeline::verify_proof(flags.out, has_store ? &store : nullptr, kept_cohorts(work), flags.key);
  std::size_t shown = 0;
  for (const pipeline::BrokenLink& link : found.broken) {
    if (shown++ > 0 && !flags.all) break;
    std::cout << "broken: " << core::printable(link.link) << ": " << core::printable(link.what) << '\n';
  }
  std::string text = "hashed " + count(found.outputs, "output", "outputs") + ", " +
                     count(found.records, "record", "records") + ", " +
                     count(found.stored, "stored result", "stored results") + " and " +
                     count(found.sources, "input", "inputs");
  if (!has_store) text += "; the store was not looked at, as it is not in OUT (name it with --work)";
  if (found.unrecorded > 0) text += "; " + count(found.unrecorded, "step has", "steps have") + " no record";
  if (!found.strangers.empty()) {
    text += "; " + count(found.strangers.size(), "file", "files") +
            " that no run made: " + core::printable(found.strangers.front());
  }
  if (found.gone > 0)
    text += "; " + count(found.gone, "result is", "results are") + " no longer in the store";
  if (found.unchecked > 0)
    text += "; " + count(found.unchecked, "input", "inputs") +
            " not hashed, as the work folder does not know its files";
  text += found.signature_checked                ? "; the signature holds"
          : found.is_signed && flags.key.empty() ? "; signed (give --key to check that)"
                                                 : "";
  std::cout << text << '\n';
  if (found.broken.empty()) {
    std::cout << "all links hold\n";
    return 0;
  }
  if (found.broken.size() > 1 && !flags.all)
    std::cout << count(found.broken.size() - 1, "further link is", "further links are")
              << " broken: --all names them\n";
  return core::exit_status(core::ErrorKind::Input);
}

}  // namespace

void add_verify(CLI::App& program, Action& chosen) {
  auto* command =
      program.add_subcommand("verify", "Hash all that a run read and made, and name the first change");
  const auto flags = std::make_shared<Flags>();
  add_run_place(*command, flags->out, flags->work);
  command->add_option("--key", flags->key, "PEM file of the Ed25519 key that its signature must be of");
  command->add_flag("--all", flags->all, "Name every broken link, not the first alone");
  command->footer(
      "examples:\n  isoscan verify out\n  isoscan verify out --key sign.pub.pem\n\n"
      "Exit status 0: every output, record, stored result, model and input is what it was. 3: one is not; "
      "its "
      "name and what\nis wrong stand on stdout. Nothing is changed. docs/provenance.md says what is "
      "checked.");
  command->callback([flags, &chosen] { chosen = [flags](std::stop_token) { return verify(*flags); }; });
}

}  // namespace isoscan::app
