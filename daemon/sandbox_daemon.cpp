#include "daemon/sandbox_daemon.hpp"

#include "actors/interpreter_tree.hpp"
#include "actors/sandbox_tree.hpp"
#include "config/table.hpp"
#include "daemon/io_thread.hpp"
#include "launcher/group_directory.hpp"
#include "launcher/group_stock.hpp"
#include "launcher/network_namespace.hpp"
#include "launcher/socket_connector.hpp"
#include "launcher/workload_groups.hpp"
#include "supervision/errors.hpp"
#include "supervision/supervisor.hpp"

#include <asio/post.hpp>
#include <caf/actor_cast.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/atom.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstddef>
#include <iterator>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <variant>
#include <vector>

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

using clock = std::chrono::steady_clock;

/// How long a killed process group, or what is left when all has ended, may take to be gone.
constexpr std::chrono::seconds patience_with_the_rest{3};

/// In which the last events are to get into the journal's file.
constexpr std::chrono::seconds patience_with_the_disk{1};

using process_list = std::vector<launcher::process_entry>;

/// But for those of the list, and what is below them.
process_list living_descendants(const process_list& inherited = {}) {
  const auto is_inherited = [&](const launcher::process_entry& one) {
    return std::ranges::any_of(inherited, [&](const auto& other) {
      return one.pid == other.pid && one.start_time == other.start_time;
    });
  };
  return launcher::descendants(launcher::read_processes(), {::getpid()}, is_inherited);
}

process_list living_children_at_start() {
  siginfo_t ignored{};
  const bool has_children = ::waitid(P_ALL, 0, &ignored, WEXITED | WNOHANG | WNOWAIT) == 0;
  return has_children ? living_descendants() : process_list{}; // which reads all of /proc
}

/// Until this process has no children but inherited ones, or the deadline; tries once even after it. Returns
/// whether none is left.
bool reap_all(clock::time_point deadline, const process_list& inherited) {
  pid_t pid = 0;
  while ((pid = ::waitpid(-1, nullptr, WNOHANG)) >= 0) { // until there are no children
    if (pid > 0)
      continue;
    if (!inherited.empty() && living_descendants(inherited).empty())
      return true;
    if (clock::now() >= deadline)
      return false;
    std::this_thread::sleep_for(
        std::chrono::milliseconds(inherited.empty() ? 1 : 20)); // which read all of /proc
  }
  return true;
}

/// The first few.
std::string names_of(const process_list& processes) {
  constexpr std::size_t few = 10;
  std::string names;
  for (const auto& process : std::span(processes).first(std::min(few, processes.size()))) {
    std::array<char, 64> buffer{};
    auto name = launcher::read_proc_file(process.pid, "comm", buffer);
    name = name.substr(0, name.find('\n'));
    names += fmt::format("{}{} ({})", names.empty() ? "" : ", ", process.pid, name);
  }
  if (processes.size() > few)
    names += fmt::format(" and {} more", processes.size() - few);
  return names;
}

/// By what clients come.
enum class entrance { network, unix_socket };

/// For the log.
std::string_view treatment_of_workloads(const config::settings& settings, const actors::services& context,
                                        entrance by) {
  const bool admits =
      settings.http.admit_workloads || settings.isolation.level == config::isolation_level::none;
  const bool tells =
      context.workloads_are_marked() && (by == entrance::network || launcher::knows_connectors());
  if (by == entrance::network && context.workload_network)
    return admits || tells ? "in a network of their own"
                           : "in a network of their own; whoever is on this machine needs the token";
  if (admits)
    return "may use this interface";
  return tells ? "refused, known by their control group"
               : "refused, as is everybody on this machine without the token";
}

} // namespace

sandbox_daemon::sandbox_daemon(config::configuration loaded)
    : inherited_(living_children_at_start()),
      settings_(std::make_shared<const config::settings>(loaded.values)),
      directory_(settings_->sandbox.runtime_directory), log_(settings_->log),
      io_(static_cast<int>(settings_->http.io_threads)), // one thread alone needs fewer locks
      work_(asio::make_work_guard(io_)), events_(asio::make_strand(io_)),
      observer_(std::make_shared<supervision::observer>(settings_->supervision.journal_size)),
      configuration_(std::make_shared<const config::configuration>(std::move(loaded))), drain_timer_(events_),
      certificate_(events_, settings_->sandbox.ca_certificate),
      command_(log_, configuration_.load()->command, settings_->sandbox.raw_command_stdio,
               [this](int exit_code) {
                 if (exit_code != 0)
                   stop_.request(exit_code);
               }),
      stop_signals_(events_, SIGTERM, SIGINT), reload_signal_(events_, SIGHUP),
      reaper_(events_, [this](pid_t pid, int status) { command_.on_reaped(pid, status); }) {}

