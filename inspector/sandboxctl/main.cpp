#include "inspector/sandboxctl/client.hpp"
#include "inspector/sandboxctl/command_line.hpp"
#include "inspector/sandboxctl/commands.hpp"
#include "inspector/sandboxctl/failure.hpp"
#include "inspector/sandboxctl/terminal.hpp"

#include <clocale>
#include <exception>
#include <memory>
#include <variant>

namespace {

using namespace sandboxd::sandboxctl;

exit_code run(int argc, const char* const* argv) {
  const auto read = read_command_line(argc, argv);
  if (const auto* const help = std::get_if<help_text>(&read)) {
    print_raw(help->text.substr(0, help->text.find_last_not_of('\n') + 1));
    return exit_code::done;
  }
  const auto& wanted = std::get<wish>(read);
  const auto connect = [&] { return std::make_unique<client>(wanted.server, wanted.token); };
  const auto server = connect();
  return wanted.command({.server = *server,
                         .another_client = connect,
                         .view = look_of_output(wanted.colors),
                         .wants_json = wanted.wants_json,
                         .says_yes = wanted.says_yes});
}

} // namespace

int main(int argc, char** argv) {
  std::setlocale(LC_CTYPE, "");
  try {
    return static_cast<int>(run(argc, argv));
  } catch (const failure& problem) {
    complain(problem.what());
    return static_cast<int>(problem.code());
  } catch (const std::exception& problem) {
    complain(problem.what());
    return static_cast<int>(exit_code::refused);
  }
}
