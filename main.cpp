#include "actors/sandbox_tree.hpp"
#include "actors/services.hpp"
#include "config/load.hpp"
#include "daemon/log.hpp"
#include "daemon/orphan_reaper.hpp"
#include "daemon/stop_request.hpp"
#include "daemon/supervised_command.hpp"
#include "daemon/surroundings.hpp"
#include "daemon/web.hpp"
#include "launcher/shell_command.hpp"
#include "launcher/spawner_process.hpp"
#include "supervision/errors.hpp"
#include "supervision/supervisor.hpp"

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/signal_set.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <signal.h>
#include <string>
#include <thread>
#include <unistd.h>
#include <variant>
#include <vector>

namespace {

using namespace sandboxd;

/// CAF under our settings. Work is shared, not stolen: an idle worker of the stealing policy sleeps and
/// polls, which costs latency; one that waits for the shared queue is woken at once.
class actor_config : public caf::actor_system_config {
public:
  explicit actor_config(const config::scheduler_settings& settings) {
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", static_cast<std::size_t>(settings.threads));
    if (settings.max_throughput > 0)
      set("scheduler.max-throughput", static_cast<std::size_t>(settings.max_throughput));
  }
};

supervision::supervisor_spec root_spec(const std::shared_ptr<actors::services>& context,
                                       const daemon::web& web, std::function<void(std::uint16_t)> listening) {
  const auto settings = context->settings()->supervision;
  supervision::supervisor_spec root;
  root.intensity = settings.intensity;
  root.period = std::chrono::duration_cast<std::chrono::seconds>(settings.period);
  // Started in this order and stopped in reverse: the door opens last and closes first.
  root.children = {actors::sandbox_tree(context), daemon::web_child(web.server, std::move(listening))};
  return root;
}

void announce(const std::string& address, std::uint16_t port) {
  const bool is_v6 = address.find(':') != std::string::npos;
  fmt::print("listening on http://{}{}{}:{}\n", is_v6 ? "[" : "", address, is_v6 ? "]" : "", port);
  std::fflush(stdout);
}

void log_event(daemon::log& log, const supervision::journal_event& event) {
  using supervision::event_kind;
  const bool routine = event.kind == event_kind::started || event.kind == event_kind::stopping ||
                       event.kind == event_kind::stopped || event.kind == event_kind::exited;
  const bool grave = event.kind == event_kind::gave_up;
  const auto level = routine ? config::log_level::debug
                     : grave ? config::log_level::error
                             : config::log_level::warn;
  if (log.writes(level))
    log.write(level, event.path, supervision::to_string(event));
}

/// Everything between "settings are known" and "exit code is known".
class sandbox_daemon {
public:
  explicit sandbox_daemon(config::configuration loaded)
      : configuration_(std::move(loaded)),
        settings_(std::make_shared<const config::settings>(configuration_.values)),
        directory_(settings_->sandbox.runtime_directory), log_(settings_->log),
        observer_(std::make_shared<supervision::observer>(settings_->supervision.journal_size)),
        stop_signals_(io_, SIGTERM, SIGINT), reload_signal_(io_, SIGHUP),
        reaper_(io_, [this](pid_t pid, int status) { on_reaped(pid, status); }) {}

  int run() {
    observer_->events.set_sink([this](const supervision::journal_event& event) { log_event(log_, event); });
    context_ =
        std::make_shared<actors::services>(io_, settings_, directory_.path(), daemon::workload_environment());
    web_ = daemon::make_web(io_, log_, settings_, observer_->actors);
    wait_for_stop();
    wait_for_reload();
    start_threads();

    actor_config actors(settings_->scheduler);
    std::optional<caf::actor_system> system(std::in_place, actors);
    auto root = supervision::spawn_root(
        *system, observer_, root_spec(context_, web_, [this](std::uint16_t port) { on_listening(port); }));
    supervision::on_exit(caf::actor_cast<caf::strong_actor_ptr>(root), [this](const caf::error& reason) {
      root_ended_.set();
      stop_.request(supervision::is(reason, supervision::supervision_error::gave_up) ||
                            supervision::is(reason, supervision::supervision_error::start_failed)
                        ? 1
                        : 0);
    });

    const int code = stop_.wait();
    return stop(std::move(root), system, code);
  }

private:
  /// Stop accepting, end what runs (streams get their last event from that), close connections, stop threads.
  int stop(supervision::supervisor_actor root, std::optional<caf::actor_system>& system, int code) {
    log_.write(config::log_level::info, "sandboxd", "stopping", {{"exitCode", std::int64_t{code}}});
    const auto grace = settings_->sandbox.shutdown_grace;
    if (command_)
      command_->signal(SIGTERM);
    web_.server->stop_accepting();
    caf::anon_send_exit(root, caf::exit_reason::user_shutdown);
    root = nullptr;
    if (!root_ended_.wait_for(grace + settings_->session.kill_grace)) {
      log_.write(config::log_level::error, "sandboxd", "the actors do not end; leaving without them");
      log_.flush();
      ::_exit(1);
    }
    web_.server->close_all(grace);
    system.reset();
    work_.reset();
    io_.stop();
    for (auto& thread : threads_)
      thread.join();
    return code;
  }

