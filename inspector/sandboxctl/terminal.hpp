#pragma once

#include "inspector/sandboxctl/styled_line.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <termios.h>
#include <vector>

namespace sandboxd::sandboxctl {

/// When colours are used.
enum class color_choice { automatic, always, never };

struct terminal_size {
  std::size_t width = 80;
  std::size_t height = 24;
};

[[nodiscard]] bool is_terminal(int descriptor);

/// Of the terminal at a descriptor; 80 times 24 when it does not tell.
[[nodiscard]] terminal_size size_of_terminal(int descriptor);

/// What standard output can show. Lines are cut only for a terminal. Colours are for terminals that have
/// them, unless the variable NO_COLOR is there. The locale must be set before.
[[nodiscard]] look look_of_output(color_choice colors);

/// Shows lines on standard output; they appear at once.
void print(const std::vector<styled_line>& lines, const look& on);
void print(const styled_line& line, const look& on);

/// A line of text that is known to be harmless, such as JSON in ASCII.
void print_raw(const std::string& text);

/// One line on standard error, `sandboxctl: ` before it.
void complain(const std::string& text);

/// The terminal's second screen, and keys as they are pressed, until its end. Output must be a terminal.
class whole_screen {
public:
  whole_screen();
  ~whole_screen();
  whole_screen(const whole_screen&) = delete;
  whole_screen& operator=(const whole_screen&) = delete;

  void show(const std::vector<styled_line>& lines, const look& on);

private:
  std::optional<termios> before_;
};

} // namespace sandboxd::sandboxctl
