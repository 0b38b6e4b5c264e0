#pragma once

#include "actors/interfaces.hpp"
#include "actors/services.hpp"
#include "supervision/actor_base.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sandboxd::actors {

/// What the owner of a background process knows.
class process_state {
public:
  static inline const char* name = "process";

  process_state() = default;
  process_state(const process_state&) = delete;
  process_state& operator=(const process_state&) = delete;
  /// Whatever ends the actor ends its process, and its record says so.
  ~process_state();

  void configure(start_process request, services_ptr context);

  /// Its command, for the session manager; `observer` tells this actor.
  [[nodiscard]] run_command make_command(std::shared_ptr<command_observer> observer) const;

  /// It runs: who started it is told, and who wants it killed is heard.
  void started(command_control control);
  /// It ended by itself or by a kill.
  void ended(int exit_code);
  /// It was lost with its session, or could not be started.
  void failed(const failure& reason);

  /// Somebody wants its end; `gone` is called when nothing of it is left.
  void kill(kill_process request, std::function<void()> gone);
  /// Nothing of it is left.
  void gone();

  /// Somebody writes to its standard input.
  void write_input(write_process_input wanted) const;

  /// Somebody waits until it has ended or is no longer young.
  void settle(settle_process request);
  /// It is no longer young.
  void settled();

  /// Whether it is over and everybody who waits has been told.
  [[nodiscard]] bool done() const { return target_->finished() && kills_.empty(); }
  [[nodiscard]] const process_request& request() const noexcept { return request_; }
  [[nodiscard]] std::string describe() const;
  /// The process's number as this process sees it; 0: it does not run.
  [[nodiscard]] pid_t number_on_host() const;
  /// In facts: who it is, its command, since when and for which request, and how it ended.
  [[nodiscard]] supervision::actor_details details() const;

private:
  void end(process_status status, std::optional<int> exit_code);
  void finish(process_status status, std::optional<int> exit_code);
  void answer_kills();

  services_ptr context_;
  process_request request_;
  tracked_process_ptr target_ = nullptr;
  reply<tracked_process_ptr> started_;
  command_control control_;
  bool runs_ = false;
  bool killed_ = false;
  bool ending_ = false;
  bool settled_ = false;
  std::vector<reply<process_record>> kills_;
  std::vector<reply<process_record>> settling_;
  std::vector<std::function<void()>> wanted_kills_; // that came before it ran
};

/// Owns one background process: has its session start it as a fork of its shell, keeps its record and its
/// output (in `tracked_process`, for anybody to read), and ends it on demand, when its time is over, and with
/// itself. Ends normally with its process.
process_actor::behavior_type
process_behavior(supervision::typed_stateful_pointer<process_state, process_actor> self, services_ptr context,
                 start_process request);

} // namespace sandboxd::actors
