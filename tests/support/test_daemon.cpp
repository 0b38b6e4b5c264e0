#include "tests/support/test_daemon.hpp"

#include "actors/interfaces.hpp"
#include "actors/paths.hpp"
#include "config/load.hpp"
#include "config/table.hpp"
#include "daemon/sandbox_daemon.hpp"
#include "daemon/surroundings.hpp"
#include "tests/support/census.hpp"

#include <caf/scoped_actor.hpp>

#include <cctype>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <future>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <unistd.h>
#include <utility>

namespace sandboxd::testing {

namespace {

constexpr std::chrono::seconds patience{10};

std::filesystem::path make_temporary_directory() {
  std::string name = "/tmp/sandboxd-XXXXXX";
  if (::mkdtemp(name.data()) == nullptr)
    throw std::runtime_error("mkdtemp");
  return name;
}

config::configuration configure(const std::filesystem::path& directory,
                                const test_daemon::adjustment& adjust) {
  config::configuration made;
  for (const auto& key : config::table())
    made.sources.emplace(key.name, "default");
  made.values.http.port = 0;
  made.values.inspector.port = 0;
  made.values.inspector.admit_workloads = true;
  made.values.http.admit_workloads = true; // the tests need not be marked apart, where that is impossible
  made.values.sandbox.workspace = directory / "workspace";
  made.values.sandbox.runtime_directory = directory / "run";
  made.values.sandbox.program_directory = SANDBOXD_PROGRAM_DIRECTORY;
  made.values.session.kill_grace = std::chrono::milliseconds(300);
  for (auto* pool : {&made.values.interpreter.python, &made.values.interpreter.javascript,
                     &made.values.interpreter.typescript})
    pool->min_size = 0; // nothing is started that a test has no use for
  made.values.isolation.level = level_of_daemons();
  made.values.log.level = config::log_level::warn;
  made.values.log.format = config::log_format::text;
  if (adjust)
    adjust(made.values);
  return made;
}

/// The id of a session, empty when it does not answer. Its path does not tell. Asked on a thread of its own:
/// CAF 0.17 keeps its logger alive in every thread that has spawned an actor, and the end of the system waits
/// for that.
std::string id_of(const actors::session_actor& session) {
  return std::async(std::launch::async,
                    [&session] {
                      std::string id;
                      const caf::scoped_actor self{session.home_system()};
                      self->request(session, patience, actors::get_session_options{})
                          .receive([&](const actors::session_options& options) { id = options.id; },
                                   [](const caf::error&) {});
                      return id;
                    })
      .get();
}

} // namespace

config::isolation_level level_of_daemons() {
  const char* name = std::getenv("SANDBOXD_TEST_LEVEL");
  if (name == nullptr)
    return config::settings().isolation.level;
  if (std::string_view(name) != "strict")
    throw std::runtime_error("SANDBOXD_TEST_LEVEL: " + std::string(name));
  return config::isolation_level::strict;
}

struct test_daemon::parts {
  parts(const adjustment& adjust, std::filesystem::path where)
      : directory(std::move(where)), workspace(directory / "workspace"),
        runtime_directory(directory / "run" / ("daemon-" + std::to_string(::getpid()))),
        server(std::in_place, prepared(configure(directory, adjust))), observer(server->observer()) {}

  static config::configuration prepared(config::configuration made) {
    daemon::prepare_surroundings(made.values);
    return made;
  }

  std::filesystem::path directory;
  std::filesystem::path workspace;
  std::filesystem::path runtime_directory;
  std::optional<daemon::sandbox_daemon> server;
  supervision::observer_ptr observer;
  std::promise<std::uint16_t> listening;
  std::uint16_t port = 0;
  std::promise<int> ended;
  std::shared_future<int> exit_code = ended.get_future().share();
  std::thread runner;
};

test_daemon::test_daemon(const adjustment& adjust)
    : parts_(std::make_unique<parts>(adjust, make_temporary_directory())) {
  auto listening = parts_->listening.get_future();
  parts_->server->on_listening([this](std::uint16_t port) { parts_->listening.set_value(port); });
  parts_->runner = std::thread([this] { parts_->ended.set_value(parts_->server->run()); });
  const bool in_time = listening.wait_for(patience) == std::future_status::ready;
  if (in_time)
    parts_->port = listening.get();
  else
    stop();
  if (!in_time)
    throw std::runtime_error("the daemon does not listen");
}

test_daemon::~test_daemon() {
  stop();
  const auto directory = parts_->directory;
  parts_.reset();
  std::filesystem::remove_all(directory);
}

int test_daemon::stop() {
  if (parts_->server)
    parts_->server->request_stop(0);
  if (parts_->runner.joinable())
    parts_->runner.join();
  parts_->server.reset();
  return parts_->exit_code.get();
}

std::optional<int> test_daemon::wait_for_end() {
  if (parts_->exit_code.wait_for(patience) != std::future_status::ready)
    return std::nullopt;
  return parts_->exit_code.get();
}

std::uint16_t test_daemon::port() const {
  return parts_->port;
}

const std::filesystem::path& test_daemon::workspace() const {
  return parts_->workspace;
}

const std::filesystem::path& test_daemon::runtime_directory() const {
  return parts_->runtime_directory;
}

const supervision::directory& test_daemon::actors() const {
  return *parts_->observer->actors;
}

const supervision::journal& test_daemon::events() const {
  return parts_->observer->events;
}

std::uint16_t test_daemon::inspector_port() const {
  return static_cast<std::uint16_t>(process_of("/root/inspector")); // the first number in its status, too
}

pid_t test_daemon::process_of(const std::string& path) const {
  const auto record = actors().record(path);
  const std::string status = record ? record->status() : "";
  const auto digit = status.find_first_of("0123456789");
  return digit == std::string::npos ? 0 : std::stoi(status.substr(digit));
}

pid_t test_daemon::kill_process_of(const std::string& path) const {
  pid_t process = 0;
  if (!eventually([&] { return (process = process_of(path)) > 0; }) || ::kill(process, SIGKILL) != 0)
    throw std::runtime_error("no process to kill: " + path);
  return process;
}

std::string test_daemon::tree_of(const std::string& session) const {
  for (const auto& known : actors().snapshot()) {
    if (known.kind != "session")
      continue;
    const auto actor = actors().find<actors::session_actor>(known.path);
    if (actor && id_of(actor) == session)
      return actors::paths::parent(known.path);
  }
  return {};
}

} // namespace sandboxd::testing
