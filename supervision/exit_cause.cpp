#include "supervision/exit_cause.hpp"

namespace sandboxd::supervision {

std::string_view to_string(exit_kind kind) noexcept {
  switch (kind) {
  case exit_kind::normal:
    return "normal";
  case exit_kind::shutdown:
    return "shutdown";
  case exit_kind::killed:
    return "killed";
  case exit_kind::failure:
    return "failure";
  }
  return "unknown";
}

std::string to_string(const exit_cause& cause) {
  std::string line{to_string(cause.kind)};
  if (!cause.text.empty())
    line.append(": ").append(cause.text);
  return line;
}

} // namespace sandboxd::supervision
