#pragma once

#include "launcher/descriptor.hpp"

#include <string>
#include <string_view>

namespace sandboxd::launcher {

/// The file that workloads see as /etc/hosts: always the same one, since it is mounted there. One thread at a
/// time.
class hosts_file {
public:
  /// Makes it, empty, for everybody to read. Throws std::system_error.
  explicit hosts_file(std::string path);

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  /// Replaces its text. Who reads meanwhile finds the new text, at worst with empty lines below it. Throws
  /// std::system_error.
  void write(std::string_view text);

private:
  std::string path_;
  descriptor file_;
};

/// The text of the machine's /etc/hosts, empty where it cannot be read; its first MiB.
std::string hosts_of_machine();

} // namespace sandboxd::launcher