  void start_threads() {
    for (std::uint64_t i = 0; i < settings_->http.io_threads; ++i)
      threads_.emplace_back([this] { io_.run(); });
  }

  void on_listening(std::uint16_t port) {
    announce(settings_->http.address, port);
    log_.write(config::log_level::info, "sandboxd", "listening",
               {{"address", settings_->http.address}, {"port", std::int64_t{port}}});
    if (!configuration_.command.empty())
      asio::post(io_, [this] { start_command(); });
  }

  /// The image's CMD, once the port is open (HTTP.md 16.2).
  void start_command() {
    try {
      command_ = daemon::supervised_command::start(io_, log_, configuration_.command,
                                                   settings_->sandbox.raw_command_stdio);
    } catch (const std::exception& error) {
      log_.write(config::log_level::error, "command", error.what());
      stop_.request(1);
    }
  }

  void on_reaped(pid_t pid, int status) {
    if (!command_ || command_->pid() != pid)
      return;
    const int code = launcher::exit_code_of(status);
    log_.write(config::log_level::info, "command", "ended", {{"exitCode", std::int64_t{code}}});
    command_.reset();
    if (code != 0)
      stop_.request(code);
  }

  void wait_for_stop() {
    stop_signals_.async_wait([this](const std::error_code& error, int signal) {
      if (error)
        return;
      if (stop_.requested())
        ::_exit(128 + signal); // asked twice
      stop_.request(0);
      wait_for_stop();
    });
  }

  void wait_for_reload() {
    reload_signal_.async_wait([this](const std::error_code& error, int) {
      if (error)
        return;
      reload();
      wait_for_reload();
    });
  }

  /// Reads the configuration again; blocks this I/O thread for as long as one small file takes.
  void reload() {
    auto outcome = config::reload(configuration_);
    if (const auto* wrong = std::get_if<config::problems>(&outcome)) {
      for (const auto& line : wrong->lines)
        log_.write(config::log_level::error, "config", line);
      return;
    }
    auto& fresh = std::get<config::reloaded>(outcome);
    for (const auto& change : fresh.applied)
      log_.write(config::log_level::info, "config", "changed " + config::to_string(change));
    for (const auto& change : fresh.needs_restart)
      log_.write(config::log_level::warn, "config", "needs a restart: " + config::to_string(change));
    configuration_ = std::move(fresh.current);
    settings_ = std::make_shared<const config::settings>(configuration_.values);
    log_.set_level(settings_->log.level);
    context_->use(settings_);
    web_.application->use(settings_);
  }

  config::configuration configuration_;
  std::shared_ptr<const config::settings> settings_; // the I/O threads' and, before they run, ours
  daemon::runtime_directory directory_;
  daemon::log log_;
  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_ = asio::make_work_guard(io_);
  std::shared_ptr<supervision::observer> observer_;
  std::shared_ptr<actors::services> context_;
  daemon::web web_;
  daemon::stop_request stop_;
  daemon::flag root_ended_;
  asio::signal_set stop_signals_;
  asio::signal_set reload_signal_;
  daemon::orphan_reaper reaper_;
  std::optional<daemon::supervised_command> command_; // the I/O threads'
  std::vector<std::thread> threads_;
};

int start(int argc, char** argv) {
  auto outcome = config::load(config::invocation_of(argc, argv, environ));
  if (const auto* text = std::get_if<config::early_exit>(&outcome)) {
    std::fputs(text->text.c_str(), stdout);
    return text->code;
  }
  if (const auto* wrong = std::get_if<config::problems>(&outcome)) {
    for (const auto& line : wrong->lines)
      fmt::print(stderr, "sandboxd: {}\n", line);
    return config::exit_code_for_problems;
  }
  auto& loaded = std::get<config::configuration>(outcome);
  daemon::prepare_surroundings(loaded.values);
  return sandbox_daemon(std::move(loaded)).run();
}

} // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--spawner") == 0)
    return launcher::run_spawner(launcher::spawner_socket);
  try {
    return start(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "sandboxd: {}\n", error.what());
    return 1;
  }
}
