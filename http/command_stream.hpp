#pragma once

#include "actors/messages.hpp"
#include "http/call.hpp"
#include "http/execute_request.hpp"
#include "http/json_document.hpp"
#include "http/output_events.hpp"
#include "http/paced_body.hpp"

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>

namespace sandboxd::http {

/// Answers a request to run a command with events as it runs (HTTP.md 4.6): `start`, then `stdout` and
/// `stderr`, at last exactly one `complete` or `error`. Before the command starts, failures are plain error
/// answers.
///
/// Memory: half of `http.stream-window-bytes` is credit for the command's raw output, the other half bounds
/// the encoded events that wait in the connection. Credit returns when its events have left for the kernel.
/// In dialect A the last event repeats all output, so it is collected besides, within the same bounds as that
/// of a unary command: beyond `session.output-memory-bytes` per stream on disk, beyond
/// `session.output-max-bytes` not at all.
class command_stream final : public actors::command_observer,
                             public std::enable_shared_from_this<command_stream> {
public:
  command_stream(call incoming, std::shared_ptr<const execute_request> wanted);

  [[nodiscard]] bool wants_live_output() const override { return true; }
  void started(actors::command_control control) override;
  void output(actors::output_stream stream, std::string bytes) override;
  void finished(actors::command_outcome outcome) override;
  void failed(actors::failure reason) override;

private:
  void open(const actors::command_control& control);
  void client_gone(const actors::command_control& control);
  void keep(actors::output_stream stream, const std::string& bytes);
  void end_with(json_document last_event);
  void pump();
  [[nodiscard]] body_piece next_piece();

  [[nodiscard]] bool in_a() const { return wanted_->spoken == dialect::a; }
  [[nodiscard]] std::string event_text(const output_events::event& event) const;
  [[nodiscard]] std::string command_member() const;
  [[nodiscard]] json_document complete_event(int exit_code);
  [[nodiscard]] json_document error_event(const actors::failure& reason) const;

  const call call_;
  const std::shared_ptr<const execute_request> wanted_;
  /// Of the raw output, and again of the encoded events.
  const std::size_t half_window_;
  const std::size_t largest_data_;
  /// `"command":"..."`, which dialect A finds in every event; empty in dialect B.
  const std::string command_member_;

  /// Touched by the observer's calls only, which never overlap.
  bool opened_ = false;

  /// Guards what follows: the actors' threads fill it, the connection's thread takes from it.
  std::mutex mutex_;
  bool gone_ = false;
  bool ended_ = false;
  std::string start_event_;
  output_events events_;
  json_document last_event_{json_charset::ascii};
  std::shared_ptr<actors::captured_output> kept_out_;
  std::shared_ptr<actors::captured_output> kept_err_;
  /// Weak, because the body, which holds the stream, holds this object as its source.
  std::weak_ptr<paced_body> body_;
  std::weak_ptr<response_stream> stream_;
};

} // namespace sandboxd::http
