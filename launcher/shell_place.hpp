#pragma once

#include "launcher/descriptor.hpp"

#include <memory>
#include <optional>
#include <string>
#include <sys/types.h>

namespace sandboxd::launcher {

/// Where a shell is, for who opens files as it would: its root and its working directory. Any thread; may
/// outlive the shell.
class shell_place {
public:
  /// `root`: the session's root directory (O_PATH). `process`: the shell's number on the host, while it runs.
  shell_place(std::shared_ptr<const descriptor> root, pid_t process);

  [[nodiscard]] const std::shared_ptr<const descriptor>& root() const noexcept { return root_; }

  /// The shell's number on the host.
  [[nodiscard]] pid_t process() const noexcept { return process_; }

  /// The shell's working directory at this moment, an absolute path below its root. Nothing when the shell
  /// has ended. Takes microseconds, also while the shell is busy.
  [[nodiscard]] std::optional<std::string> directory() const;

private:
  std::shared_ptr<const descriptor> root_;
  pid_t process_;
  descriptor handle_; // pidfd
};

} // namespace sandboxd::launcher