int sandbox_daemon::run() {
  open_journal_file();
  observer_->events.set_sink([this](const supervision::journal_event& event) {
    log_event(log_, event);
    if (journal_file_)
      journal_file_->append(event);
  });
  context_ = std::make_shared<actors::services>(io_, settings_, directory_.path(), workload_environment());
  require_programs(context_->programs);
  refuse_places_in_private_tmp(*settings_, context_->programs);
  make_workload_network();
  make_workload_groups();
  make_group_stock();
  limit_network();
  context_->background->run([] {}); // later there may be no room for its thread
  web_ = make_web(context_, log_, observer_);
  if (settings_->inspector.enabled)
    make_inspector();
  wait_for_stop_signal();
  wait_for_reload_signal();
  start_threads();

  actor_config actors(settings_->scheduler);
  std::optional<caf::actor_system> system(std::in_place, actors);
  auto root = supervision::spawn_root(*system, observer_, root_spec());
  supervision::on_exit(caf::actor_cast<caf::strong_actor_ptr>(root), [this](const caf::error& reason) {
    if (stop_.request(1)) // nobody wanted it
      log_.write(config::log_level::error, "sandboxd", "ends: " + supervision::describe(reason));
    root_ended_.set();
  });

  const int code = stop_.wait();
  return stop(std::move(root), system, code);
}

supervision::supervisor_spec sandbox_daemon::root_spec() {
  supervision::supervisor_spec root;
  root.intensity = settings_->supervision.intensity;
  root.period = std::chrono::duration_cast<std::chrono::seconds>(settings_->supervision.period);
  // Started in this order and stopped in reverse: the sandbox's door opens last and closes first.
  if (inspector_)
    root.children.push_back(inspector_->child([this](std::uint16_t port) {
      context_->inspector_listens_at(port);
      log_.write(config::log_level::info, "inspector", "listening",
                 {{"address", settings_->inspector.address}, {"port", std::int64_t{port}}});
    }));
  root.children.push_back(actors::sandbox_tree(context_, observer_->actors));
  root.children.push_back(actors::interpreter_tree(context_));
  root.children.push_back(web_child(web_, [this](std::uint16_t port) { is_listening(port); }));
  return root;
}

/// Where it cannot be had nothing starts: who asks for it relies on it.
void sandbox_daemon::make_workload_network() {
  if (settings_->isolation.level != config::isolation_level::strict)
    return;
  try {
    context_->workload_network = launcher::network_namespace::make();
  } catch (const std::system_error& fault) {
    throw std::runtime_error(fmt::format("isolation.level = strict: workloads get no network of their own, "
                                         "which takes CAP_SYS_ADMIN and CAP_NET_ADMIN: {}",
                                         fault.what()));
  }
}

/// Where there are none, workloads have no limits of their own. Where they do not tell whose a connection is,
/// or who mounts may leave them, whoever is on this machine counts as a workload.
void sandbox_daemon::make_workload_groups() {
  const auto& isolation = settings_->isolation;
  if (isolation.level == config::isolation_level::none)
    return;
  std::string unmarked;
  try {
    context_->workload_groups =
        launcher::workload_groups::make({{isolation.reserved_memory, isolation.reserved_processes},
                                         {isolation.memory, isolation.processes, isolation.cpu_percent},
                                         isolation.favor_group_moves});
    unmarked = context_->workload_groups->marking_problem();
    for (const auto& problem : context_->workload_groups->problems())
      log_.write(config::log_level::warn, "sandboxd", "workloads have not all limits", {{"reason", problem}});
  } catch (const std::exception& fault) {
    unmarked = fault.what();
    log_.write(config::log_level::warn, "sandboxd", "workloads have no limits of their own",
               {{"reason", unmarked}});
  }
  if (isolation.allow_mounts)
    unmarked = "isolation.allow-mounts";
  if (!unmarked.empty() && !settings_->http.admit_workloads)
    log_.write(config::log_level::warn, "sandboxd",
               "clients on this machine cannot be told from workloads, and need the token (http.token-file)",
               {{"reason", unmarked}});
}

/// Where no descriptor is left for that at the start, there will be none to serve anybody.
void sandbox_daemon::make_group_stock() {
  if (!context_->workload_groups)
    return;
  std::vector<launcher::group_parent> parents;
  std::ranges::transform(context_->workload_groups->parents(), std::back_inserter(parents),
                         launcher::duplicate);
  context_->use_group_stock(
      std::make_shared<launcher::group_stock>(std::move(parents), context_->workload_groups->limits()));
}

