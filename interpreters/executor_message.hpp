#pragma once

#include "interpreters/rich_result.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// What the daemon and an executor say to each other, as JSON; `launcher::executor_link` carries it.
/// The executors' side is in `python/sandboxd_executor/executor.py` and `node/executor.js`.
namespace sandboxd::interpreters {

/// A variable of an executor's environment; without a value it is taken away.
using environment_change = std::pair<std::string, std::optional<std::string>>;

/// Prepares an executor for its context. No answer: nothing in it can go wrong.
struct configure_executor {
  std::string directory; ///< where it works; if it is not there, `fallback_directory`, else "/"
  std::string fallback_directory;
  std::vector<environment_change> environment;
  std::string variables = "{}"; ///< a JSON object: names that code finds defined, and their values
  std::size_t result_limit = 0; ///< bytes of one value of a MIME bundle
};

/// Runs a cell. Answers: `executor_running` from some, any number of `executor_result`, then
/// `executor_outcome`.
struct run_cell {
  std::string code;
  std::vector<environment_change> environment; ///< for this run
  std::string source_map;                      ///< JSON; empty: the code is the user's own text
  std::string problem; ///< JSON: why the user's text could not be made `code` (`transpiler_message.hpp`)
};

/// Follows a SIGINT. No answer.
inline constexpr std::string_view interrupt_notice = R"({"type":"interrupt"})";

[[nodiscard]] std::string to_text(const configure_executor& order);
[[nodiscard]] std::string to_text(const run_cell& order);

/// It takes requests.
struct executor_ready {
  std::string version; ///< of the language's interpreter; empty for a fork
  /// It may miss a signal, and keep one for a later cell (Node's vm does, while it exchanges handlers). It
  /// never tells `executor_running`, but wants each signal to be followed by `interrupt_notice` and both to
  /// be repeated until the run ends.
  bool repeat_interrupts = false;
};

/// From now on an interrupt reaches the cell that has begun; one that comes earlier reaches nobody.
struct executor_running {};

/// Wants to know that its output has been taken, before it goes on.
struct executor_synchronizes {};

/// Shows something.
struct executor_result {
  rich_result shown;
  bool waits = true; ///< it wants to know that this has been taken, before it goes on
};

/// The end of a run.
struct executor_outcome {
  struct exception {
    std::string name;
    std::string text;
    std::vector<std::string> traceback;
    std::optional<std::int64_t> line; ///< of the innermost frame of the user's
  };
  std::optional<exception> error; ///< none: it went well
  std::uint64_t execution_count = 0;
};

using executor_event =
    std::variant<executor_ready, executor_running, executor_synchronizes, executor_result, executor_outcome>;

/// Nothing when the text is no event: the executor is broken, or user code has got hold of its descriptor.
[[nodiscard]] std::optional<executor_event> parse_executor_event(std::string_view text);

} // namespace sandboxd::interpreters
