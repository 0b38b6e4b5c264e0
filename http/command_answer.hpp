#pragma once

#include "actors/messages.hpp"
#include "http/call.hpp"
#include "http/execute_request.hpp"

#include <memory>
#include <string>

namespace sandboxd::http {

/// Answers a request to run a command once, at the command's end.
class command_answer final : public actors::command_observer {
public:
  command_answer(call incoming, std::shared_ptr<const execute_request> wanted);

  [[nodiscard]] bool wants_live_output() const override { return false; }
  void started(actors::command_control control) override;
  void output(actors::output_stream stream, std::string bytes) override;
  void finished(actors::command_outcome outcome) override;
  void failed(actors::failure reason) override;

private:
  const call call_;
  const std::shared_ptr<const execute_request> wanted_;
};

/// Answers that a command failed, in the dialect's words. Dialect A is told which sessions there are when its
/// own is unknown (HTTP.md 4.3).
void send_command_failure(const call& incoming, const execute_request& wanted, execute_kind kind,
                          const actors::failure& reason);

} // namespace sandboxd::http
