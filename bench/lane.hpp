#pragma once

#include "bench/checks.hpp"
#include "bench/client.hpp"
#include "bench/plan.hpp"
#include "bench/tally.hpp"

#include <nlohmann/json_fwd.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sandboxd::bench {

/// Requests in the form of dialect A.
std::string execute_request(std::string_view path, std::string_view session, std::string_view command);
std::string create_request(std::string_view session, std::string_view directory);
std::string end_request(const target& to, std::string_view session);
std::string start_request(std::string_view session, std::string_view process, std::string_view command);
std::string kill_request(const std::string& process);
std::string follow_request(const std::string& process);

/// A name that no other run of the client uses.
std::string unique_name(std::string_view what, std::size_t number);

/// One target in one row: its sessions and processes, conversations and results. What it needs and cannot get
/// ends the row: its members throw std::runtime_error.
class lane {
public:
  lane(target to, const row_plan& plan) : target_(std::move(to)), plan_(plan) {}
  ~lane();
  lane(const lane&) = delete;
  lane& operator=(const lane&) = delete;

  /// Asks what is needed but not measured.
  reply demand(std::string request, const answer_check& verdict) const;

  /// Sends a request when the lane ends, those given last first; nobody looks at the answer.
  void at_end(std::string request) { farewells_.push_back(std::move(request)); }

  /// Creates a session that is ended with the lane.
  std::string new_session();

  /// Runs a command that prints nothing.
  void prepare(const std::string& session, const std::string& command) const;

  /// Makes a file of `sample_text`.
  void make_text_file(const std::string& session, const std::string& file, std::size_t bytes) const;

  /// Starts a background process that is killed with the lane. Returns its id.
  std::string new_process(const std::string& session, const std::string& command);

  /// Waits until a process has printed a line and returns all it has printed.
  std::string output_of(const std::string& process) const;

  template <class Conversation, class... Arguments>
  void converse(Arguments&&... arguments) {
    talks_.push_back(std::make_unique<Conversation>(results_, std::forward<Arguments>(arguments)...));
  }

  /// Measures one slice.
  void run(std::chrono::nanoseconds duration);

  const target& of() const { return target_; }
  const row_plan& plan() const { return plan_; }
  nlohmann::json summary() const;

private:
  void connect();

  target target_;
  const row_plan& plan_;
  tally results_;
  std::vector<std::string> farewells_;
  std::vector<std::unique_ptr<conversation>> talks_;
  std::optional<client> client_;
};

} // namespace sandboxd::bench
