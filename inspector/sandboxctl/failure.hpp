#pragma once

#include <stdexcept>
#include <string>

namespace sandboxd::sandboxctl {

/// What the program ends with.
enum class exit_code {
  done = 0,
  refused = 1, ///< by the server or the user, or the doctor found something critical
  usage = 2,
  unreachable = 3,
};

/// Why a command cannot go on: one line for standard error.
class failure : public std::runtime_error {
public:
  failure(exit_code code, const std::string& text) : std::runtime_error(text), code_(code) {}

  [[nodiscard]] exit_code code() const { return code_; }

private:
  exit_code code_;
};

/// The server does not know the endpoint: it is of another version.
class not_offered : public failure {
public:
  explicit not_offered(const std::string& text) : failure(exit_code::refused, text) {}
};

} // namespace sandboxd::sandboxctl
