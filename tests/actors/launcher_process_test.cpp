#include "actors/launcher.hpp"
#include "actors/paths.hpp"
#include "supervision/spawn.hpp"
#include "tests/support/descriptor_shortage.hpp"

#include <asio/executor_work_guard.hpp>
#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <gtest/gtest.h>

#include <cstdlib>
#include <signal.h>
#include <string>
#include <sys/wait.h>
#include <thread>

namespace sandboxd::actors {
namespace {

constexpr std::chrono::seconds patience{30};

/// The launcher with real spawners, on real threads.
class launcher_with_processes : public ::testing::Test {
protected:
  caf::actor_system_config config;
  caf::actor_system system{config};
  supervision::observer_ptr tree = std::make_shared<supervision::observer>();
  asio::io_context io;
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  std::shared_ptr<config::settings> settings = [] {
    auto made = std::make_shared<config::settings>();
    made->sandbox.program_directory = SANDBOXD_PROGRAM_DIRECTORY;
    return made;
  }();
  services_ptr context =
      std::make_shared<services>(io, settings, ::testing::TempDir(), std::vector<std::string>{});
  launcher_actor actor =
      supervision::spawn_unsupervised(system, tree, paths::launcher, launcher_behavior, context);
  std::thread io_thread{[this] { io.run(); }};

  ~launcher_with_processes() override {
    caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
    actor = nullptr;
    work.reset();
    io_thread.join(); // the spawner's socket is closed then
    while (::waitpid(-1, nullptr, 0) > 0) {
    }
  }

  /// Asks for an init. The answer is its socket or an error; it comes late when there is no spawner.
  caf::expected<init_socket> ask() {
    caf::expected<init_socket> answer{caf::error{}};
    caf::scoped_actor self(system);
    self->request(actor, patience, spawn_init{false})
        .receive([&](const init_socket& socket) { answer = socket; },
                 [&](const caf::error& problem) { answer = problem; });
    return answer;
  }

  /// The pid of the spawner of the moment, as the launcher's status tells it.
  pid_t spawner() const {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < deadline) {
      const auto status = tree->actors->record(paths::launcher)->status();
      if (status.starts_with("spawner "))
        return std::atoi(status.substr(8).c_str());
      std::this_thread::yield();
    }
    return 0;
  }

  static bool is_open(const caf::expected<init_socket>& answer) { return answer && *answer && **answer; }
};

TEST_F(launcher_with_processes, answers_with_a_socket_once_its_spawner_runs) {
  EXPECT_TRUE(is_open(ask()));
  EXPECT_GT(spawner(), 0);
}

TEST_F(launcher_with_processes, replaces_a_spawner_that_was_killed) {
  ASSERT_TRUE(is_open(ask()));
  for (int round = 0; round < 3; ++round) {
    const pid_t before = spawner();
    ASSERT_GT(before, 0);
    ASSERT_EQ(::kill(before, SIGKILL), 0);
    ASSERT_EQ(::waitpid(before, nullptr, 0), before);
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (spawner() == before && std::chrono::steady_clock::now() < deadline)
      std::this_thread::yield();
    EXPECT_NE(spawner(), before);
    EXPECT_TRUE(is_open(ask()));
  }
  EXPECT_EQ(tree->actors->record(paths::launcher)->last_error(), "the spawner died");
}

TEST_F(launcher_with_processes, lets_requests_wait_for_a_spawner_that_is_slow) {
  ASSERT_TRUE(is_open(ask()));
  const pid_t slow = spawner();
  ASSERT_EQ(::kill(slow, SIGSTOP), 0);
  caf::scoped_actor self(system);
  constexpr int requests = 500; // more than the socket holds
  int answered = 0;
  for (int i = 0; i < requests; ++i)
    self->send(actor, spawn_init{false});
  ASSERT_EQ(::kill(slow, SIGCONT), 0);
  self->receive_for(answered, requests)([&](const init_socket& socket) { EXPECT_TRUE(*socket); });
}

TEST_F(launcher_with_processes, survives_a_lack_of_descriptors) {
  ASSERT_TRUE(is_open(ask()));
  const pid_t before = spawner();
  const auto answer = [&] {
    const testing::descriptor_shortage shortage;
    return ask();
  }();
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error(), caf::sec::runtime_error);
  EXPECT_TRUE(is_open(ask()));
  EXPECT_EQ(spawner(), before) << "the same as before";
}

} // namespace
} // namespace sandboxd::actors
