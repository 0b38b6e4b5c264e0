#pragma once

#include "tests/support/census.hpp"

#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <sstream>
#include <stdlib.h>
#include <string>
#include <unistd.h>
#include <vector>

namespace sandboxd::testing {

/// Sends standard error of this process elsewhere as long as it lives.
class redirected_standard_error {
public:
  explicit redirected_standard_error(int target) : former_(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)) {
    ::dup2(target, STDERR_FILENO);
  }
  redirected_standard_error(const redirected_standard_error&) = delete;
  redirected_standard_error& operator=(const redirected_standard_error&) = delete;
  ~redirected_standard_error() {
    ::dup2(former_, STDERR_FILENO);
    ::close(former_);
  }

private:
  int former_;
};

/// A directory of its own for a test, removed at the end.
class temporary_directory {
public:
  temporary_directory() {
    std::string name = "/tmp/sandboxd-daemon-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;
  ~temporary_directory() { std::filesystem::remove_all(path_); }

  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

private:
  std::filesystem::path path_;
};

/// Opens a file to which everything written is appended.
inline int open_to_append(const std::filesystem::path& path) {
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

inline std::vector<std::string> lines_of(const std::filesystem::path& path) {
  std::vector<std::string> lines;
  std::istringstream text(read_text(path));
  for (std::string line; std::getline(text, line);)
    lines.push_back(line);
  return lines;
}

} // namespace sandboxd::testing