void sandbox_daemon::limit_network() {
  egress_ = egress::enforce(settings_->network, context_->workload_groups.get(), directory_.path(), log_);
  context_->network_is_limited = egress_ != nullptr;
  if (egress_)
    context_->hosts_file = egress_->hosts_file();
}

/// Stop accepting, end what runs (streams get their last event from that), close connections, stop threads;
/// all of it within one deadline, but for processes that take too long after that. What was told to end
/// before the stop may have a longer grace of its own: the tree that still stands when a quarter of the time
/// is left is killed, which answers all that waits as well.
int sandbox_daemon::stop(supervision::supervisor_actor root, std::optional<caf::actor_system>& system,
                         int exit_code) {
  log_.write(config::log_level::info, "sandboxd", "stopping", {{"exitCode", std::int64_t{exit_code}}});
  const auto deadline = clock::now() + settings_->sandbox.shutdown_grace;
  asio::post(events_, [this] { command_.end(); });
  web_.server->stop_accepting();
  context_->begin_shutdown();
  caf::anon_send_exit(root, caf::exit_reason::user_shutdown);
  bool is_stopped = root_ended_.wait_until(deadline - settings_->sandbox.shutdown_grace / 4);
  if (!is_stopped) {
    log_.write(config::log_level::warn, "sandboxd", "the actors take their time to end; killing them");
    caf::anon_send_exit(root, caf::exit_reason::kill);
    is_stopped = root_ended_.wait_until(deadline);
  }
  root = nullptr;
  if (is_stopped) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock::now());
    web_.server->close_all(std::max(left, std::chrono::milliseconds{0}));
  }
  end_command(deadline);
  if (!is_stopped) {
    log_.write(config::log_level::error, "sandboxd", "the actors do not end in time; leaving without them");
    leave(exit_code == 0 ? 1 : exit_code);
  }
  system.reset();
  work_.reset();
  io_.stop();
  for (auto& thread : threads_)
    thread.join();
  if (inspector_)
    inspector_->stop(); // before what it has ordered is done for the last time
  io_.restart();
  io_.poll(); // what was posted last closes the last sockets
  inspector_.reset();
  end_the_rest();
  if (journal_file_ && !journal_file_->flush(patience_with_the_disk)) { // its thread can not be waited for
    log_.write(config::log_level::warn, "inspector", "the disk of the journal's file does not answer");
    log_.flush();
    ::_exit(exit_code);
  }
  return exit_code;
}

/// Without waiting for anything but what people read of it afterwards, and for that not long.
void sandbox_daemon::leave(int exit_code) {
  if (journal_file_)
    journal_file_->flush(patience_with_the_disk);
  log_.flush();
  ::_exit(exit_code);
}

/// The spawner ends when its socket does, and what hung below it with it; nobody would be left to reap a
/// child that comes later. What takes too long is killed.
void sandbox_daemon::end_the_rest() {
  if (reap_all(clock::now() + patience_with_the_rest, inherited_))
    return;
  log_.write(config::log_level::warn, "sandboxd",
             "kills what takes too long: " + names_of(living_descendants(inherited_)));
  const auto last = clock::now() + patience_with_the_rest;
  do
    for (const auto& process : living_descendants(inherited_))
      launcher::signal_process(process, SIGKILL);
  while (!reap_all(clock::now() + std::chrono::milliseconds(10), inherited_) && clock::now() < last);
  if (const auto left = living_descendants(inherited_); !left.empty())
    log_.write(config::log_level::error, "sandboxd", "leaves behind: " + names_of(left));
}

void sandbox_daemon::start_threads() {
  for (std::uint64_t i = 0; i < settings_->http.io_threads; ++i)
    threads_.emplace_back([this] { run_handlers(io_, log_); });
}

void sandbox_daemon::is_listening(std::uint16_t port) {
  context_->listens_at(port);
  if (listening_)
    listening_(port);
  log_.write(config::log_level::info, "sandboxd", "listening",
             {{"address", settings_->http.address},
              {"port", std::int64_t{port}},
              {"workloads", treatment_of_workloads(*settings_, *context_, entrance::network)}});
  if (!settings_->http.unix_socket.empty())
    log_.write(config::log_level::info, "sandboxd", "listening",
               {{"unixSocket", settings_->http.unix_socket},
                {"workloads", treatment_of_workloads(*settings_, *context_, entrance::unix_socket)}});
  asio::post(events_, [this] { start_command(); });
}

