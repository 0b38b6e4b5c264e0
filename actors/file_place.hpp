#pragma once

#include "launcher/descriptor.hpp"
#include "launcher/shell_place.hpp"

#include <memory>
#include <string>

namespace sandboxd::actors {

/// Where a session's files are.
struct file_place {
  /// The directory that is `/` to it (O_PATH). Never null.
  std::shared_ptr<const launcher::descriptor> root;
  /// Its shell, which knows where it is; null without one.
  std::shared_ptr<const launcher::shell_place> shell;
  /// Where relative paths count from when no shell tells. Absolute.
  std::string directory;

  /// Where relative paths count from now. Takes a system call.
  [[nodiscard]] std::string current_directory() const {
    const auto told = shell ? shell->directory() : std::nullopt;
    return told.value_or(directory);
  }
};

} // namespace sandboxd::actors
