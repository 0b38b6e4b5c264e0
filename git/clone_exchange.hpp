#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// What the daemon and the helper of one clone say to each other: an order in a variable of the helper's
/// environment, then lines of JSON on its standard output: any number of progress, one result.
namespace sandboxd::git {

/// The variable that holds the order.
inline constexpr const char* order_variable = "SANDBOXD_GIT_ORDER";

struct clone_order {
  std::string url;
  std::string directory; ///< relative to where the helper is started
  std::string branch;    ///< or tag; empty: what the remote's HEAD names
  std::optional<std::int64_t> depth;
  std::vector<std::string> schemes; ///< that are allowed
};

struct clone_progress {
  /// "receiving", "resolving", "checkout", or what git says.
  std::string phase;
  std::int64_t done = 0;
  std::int64_t total = 0; ///< of objects, deltas or files; 0: not known
  std::int64_t bytes = 0; ///< received so far
};

struct clone_result {
  int exit_code = 0; ///< of `git clone` in the same case
  /// What git would have written, without progress and without credentials.
  std::string standard_error;
  std::string branch; ///< that is checked out; empty: none (a tag, or HEAD is detached)
  std::string cause;  ///< of a failure, finer than what git tells; one word
  std::string notice; ///< what the client should know of a success
};

using worker_message = std::variant<clone_progress, clone_result>;

/// Longest line of the helper, in bytes: standard error and branch are cut far below.
inline constexpr std::size_t longest_line = 64u << 10;
/// Longest standard error that a result holds, in bytes.
inline constexpr std::size_t longest_standard_error = 8u << 10;

[[nodiscard]] std::string to_text(const clone_order& order);
/// Nothing when it is no order.
[[nodiscard]] std::optional<clone_order> parse_order(std::string_view text);

/// One line, with its end.
[[nodiscard]] std::string to_line(const worker_message& message);
/// Nothing when the line is none of ours: the session's shell may have printed, too.
[[nodiscard]] std::optional<worker_message> parse_line(std::string_view line);

/// Puts the pieces of an output together to lines.
class line_splitter {
public:
  /// The lines that `bytes` complete, without their ends. A line longer than `longest_line` is dropped.
  [[nodiscard]] std::vector<std::string> feed(std::string_view bytes);

private:
  std::string begun_;
  bool too_long_ = false;
};

} // namespace sandboxd::git