/// The image's CMD, once the port is open (HTTP.md 16.2), and not before it can trust the platform's
/// certificate.
void sandbox_daemon::start_command() {
  if (!settings_->sandbox.intercept_https) {
    command_.start(io_);
    return;
  }
  certificate_.trust([this](const std::string& problem) {
    if (problem.empty()) {
      command_.start(io_);
      return;
    }
    log_.write(config::log_level::error, "sandboxd", problem);
    stop_.request(1);
  });
}

/// Waits for the command, which was asked to end, and kills what is left of it at the deadline.
void sandbox_daemon::end_command(time_point deadline) {
  if (command_.wait_until_over(deadline))
    return;
  asio::post(events_, [this] { command_.kill(); });
  if (!command_.wait_until_over(clock::now() + patience_with_the_rest))
    log_.write(config::log_level::error, "command", "does not end although it was killed");
}

void sandbox_daemon::wait_for_stop_signal() {
  stop_signals_.async_wait([this](const std::error_code& error, int signal) {
    if (error)
      return;
    if (std::exchange(signalled_, true))
      leave(128 + signal); // asked twice
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
  auto outcome = config::reload(*configuration_.load());
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
  if (fresh.applied.empty() && fresh.needs_restart.empty())
    log_.write(config::log_level::info, "config", "read again: nothing has changed");
  put_in_force(std::move(fresh.current));
}

void sandbox_daemon::put_in_force(config::configuration changed) {
  const auto settings = std::make_shared<const config::settings>(changed.values);
  configuration_.store(std::make_shared<const config::configuration>(std::move(changed)));
  log_.set_level(settings->log.level);
  context_->use(settings);
  web_.application->use(settings);
}

/// Without it everything goes on, and the log says so.
void sandbox_daemon::open_journal_file() {
  const auto& settings = settings_->inspector;
  if (!settings.enabled || settings.journal_file.empty())
    return;
  try {
    journal_file_.emplace(settings.journal_file, settings.journal_file_bytes, [this](std::string_view what) {
      log_.write(config::log_level::warn, "inspector", what);
    });
    observer_->events.restore(journal_file_->read(settings_->supervision.journal_size));
  } catch (const std::exception& problem) {
    journal_problem_ = problem.what();
    log_.write(config::log_level::error, "inspector",
               "the journal ends with this daemon: " + journal_problem_);
  }
}

void sandbox_daemon::make_inspector() {
  inspector_ = std::make_unique<inspector_host>(
      context_, web_.rule,
      [this](asio::io_context& io) {
        inspector::services with{observer_, context_, io};
        with.requests = web_.requests;
        with.connections = [server = web_.server] { return server->connection_count(); };
        with.buffered_bytes = [server = web_.server] { return server->buffered_bytes(); };
        with.journal_problem = [this] { return journal_file_ ? journal_file_->problem() : journal_problem_; };
        with.configuration = [this] { return configuration_.load(); };
        with.change_setting = [this](std::string name, std::string literal, auto done) {
          asio::post(events_, [this, name = std::move(name), literal = std::move(literal),
                               done = std::move(done)] { change_setting(name, literal, done); });
        };
        with.drain = [this](std::chrono::milliseconds patience) {
          *web_.is_draining = true;
          web_.server->stop_accepting();
          asio::post(events_, [this, deadline = clock::now() + patience] { drain(deadline); });
        };
        return with;
      },
      log_);
}

void sandbox_daemon::change_setting(const std::string& name, const std::string& literal,
                                    const std::function<void(const inspector::services::changed&)>& done) {
  const auto* key = config::find_key(name);
  if (key == nullptr)
    return done(inspector::order_refused{"There is no setting " + name});
  auto outcome = config::override_setting(*configuration_.load(), *key, literal, "inspector");
  if (const auto* wrong = std::get_if<config::problems>(&outcome))
    return done(inspector::order_refused{wrong->lines.front()});
  put_in_force(std::get<config::configuration>(std::move(outcome)));
  log_.write(config::log_level::info, "config", fmt::format("changed {} = {} (inspector)", name, literal));
  done(configuration_.load());
}

void sandbox_daemon::drain(time_point deadline) {
  constexpr std::chrono::milliseconds time_between_looks{50};
  web_.server->close_idle();
  if (web_.server->connection_count() == 0 || clock::now() >= deadline) {
    stop_.request(0);
    return;
  }
  drain_timer_.expires_after(time_between_looks);
  drain_timer_.async_wait([this, deadline](const std::error_code& error) {
    if (!error)
      drain(deadline);
  });
}

} // namespace sandboxd::daemon
