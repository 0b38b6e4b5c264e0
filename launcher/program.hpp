#pragma once

#include "launcher/descriptor.hpp"

#include <string>
#include <string_view>
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
  /// Whether there is no other place: the start then fails with `cannot_enter`.
  bool must_enter = false;
  /// Whether it keeps what confinement takes from workloads, where they are confined at all: a program of
  /// ours that makes namespaces, and confines what it runs in them itself.
  bool is_trusted = false;
};

/// The `error` of a start that failed at its directory; no errno is negative.
inline constexpr int cannot_enter = -1;

/// An unnamed file in memory that holds `text`, positioned at its start. Throws std::system_error.
descriptor memory_file(std::string_view text);

/// Writes a program into such a file, for the way to an init: its size is
/// not bounded by a socket's buffer. Throws std::system_error.
descriptor encode(const program& what);

/// Reads a program from its file. An empty `argv` means the file was not one.
program decode(int memory_file);

} // namespace sandboxd::launcher
