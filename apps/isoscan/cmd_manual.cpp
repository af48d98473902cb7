#include <iostream>
#include <memory>

#include <boost/algorithm/string/replace.hpp>

#include "isoscan/core/error.hpp"
#include "isoscan/core/version.hpp"

#include "manual.hpp"
#include "processor_kernels.hpp"

namespace isoscan::app {

namespace {

/// As roff shows it: no line that begins with a dot or quote, no hyphen that breaks a flag.
std::string roff(std::string text) {
  boost::replace_all(text, "\\", "\\e");
  boost::replace_all(text, "-", "\\-");
  boost::replace_all(text, "\n.", "\n\\&.");
  boost::replace_all(text, "\n'", "\n\\&'");
  if (!text.empty() && (text.front() == '.' || text.front() == '\'')) text.insert(0, "\\&");
  return text;
}

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

void man_options(const CLI::App& command) {
  for (const CLI::Option* option : command.get_options()) {
    const std::string name = option->get_name(true, true);
    std::cout << ".TP\n.B " << roff(name) << '\n' << roff(option->get_description()) << '\n';
  }
}

void man_command(const CLI::App& command, const std::string& name) {
  std::cout << ".SS " << roff(name) << '\n' << roff(command.get_description()) << '\n';
  man_options(command);
  if (!command.get_footer().empty()) std::cout << ".PP\n.nf\n" << roff(command.get_footer()) << "\n.fi\n";
  for (const CLI::App* inner : commands_of(command)) man_command(*inner, name + " " + inner->get_name());
}

void man(const CLI::App& program) {
  std::cout << ".TH ISOSCAN 1 \"\" \"isoscan " << core::version() << "\"\n.SH NAME\nisoscan \\- "
            << roff(program.get_description()) << "\n.SH SYNOPSIS\n.B isoscan\n.I COMMAND\n[options]\n"
            << ".SH DESCRIPTION\n.nf\n"
            << roff(program.get_footer()) << "\n.fi\n.SH COMMANDS\n";
  for (const CLI::App* command : commands_of(program)) man_command(*command, command->get_name());
}

std::string words_of(const CLI::App& command) {
  std::string words;
  for (const CLI::App* inner : commands_of(command)) words += " " + inner->get_name();
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& flag : option->get_lnames()) words += " --" + flag;
  }
  words += std::string(" ") + kKernelsFlag;
  return words.empty() ? words : words.substr(1);
}

/// A case of the completion for the command and each inside of it, the inner ones first.
void bash_cases(const CLI::App& command, const std::string& name) {
  for (const CLI::App* inner : commands_of(command)) bash_cases(*inner, name + " " + inner->get_name());
  std::cout << "    '" << name << " '*) words='" << words_of(command) << "' ;;\n";
}

void bash(const CLI::App& program) {
  std::cout << "# bash completion of isoscan, made by `isoscan manual --format bash`\n_isoscan() {\n"
               "  local word=${COMP_WORDS[COMP_CWORD]} words\n"
               "  case \"${COMP_WORDS[*]:1:COMP_CWORD-1} \" in\n";
  for (const CLI::App* command : commands_of(program)) bash_cases(*command, command->get_name());
  std::cout << "    *) words='" << words_of(program)
            << "' ;;\n  esac\n  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n}\n"
               "complete -o default -F _isoscan isoscan\n";
}

}  // namespace

void add_manual(CLI::App& program, Action& chosen) {
  auto* command = program.add_subcommand("manual", "Print the manual page, or the completion of the shell");
  const auto format = std::make_shared<std::string>("man");
  command->add_option("--format", *format, "man (default) or bash");
  command->footer("examples:\n  isoscan manual | man -l -\n  source <(isoscan manual --format bash)");
  command->callback([format, &program, &chosen] {
    chosen = [format, &program](std::stop_token) {
      if (*format == "man") {
        man(program);
      } else if (*format == "bash") {
        bash(program);
      } else {
        throw core::Error(core::ErrorKind::Config,
                          "--format " + *format + ": is not known; there are man and bash");
      }
      return 0;
    };
  });
}

}  // namespace isoscan::app
