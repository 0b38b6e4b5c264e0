#pragma once

#include "actors/interfaces.hpp"
#include "actors/services.hpp"
#include "supervision/actor_base.hpp"
#include "supervision/restart_window.hpp"
#include "supervision/trace.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sandboxd::actors {

/// What a code context begins with.
struct start_context {
  context_record record;
  context_options options;
  std::shared_ptr<const void> room; ///< for the options, until it ends
  reply<context_record> done;
};

/// What a code context knows.
class code_context_state {
public:
  static inline const char* name = "code-context";

  code_context_state() = default;
  code_context_state(const code_context_state&) = delete;
  code_context_state& operator=(const code_context_state&) = delete;
  ~code_context_state();

  void configure(services_ptr context, start_context start, code_context_actor self,
                 supervision::actor_path path);

  void enqueue(run_code wanted);
  void interrupt(const reply<context_record>& done) const;
  void restart(reply<context_record> done);
  void end(const reply<std::string>& done);

  void leased(executor_leased event);
  /// Returns whether it was the one that the context had.
  bool lost_executor(const context_lost_executor& event, supervision::restart_window::clock::time_point now);
  void rested();
  void transpiled(code_transpiled event);
  void run_over(const run_is_over& event);

  /// Whether the actor has nothing left to live for.
  [[nodiscard]] bool is_over() const noexcept { return over_; }
  /// Who is to be asked for an executor, once; absent: nobody now.
  [[nodiscard]] std::optional<lease_executor> take_lease_request();
  /// Code that is to be made JavaScript, once.
  [[nodiscard]] std::optional<transpile> take_transpile_request();
  /// How long the rest that begins now takes, once; then `rested` is to be called.
  [[nodiscard]] std::optional<std::chrono::seconds> take_rest();
  /// What the pool is to be told, once.
  [[nodiscard]] std::optional<run_ended> take_verdict();

  [[nodiscard]] language spoken() const noexcept { return options_.spoken; }
  [[nodiscard]] std::string describe() const;
  /// In facts: who it is, the runs so far, since when and for which request one is under way, how many wait.
  [[nodiscard]] supervision::actor_details details() const;
  /// The executor's number, as this process sees it; 0: it has none.
  [[nodiscard]] pid_t executor_process() const { return executor_ ? executor_->dialogue->process_id() : 0; }
  /// There is nobody who could do what was asked for.
  void unavailable(const failure& reason);

private:
  struct waiting_run {
    std::uint64_t number = 0;
    run_code wanted;
    std::shared_ptr<const supervision::traced_work> wait = nullptr; // null when it need not wait
  };

  void trace_wait(waiting_run& run) const;
  void pump();
  void want_executor();
  [[nodiscard]] failure must_rest() const;
  void start_run(interpreters::transpiled_code made);
  void fail_waiting(const failure& reason);
  void fail_front(const failure& reason);
  [[nodiscard]] std::chrono::milliseconds timeout_of(const run_request& request) const;
  [[nodiscard]] context_record record() const;

  services_ptr context_;
  context_options options_;
  std::shared_ptr<const void> room_;
  std::string id_;
  code_context_actor self_;
  supervision::actor_path path_;

  std::optional<supervision::restart_window> losses_; // of executors
  std::uint64_t lost_in_a_row_ = 0;                   // the same, and no run that went well between
  std::optional<supervision::restart_window::clock::time_point> rests_until_; // too many: it gets none before
  lent_executor executor_;
  bool leasing_ = false;
  std::uint64_t attempt_ = 0; // at an executor; answers to earlier ones are late
  bool was_created_ = false;
  bool state_lost_ = false;                                 // and no run has been told
  std::vector<reply<context_record>> waiting_for_executor_; // the creation, restarts

  std::deque<waiting_run> waiting_;
  std::uint64_t last_run_ = 0;
  std::uint64_t running_ = 0;          // number of the run under way; 0: none
  std::optional<waiting_run> current_; // it
  std::chrono::system_clock::time_point current_since_;
  std::uint64_t started_runs_ = 0;
  std::uint64_t transpiling_ = 0; // number of the run whose code is being transpiled; 0: none
  bool over_ = false;

  std::optional<lease_executor> lease_request_;
  std::optional<transpile> transpile_request_;
  std::optional<std::chrono::seconds> rest_;
  std::optional<run_ended> verdict_;
};

/// One code context: has an executor of its own, from its creation to its end, and runs code in it, one cell
/// after the other. Loses what code has defined when the executor dies; then it has another, and the next run
/// is told. Ends normally when it is deleted, or when it never got an executor.
code_context_actor::behavior_type
code_context_behavior(supervision::typed_stateful_pointer<code_context_state, code_context_actor> self,
                      services_ptr context, start_context start);

} // namespace sandboxd::actors
