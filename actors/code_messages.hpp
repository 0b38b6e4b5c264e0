#pragma once

#include "actors/errors.hpp"
#include "actors/guarded_observer.hpp"
#include "actors/messages.hpp"
#include "interpreters/executor_message.hpp"
#include "interpreters/language.hpp"
#include "interpreters/rich_result.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sandboxd::actors {

using interpreters::environment_change;
using interpreters::language;
using interpreters::rich_result;

/// How the executors of one language fare.
struct pool_status {
  language spoken = language::python;
  std::size_t idle = 0;
  std::size_t starting = 0;
  std::size_t lent = 0;
  std::size_t waiting = 0;                  ///< who wants one and has none yet
  std::string circuit;                      ///< "closed", "open" or "half_open"
  std::chrono::milliseconds retry_after{0}; ///< until an open circuit lets somebody try again
  std::string problem;                      ///< why there can be none; empty: nothing known
};

/// How a code context is to be made.
struct context_options {
  language spoken = language::python;
  /// Where its code runs; if that is not there, the workspace. Empty: the workspace.
  std::string directory;
  std::vector<environment_change> environment;
  /// A JSON object: names that code finds defined.
  std::string variables = "{}";
  /// Limit for each run that brings none of its own; absent: the configured one, zero: none.
  std::optional<std::chrono::milliseconds> timeout;
};

/// A code context as clients see it.
struct context_record {
  std::string id;
  language spoken = language::python;
  std::string directory;
  std::chrono::system_clock::time_point created_at;
  std::chrono::system_clock::time_point last_used;
};

/// That there is no context of this id (any more).
[[nodiscard]] inline failure context_not_found(const std::string& id) {
  return {error_code::context_not_found, "Code context '" + id + "' not found"};
}

/// One run of code in a context.
struct run_request {
  std::string context;
  std::string code;
  /// What the client believes the context speaks; another language is refused.
  std::optional<language> spoken;
  std::vector<environment_change> environment; ///< for this run
  /// Absent: the context's, zero: none.
  std::optional<std::chrono::milliseconds> timeout;
  std::string request_id;
};

/// Lets the receiver of a run steer it. Callable from any thread; calls after the end are ignored.
struct run_control {
  /// Allows that many more bytes of output and results to be sent. Credit starts at zero.
  std::function<void(std::size_t bytes)> grant;
  /// Nobody listens any more: what still comes is dropped, and the run is interrupted if the configuration
  /// says so.
  std::function<void()> detach;
};

/// How a run ended.
struct run_outcome {
  std::optional<interpreters::executor_outcome::exception> error; ///< none: it went well
  std::uint64_t execution_count = 0;
};

/// Receives the fate of one run. Exactly one `finished` or `failed` arrives, as the last call. Calls come
/// from CAF or I/O threads, never two at once, and must not block.
class run_observer {
public:
  virtual ~run_observer() = default;

  /// It begins. `state_lost`: the context's executor was replaced since the run before, and what code had
  /// defined is gone.
  virtual void started(run_control control, bool state_lost) = 0;
  /// Bytes as they were printed; may cut a UTF-8 sequence.
  virtual void output(output_stream stream, std::string bytes) = 0;
  virtual void shown(rich_result result) = 0;
  virtual void finished(run_outcome outcome) = 0;
  /// It has not begun, or the server has lost it.
  virtual void failed(failure reason) = 0;
};

/// A `run_observer` as it travels in messages; copies share it.
using run_handle = std::shared_ptr<guarded_observer<run_observer>>;

[[nodiscard]] inline run_handle make_run_handle(std::shared_ptr<run_observer> observer) {
  return std::make_shared<guarded_observer<run_observer>>(std::move(observer),
                                                          "The run was lost inside the server");
}

} // namespace sandboxd::actors
