#pragma once

#include "actors/code_messages.hpp"
#include "http/call.hpp"
#include "http/output_events.hpp"
#include "http/paced_body.hpp"

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <variant>

namespace sandboxd::http {

/// Answers a request to run code with its events as they come (HTTP.md 9.4): `stdout`, `stderr` and `result`
/// in their order, at last exactly one `execution_complete` or `error`. What fails before the run begins is a
/// plain error answer.
///
/// Memory: half of `http.stream-window-bytes` is credit for output and results, the other half bounds the
/// encoded events that wait in the connection; a result that is larger passes alone.
class code_stream final : public actors::run_observer, public std::enable_shared_from_this<code_stream> {
public:
  code_stream(call incoming, std::string context);

  void started(actors::run_control control, bool state_lost) override;
  void output(actors::output_stream stream, std::string bytes) override;
  void shown(actors::rich_result result) override;
  void finished(actors::run_outcome outcome) override;
  void failed(actors::failure reason) override;

private:
  /// An event that is ready to be sent.
  struct ready_event {
    std::string text;
    std::size_t credit = 0;
  };
  using segment = std::variant<output_events, ready_event>;

  void add_output(actors::output_stream stream, std::string_view bytes);
  void add(ready_event event, bool is_last = false);
  void end_with(const std::string& event);
  void client_gone(const actors::run_control& control);
  void pump();
  [[nodiscard]] body_piece next_piece();
  [[nodiscard]] std::string framed(const std::string& event) const;
  [[nodiscard]] std::int64_t now_milliseconds() const;

  const call call_;
  const std::string context_;
  const std::size_t half_window_;
  const std::size_t largest_data_;

  /// Touched by the observer's calls only, which never overlap.
  bool opened_ = false;

  /// Guards what follows: the actors' threads fill it, the connection's thread takes from it.
  std::mutex mutex_;
  bool gone_ = false;
  bool ended_ = false;
  std::deque<segment> segments_;
  /// Weak, because the body, which holds the stream, holds this object as its source.
  std::weak_ptr<paced_body> body_;
};

/// What a client is told when a code context, or code in one, could not be had (HTTP.md 9.1, 9.4). `is_run`:
/// for
/// `/api/execute/code`, whose errors have a form of their own.
[[nodiscard]] error_report code_error(const call& with, const actors::failure& reason,
                                      const std::string& context, bool is_run);

} // namespace sandboxd::http
