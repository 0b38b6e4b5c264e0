#pragma once

#include "tests/support/sdk_client.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace sandboxd::testing {

/// One request of a worker and the one answer it got.
struct worked {
  using time_point = std::chrono::steady_clock::time_point;

  enum class answer {
    good,    ///< the command ran, in a session with the state it had
    fresh,   ///< the command ran, in a session that begins anew
    failure, ///< a well-formed error; `text` is its code
    wrong,   ///< anything else: a wrong output, no JSON, a second answer, none in time; `text` says what
  };

  std::size_t worker = 0;
  time_point sent{};
  time_point answered{};
  answer what = answer::wrong;
  std::string text;

  [[nodiscard]] bool ran() const { return what == answer::good || what == answer::fresh; }
};

/// Sessions that work while something happens to the server. Each has a thread and a connection of its own
/// and counts its commands in a shell variable, so that a lost state shows, and a command that ran twice or
/// never. Some commands only use builtins, some run programs, some are streamed; three more workers use no
/// session.
class working_sessions {
public:
  static constexpr std::size_t workers_without_session = 3;

  working_sessions(std::uint16_t port, std::size_t sessions);

  [[nodiscard]] std::size_t size() const { return workers_.size(); }

  /// Id of a worker's session; empty for one that uses none.
  [[nodiscard]] const std::string& session_of(std::size_t number) const { return workers_[number].session; }

  struct round {
    worked::time_point fault{};
    std::vector<worked> answers;
    bool recovered = false; ///< every worker had two commands run that it sent after the fault
  };

  /// Lets all work, calls `fault` once every worker had two commands run, and stops when every one had two
  /// more. No request is open and every connection is closed when it returns.
  round work_through(const std::function<void()>& fault);

private:
  enum class kind { builtin, program, stream, sessionless };

  struct worker {
    kind does = kind::builtin;
    std::string session;
    long count = 0;     ///< the session's variable, as far as the answers tell
    long uncertain = 0; ///< commands since that may have counted although they failed
    long requests = 0;
  };

  worked ask(std::size_t number, sdk_client& client);
  void answer_of_unary(worker& who, sdk_client& client, worked& result, const std::string& token);
  void answer_of_stream(worker& who, sdk_client& client, worked& result, const std::string& token);
  static void judge_output(worker& who, worked& result, const std::string& token, const std::string& output,
                           bool counts);
  static void judge_failure(worked& result, const json& body);

  std::uint16_t port_;
  std::vector<worker> workers_;
};

} // namespace sandboxd::testing
