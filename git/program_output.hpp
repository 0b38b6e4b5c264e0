#pragma once

#include "git/clone_exchange.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sandboxd::git {

/// One report of `git clone --progress`, such as "Receiving objects:  45% (123/271), 1.20 MiB | 3.00 MiB/s";
/// nothing for other lines.
[[nodiscard]] std::optional<clone_progress> parse_progress(std::string_view line);

/// Tells progress from messages in what `git clone --progress` writes.
class program_output {
public:
  /// The progress that `bytes` complete.
  [[nodiscard]] std::vector<clone_progress> feed(std::string_view bytes);

  /// All messages so far, without progress; the last `longest_standard_error` bytes at most.
  [[nodiscard]] std::string messages() const;

private:
  void end_line(bool is_progress_end);

  std::string line_;
  std::string messages_;
  std::vector<clone_progress> found_;
};

} // namespace sandboxd::git
