#pragma once

#include "launcher/descriptor.hpp"

#include <string>
#include <vector>

namespace sandboxd::launcher {

/// A program as execve(2) wants it.
struct program {
  /// `argv[0]` is the path of the executable (absolute; PATH is not searched).
  std::vector<std::string> argv;
  /// "NAME=value" each; the whole environment.
  std::vector<std::string> environment;
  /// Where it starts; when that is impossible in `$HOME` of its environment, else in "/".
  std::string directory;
};

/// Writes a program into an unnamed memory file positioned at its start, for the way to an init: its size is
/// not bounded by a socket's buffer. Throws std::system_error.
descriptor encode(const program& what);

/// Reads a program from such a file. An empty `argv` means the file was not one.
program decode(int memory_file);

} // namespace sandboxd::launcher
