#pragma once

#include "inspector/sandboxctl/address.hpp"
#include "inspector/sandboxctl/commands.hpp"
#include "inspector/sandboxctl/terminal.hpp"

#include <functional>
#include <string>
#include <variant>

namespace sandboxd::sandboxctl {

/// What the user wants.
struct wish {
  address server;
  std::string token; ///< empty: none
  color_choice colors = color_choice::automatic;
  bool wants_json = false;
  bool says_yes = false;
  std::function<exit_code(const surroundings&)> command;
};

/// Text for standard output, after which there is nothing to do.
struct help_text {
  std::string text;
};

/// Reads arguments and environment. Throws `failure` when they are wrong.
[[nodiscard]] std::variant<wish, help_text> read_command_line(int argc, const char* const* argv);

} // namespace sandboxd::sandboxctl
