#pragma once

#include "actors/services.hpp"
#include "config/load.hpp"
#include "daemon/certificate.hpp"
#include "daemon/egress.hpp"
#include "daemon/inspector_host.hpp"
#include "daemon/journal_file.hpp"
#include "daemon/log.hpp"
#include "daemon/orphan_reaper.hpp"
#include "daemon/stop_request.hpp"
#include "daemon/supervised_command.hpp"
#include "daemon/surroundings.hpp"
#include "daemon/web.hpp"
#include "launcher/process_tree.hpp"
#include "supervision/observer.hpp"
#include "supervision/supervisor_messages.hpp"

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>
#include <caf/actor_system.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace sandboxd::daemon {

/// The whole server in one process: owns the order of start and stop. Threads: the caller of `run`, which
/// only waits; `http.io-threads` threads for sockets, pipes and timers; `scheduler.threads` threads for
/// actors; one for the log, one for the inspector.
///
///     sandbox_daemon server(configuration);
///     return server.run();
class sandbox_daemon {
public:
  /// Makes everything, starts nothing. Throws std::system_error when the runtime directory cannot be made.
  explicit sandbox_daemon(config::configuration loaded);

  /// Starts everything, waits until somebody wants it to end (a signal, the supervised command's failure, a
  /// root supervisor that gave up, `request_stop`), stops everything and returns the exit code of the
  /// process.
  int run();

  /// Makes `run` return. Any thread.
  void request_stop(int exit_code) { stop_.request(exit_code); }

  /// Calls `listening(port)` once requests are accepted, on a thread of the daemon. To be set before `run`.
  void on_listening(std::function<void(std::uint16_t port)> listening) { listening_ = std::move(listening); }

  /// Directory and journal of the tree. Any thread.
  [[nodiscard]] const supervision::observer_ptr& observer() const noexcept { return observer_; }

private:
  using time_point = std::chrono::steady_clock::time_point;

  int stop(supervision::supervisor_actor root, std::optional<caf::actor_system>& system, int exit_code);
  void make_workload_network();
  void make_workload_groups();
  void make_group_stock();
  void limit_network();
  void start_threads();
  supervision::supervisor_spec root_spec();
  void open_journal_file();
  [[noreturn]] void leave(int exit_code);
  void make_inspector();
  void change_setting(const std::string& name, const std::string& literal,
                      const std::function<void(const inspector::services::changed&)>& done);
  void put_in_force(config::configuration changed);
  void drain(std::chrono::steady_clock::time_point deadline);
  void is_listening(std::uint16_t port);
  void start_command();
  void end_command(time_point deadline);
  void end_the_rest();
  void wait_for_stop_signal();
  void wait_for_reload_signal();
  void reload();

  /// Children of the program that became this one by exec, which take our log, say. They are left alone.
  const std::vector<launcher::process_entry> inherited_;
  const std::shared_ptr<const config::settings> settings_; // of the start, for the keys that cannot change
  runtime_directory directory_;
  log log_;
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  asio::strand<asio::io_context::executor_type> events_; // all that follows a signal, one thing at a time
  std::optional<journal_file> journal_file_;             // nothing: none is wanted, or there can be none
  std::string journal_problem_; // why there can be none; empty: there is, or none is wanted
  std::shared_ptr<supervision::observer> observer_;
  std::shared_ptr<actors::services> context_;
  std::unique_ptr<egress> egress_; // as long as there may be workloads
  web web_;
  std::unique_ptr<inspector_host> inspector_; // null: nobody wants one
  stop_request stop_;
  flag root_ended_;
  std::function<void(std::uint16_t)> listening_;
  std::vector<std::thread> threads_;

  // Used in `events_` alone:
  launcher::published<config::configuration> configuration_; // in force now; read by the inspector, too
  asio::steady_timer drain_timer_;
  platform_certificate certificate_;
  supervised_command command_;
  bool signalled_ = false;
  asio::signal_set stop_signals_;
  asio::signal_set reload_signal_;
  orphan_reaper reaper_;
};

} // namespace sandboxd::daemon
