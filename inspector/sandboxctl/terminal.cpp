#include "inspector/sandboxctl/terminal.hpp"

#include "inspector/sandboxctl/visible_text.hpp"

#include <cstdio>
#include <cstdlib>
#include <langinfo.h>
#include <string_view>
#include <sys/ioctl.h>
#include <unistd.h>

namespace sandboxd::sandboxctl {

namespace {

// Without wrapping, wide characters cannot push lines down.
constexpr std::string_view enter = "\x1b[?1049h\x1b[?25l\x1b[?7l";
constexpr std::string_view leave = "\x1b[?7h\x1b[?25h\x1b[?1049l";

void write_out(std::string_view bytes) {
  std::fwrite(bytes.data(), 1, bytes.size(), stdout);
  std::fflush(stdout);
}

bool has_colors(color_choice choice) {
  if (choice != color_choice::automatic)
    return choice == color_choice::always;
  const char* const no_color = std::getenv("NO_COLOR");
  const char* const kind = std::getenv("TERM");
  return is_terminal(STDOUT_FILENO) && (no_color == nullptr || *no_color == '\0') && kind != nullptr &&
         std::string_view(kind) != "dumb";
}

bool is_utf8() {
  return std::string_view(nl_langinfo(CODESET)) == "UTF-8";
}

} // namespace

bool is_terminal(int descriptor) {
  return ::isatty(descriptor) == 1;
}

terminal_size size_of_terminal(int descriptor) {
  winsize size{};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
    return {};
  return {size.ws_col, size.ws_row};
}

look look_of_output(color_choice colors) {
  look made{.has_colors = has_colors(colors), .is_utf8 = is_utf8()};
  if (is_terminal(STDOUT_FILENO))
    made.width = size_of_terminal(STDOUT_FILENO).width;
  return made;
}

void print(const std::vector<styled_line>& lines, const look& on) {
  write_out(painted(lines, on));
}

void print(const styled_line& line, const look& on) {
  write_out(line.painted(on) + '\n');
}

void print_raw(const std::string& text) {
  write_out(text + '\n');
}

void complain(const std::string& text) {
  const auto shown = visible(text);
  std::fprintf(stderr, "sandboxctl: %s\n", (is_utf8() ? shown : as_ascii(shown)).c_str());
}

whole_screen::whole_screen() {
  termios mode{};
  if (::tcgetattr(STDIN_FILENO, &mode) == 0) {
    before_ = mode;
    mode.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &mode);
  }
  write_out(enter);
}

whole_screen::~whole_screen() {
  write_out(leave);
  if (before_)
    ::tcsetattr(STDIN_FILENO, TCSANOW, &*before_);
}

void whole_screen::show(const std::vector<styled_line>& lines, const look& on) {
  // Erased before, not behind, where the cursor may still be on the last character; the last one with all
  // below.
  std::string frame = "\x1b[H";
  for (std::size_t i = 0; i < lines.size(); ++i)
    frame += (i > 0 ? "\r\n" : "") + std::string(i + 1 < lines.size() ? "\x1b[K" : "\x1b[J") +
             lines[i].painted(on);
  write_out(frame);
}

} // namespace sandboxd::sandboxctl
