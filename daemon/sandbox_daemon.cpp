#include "daemon/sandbox_daemon.hpp"

#include "actors/sandbox_tree.hpp"
#include "launcher/shell_command.hpp"
#include "supervision/supervisor.hpp"

#include <asio/post.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>

#include <chrono>
#include <exception>
#include <signal.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <variant>

namespace sandboxd::daemon {

namespace {

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

supervision::supervisor_spec root_spec(const std::shared_ptr<actors::services>& context, const web& web,
                                       std::function<void(std::uint16_t)> listening) {
  const auto settings = context->settings()->supervision;
  supervision::supervisor_spec root;
  root.intensity = settings.intensity;
  root.period = std::chrono::duration_cast<std::chrono::seconds>(settings.period);
  // Started in this order and stopped in reverse: the door opens last and closes first.
  root.children = {actors::sandbox_tree(context), web_child(web.server, std::move(listening))};
  return root;
}

void log_event(log& log, const supervision::journal_event& event) {
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

/// The spawner ends when its socket does, and what hung below it with it; nobody is left to reap a child that
/// comes later than that.
void reap_the_rest() {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  while (std::chrono::steady_clock::now() < deadline) {
    const pid_t pid = ::waitpid(-1, nullptr, WNOHANG);
    if (pid < 0)
      return; // no children
    if (pid == 0)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

} // namespace

sandbox_daemon::sandbox_daemon(config::configuration loaded)
    : configuration_(std::move(loaded)),
      settings_(std::make_shared<const config::settings>(configuration_.values)),
      directory_(settings_->sandbox.runtime_directory), log_(settings_->log),
      work_(asio::make_work_guard(io_)),
      observer_(std::make_shared<supervision::observer>(settings_->supervision.journal_size)),
      stop_signals_(io_, SIGTERM, SIGINT), reload_signal_(io_, SIGHUP),
      reaper_(io_, [this](pid_t pid, int status) { on_reaped(pid, status); }) {}

int sandbox_daemon::run() {
  observer_->events.set_sink([this](const supervision::journal_event& event) { log_event(log_, event); });
  context_ = std::make_shared<actors::services>(io_, settings_, directory_.path(), workload_environment());
  web_ = make_web(io_, log_, settings_, observer_->actors);
  wait_for_stop_signal();
  wait_for_reload_signal();
  start_threads();

  actor_config actors(settings_->scheduler);
  std::optional<caf::actor_system> system(std::in_place, actors);
  auto root = supervision::spawn_root(
      *system, observer_, root_spec(context_, web_, [this](std::uint16_t port) { is_listening(port); }));
  supervision::on_exit(caf::actor_cast<caf::strong_actor_ptr>(root), [this](const caf::error&) {
    root_ended_.set();
    stop_.request(1); // unless somebody wanted it: the first wish counts
  });

  const int code = stop_.wait();
  return stop(std::move(root), system, code);
}

/// Stop accepting, end what runs (streams get their last event from that), close connections, stop threads.
int sandbox_daemon::stop(supervision::supervisor_actor root, std::optional<caf::actor_system>& system,
                         int exit_code) {
  log_.write(config::log_level::info, "sandboxd", "stopping", {{"exitCode", std::int64_t{exit_code}}});
  const auto grace = settings_->sandbox.shutdown_grace;
  if (command_)
    command_->signal(SIGTERM);
  web_.server->stop_accepting();
  context_->begin_shutdown();
  caf::anon_send_exit(root, caf::exit_reason::user_shutdown);
  root = nullptr;
  if (!root_ended_.wait_for(grace)) {
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
  io_.restart();
  io_.poll(); // what was posted last closes the last sockets
  reap_the_rest();
  return exit_code;
}

void sandbox_daemon::start_threads() {
  for (std::uint64_t i = 0; i < settings_->http.io_threads; ++i)
    threads_.emplace_back([this] { io_.run(); });
}

void sandbox_daemon::is_listening(std::uint16_t port) {
  if (listening_)
    listening_(port);
  log_.write(config::log_level::info, "sandboxd", "listening",
             {{"address", settings_->http.address}, {"port", std::int64_t{port}}});
  if (!configuration_.command.empty())
    asio::post(io_, [this] { start_command(); });
}

/// The image's CMD, once the port is open (HTTP.md 16.2).
void sandbox_daemon::start_command() {
  try {
    command_ =
        supervised_command::start(io_, log_, configuration_.command, settings_->sandbox.raw_command_stdio);
  } catch (const std::exception& error) {
    log_.write(config::log_level::error, "command", error.what());
    stop_.request(1);
  }
}

void sandbox_daemon::on_reaped(pid_t pid, int status) {
  if (!command_ || command_->pid() != pid)
    return;
  const int code = launcher::exit_code_of(status);
  log_.write(config::log_level::info, "command", "ended", {{"exitCode", std::int64_t{code}}});
  command_.reset();
  if (code != 0)
    stop_.request(code);
}

void sandbox_daemon::wait_for_stop_signal() {
  stop_signals_.async_wait([this](const std::error_code& error, int signal) {
    if (error)
      return;
    if (stop_.requested())
      ::_exit(128 + signal); // asked twice
    stop_.request(0);
    wait_for_stop_signal();
  });
}

void sandbox_daemon::wait_for_reload_signal() {
  reload_signal_.async_wait([this](const std::error_code& error, int) {
    if (error)
      return;
    reload();
    wait_for_reload_signal();
  });
}

/// Reads the configuration again; blocks this I/O thread for as long as one small file takes.
void sandbox_daemon::reload() {
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

} // namespace sandboxd::daemon
