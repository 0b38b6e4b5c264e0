#pragma once

#include "config/settings.hpp"
#include "launcher/descriptor.hpp"
#include "launcher/writing_rules.hpp"
#include "tests/support/scratch_directory.hpp"

#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sched.h>
#include <string>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sandboxd::testing {

/// Of a daemon at `isolation.level = strict` whose workloads write to its workspace and to /var/tmp alone.
inline void strict_settings(config::settings& s) {
  s.isolation.level = config::isolation_level::strict;
  s.isolation.writable = "/var/tmp";
  s.interpreter.python_program = "/usr/bin/python3";
}

/// A directory in /var/tmp that is HOME as long as this object lives: also that of the workloads of daemons
/// that start meanwhile.
class own_home {
public:
  own_home() { ::setenv("HOME", directory_.path().c_str(), 1); }
  own_home(const own_home&) = delete;
  own_home& operator=(const own_home&) = delete;
  ~own_home() { ::setenv("HOME", before_.c_str(), 1); }

  [[nodiscard]] const std::string& path() const { return directory_.path(); }

private:
  const scratch_directory directory_{"/var/tmp/"};
  const std::string before_ = std::getenv("HOME") != nullptr ? std::getenv("HOME") : "/";
};

/// Tried by a child, which tells by a pipe: its status a daemon of this process may have taken.
inline bool root_may_mount() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return false;
  const launcher::descriptor reader(ends[0]);
  launcher::descriptor writer(ends[1]);
  const pid_t child = ::fork();
  if (child == 0) {
    const bool may = ::unshare(CLONE_NEWNS) == 0 &&
                     ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                     ::mount("none", "/mnt", "tmpfs", 0, nullptr) == 0;
    ::_exit(may && ::write(writer.get(), "y", 1) == 1 ? 0 : 1);
  }
  writer.reset();
  char told = 0;
  const bool may = ::read(reader.get(), &told, 1) == 1;
  ::waitpid(child, nullptr, 0);
  return may;
}

/// Empty where there is all that it takes.
inline std::string why_not_strict() {
  if (::geteuid() != 0)
    return "needs root, to mount";
  if (!root_may_mount())
    return "not available here: root itself may not mount";
  return {};
}

inline std::string why_no_writing_rules() {
  const int problem = launcher::writing_rules_problem();
  return problem == 0 ? "" : std::string("not available here: Landlock: ") + std::strerror(problem);
}

} // namespace sandboxd::testing
