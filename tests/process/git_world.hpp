#pragma once

#include "tests/support/scratch_directory.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace sandboxd::testing {

/// A program that runs beside a test and ends with this object.
class running_program {
public:
  /// `words` as for execvp(3); its standard output can be read by `first_line`.
  explicit running_program(const std::vector<std::string>& words);
  running_program(const running_program&) = delete;
  running_program& operator=(const running_program&) = delete;
  ~running_program();

  /// Waits for it; empty when the program ends without one.
  [[nodiscard]] std::string first_line();

private:
  pid_t pid_ = -1;
  int output_ = -1;
};

/// Runs a line of bash and returns what it prints; the test fails when the line does.
std::string shell(const std::string& line);

/// A port on 127.0.0.1 that was free a moment ago.
std::uint16_t free_port();

/// Whether somebody listens on the port, waiting for ten seconds.
bool listens(std::uint16_t port);

/// Repositories made by Debian's git below a directory of their own, a HOME for sessions, and servers for
/// them.
///
///     src.git      branches `main` (a.txt, d/b.txt; two commits) and `dev` (dev.txt), tag `v1` (first
///     commit) empty.git    no commit
class git_world {
public:
  git_world();

  [[nodiscard]] const std::string& root() const { return root_.path(); }
  [[nodiscard]] std::string source() const { return root_ / "repositories/src.git"; }
  [[nodiscard]] std::string home() const { return root_ / "home"; }

  /// "http://127.0.0.1:PORT"; see git_http_server.py.
  std::string http();
  /// "git://127.0.0.1:PORT"
  std::string daemon();
  /// "ssh://USER@127.0.0.1:PORT" + root of the repositories. HOME knows host and key. Nothing where no sshd
  /// is installed.
  std::optional<std::string> ssh();

  /// Ends all servers.
  void stop_servers() { servers_.clear(); }

private:
  scratch_directory root_;
  std::vector<std::unique_ptr<running_program>> servers_;
};

} // namespace sandboxd::testing
