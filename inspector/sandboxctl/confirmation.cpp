#include "inspector/sandboxctl/confirmation.hpp"

#include "inspector/sandboxctl/terminal.hpp"
#include "inspector/sandboxctl/visible_text.hpp"

#include <cstdio>
#include <iostream>
#include <unistd.h>

namespace sandboxd::sandboxctl {

void require_somebody(const surroundings& with) {
  if (!with.says_yes && (!is_terminal(STDIN_FILENO) || !is_terminal(STDERR_FILENO)))
    throw failure(exit_code::usage,
                  "This changes the running server and there is no terminal to ask at; add --yes");
}

void confirm(const surroundings& with, const std::string& what_happens) {
  require_somebody(with);
  if (with.says_yes)
    return;
  const auto shown = visible(what_happens);
  // On standard error, so that the output can go elsewhere.
  std::fprintf(stderr, "%s\nGo on? [y/N] ", (with.view.is_utf8 ? shown : as_ascii(shown)).c_str());
  std::string answer;
  std::getline(std::cin, answer);
  if (answer != "y" && answer != "Y" && answer != "yes")
    throw failure(exit_code::refused, "Nothing was changed");
}

} // namespace sandboxd::sandboxctl
