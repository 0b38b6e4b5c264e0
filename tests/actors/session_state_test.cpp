#include "actors/session.hpp"
#include "launcher/unix_message.hpp"
#include "tests/actors/recording.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace sandboxd::actors {
namespace {

using testing::recording_observer;
using testing::recording_observer_ptr;

/// A session whose shells never get as far as a prompt: nobody answers at the other end of their init's
/// socket. So every command handed to one is refused at once, which shows the order.
class session_queue : public ::testing::Test {
protected:
  std::vector<std::uint64_t> ended_streams; // first, since what is destroyed after it may end streams
  asio::io_context io;
  std::shared_ptr<config::settings> settings = std::make_shared<config::settings>();
  launcher::descriptor_pair socket = launcher::make_seqpacket_pair();
  std::shared_ptr<launcher::session_process> init =
      launcher::session_process::create(io, std::move(socket.first), {});
  session_state session;

  session_queue() { settings->session.max_queued_commands = 3; }

  void configure(session_options options = {}) {
    options.id = "s1";
    session.configure(std::make_shared<services>(io, settings, "/nowhere", std::vector<std::string>{}),
                      std::move(options), "/session/shell",
                      [this](std::uint64_t number) { ended_streams.push_back(number); });
  }

  std::shared_ptr<launcher::shell> make_shell() {
    launcher::shell_options options;
    options.control_directory = ::testing::TempDir() + "session-queue";
    return launcher::shell::start(
        io, init, options,
        {[](launcher::process_ids) {}, [] {}, [](std::optional<int>, const std::string&) {}});
  }

  recording_observer_ptr enqueue(const std::string& text, run_mode mode = run_mode::foreground) {
    auto observer = std::make_shared<recording_observer>();
    run_command command;
    command.request.session = "s1";
    command.request.command = text;
    command.request.mode = mode;
    command.observer = observer_handle(observer);
    session.enqueue(std::move(command));
    return observer;
  }

  /// Lets what the session has handed to its shell happen.
  void serve() {
    io.restart();
    io.poll();
  }
};

TEST_F(session_queue, waits_for_the_shell) {
  configure();
  const auto first = enqueue("first");
  serve();
  EXPECT_TRUE(first->story.empty());
  EXPECT_EQ(session.describe(), "waiting for its shell, 1 waiting");
}

TEST_F(session_queue, is_bounded) {
  configure();
  const std::vector commands{enqueue("1"), enqueue("2"), enqueue("3")};
  const auto refused = enqueue("4");
  EXPECT_EQ(refused->failure_code(), error_code::too_busy);
  EXPECT_EQ(refused->failures[0].session, "s1");
  for (const auto& command : commands)
    EXPECT_TRUE(command->story.empty());
  session.shell_is_free(make_shell());
  EXPECT_TRUE(enqueue("5")->story.empty()) << "there is room again";
}

TEST_F(session_queue, obeys_a_bound_that_changes) {
  configure();
  enqueue("1");
  settings->session.max_queued_commands = 1;
  EXPECT_EQ(enqueue("2")->failure_code(), error_code::too_busy);
}

TEST_F(session_queue, runs_one_command_at_a_time_in_order_of_arrival) {
  configure();
  const std::vector commands{enqueue("one"), enqueue("two"), enqueue("three")};
  for (std::size_t next = 0; next < commands.size(); ++next) {
    session.shell_is_free(make_shell());
    serve();
    for (std::size_t i = 0; i < commands.size(); ++i)
      EXPECT_EQ(commands[i]->story.size(), i <= next ? 1u : 0u) << i;
  }
  EXPECT_EQ(session.describe().substr(0, 14), "running: three");
  session.shell_is_free(make_shell());
  EXPECT_EQ(session.describe(), "idle");
  const auto late = enqueue("late");
  serve();
  EXPECT_EQ(late->story.size(), 1u);
}

TEST_F(session_queue, keeps_what_waits_when_the_shell_ends) {
  configure();
  session.shell_is_free(make_shell());
  enqueue("exit 3");
  const auto second = enqueue("second");
  session.shell_is_gone(3);
  EXPECT_TRUE(session.wants_shell());
  serve();
  EXPECT_TRUE(second->story.empty());
  session.shell_is_free(make_shell());
  EXPECT_FALSE(session.wants_shell());
  serve();
  EXPECT_EQ(second->story.size(), 1u);
}

TEST_F(session_queue, wants_no_shell_where_the_supervisor_starts_one_by_itself) {
  configure();
  session.shell_is_free(make_shell());
  enqueue("anything");
  session.shell_is_gone(std::nullopt);
  EXPECT_FALSE(session.wants_shell());
}

TEST_F(session_queue, tells_the_next_command_once_that_the_state_was_lost_while_idle) {
  configure();
  session.shell_is_free(make_shell());
  session.shell_is_gone(137);
  const auto told = enqueue("first");
  EXPECT_EQ(told->failure_code(), error_code::session_terminated);
  EXPECT_EQ(told->failures[0].exit_code, 137);
  EXPECT_TRUE(enqueue("second")->story.empty());
}

TEST_F(session_queue, says_nothing_of_a_loss_that_costs_no_state) {
  session_options options;
  options.keep_after_restart = true;
  configure(options);
  session.shell_is_free(make_shell());
  session.shell_is_gone(137);
  EXPECT_TRUE(enqueue("first")->story.empty());
}

TEST_F(session_queue, fails_everything_when_it_is_closed) {
  configure();
  session.shell_is_free(make_shell());
  const std::vector commands{enqueue("runs"), enqueue("waits"), enqueue("waits too")};
  session.close();
  for (const auto& command : commands)
    EXPECT_EQ(command->failure_code(), error_code::session_destroyed);
  EXPECT_EQ(enqueue("late")->failure_code(), error_code::session_destroyed);
  session.shell_is_gone(0);
  EXPECT_FALSE(session.wants_shell());
  session.shell_is_free(make_shell());
  serve();
  for (const auto& command : commands)
    EXPECT_EQ(command->story.size(), 1u) << "exactly one answer";
}

TEST_F(session_queue, fails_everything_when_it_gives_up_unless_it_was_closed_before) {
  configure();
  session.shell_is_free(make_shell());
  const std::vector commands{enqueue("runs"), enqueue("waits")};
  session.give_up();
  for (const auto& command : commands)
    EXPECT_EQ(command->failure_code(), error_code::session_terminated);
  session.close();
  session.give_up();
  for (const auto& command : commands)
    EXPECT_EQ(command->story.size(), 1u) << "exactly one answer";
}

TEST_F(session_queue, fails_running_streams_when_it_is_closed) {
  configure();
  session.shell_is_free(make_shell());
  const auto stream = enqueue("runs beside", run_mode::forked);
  session.shell_is_free(make_shell()); // the fork is under way
  session.close();
  EXPECT_EQ(stream->failure_code(), error_code::session_destroyed);
  serve();
  EXPECT_EQ(stream->story.size(), 1u) << "exactly one answer";
}

TEST_F(session_queue, bounds_the_streams_that_run_at_a_time) {
  settings->session.max_streams = 1;
  configure();
  session.shell_is_free(make_shell());
  const auto first = enqueue("first", run_mode::forked);
  const auto second = enqueue("second", run_mode::forked);
  const auto command = enqueue("third");
  session.shell_is_free(make_shell());
  EXPECT_EQ(second->failure_code(), error_code::too_busy);
  EXPECT_EQ(session.describe(), "running: third, 0 waiting");
  serve(); // these shells refuse everything, which ends the first stream
  ASSERT_EQ(ended_streams, std::vector<std::uint64_t>{1});
  session.stream_ended(1);
  const auto fourth = enqueue("fourth", run_mode::forked);
  session.shell_is_free(make_shell());
  EXPECT_TRUE(fourth->story.empty()) << "there is room again";
}

TEST_F(session_queue, tells_the_loss_of_a_shell_that_went_without_a_word) {
  configure();
  session.shell_is_free(make_shell());
  session.shell_is_free(make_shell());
  EXPECT_EQ(enqueue("first")->failure_code(), error_code::session_terminated);
  EXPECT_TRUE(enqueue("second")->story.empty());
}

TEST_F(session_queue, answers_what_it_holds_when_it_crashes) {
  recording_observer_ptr waiting;
  {
    session_state doomed;
    doomed.configure(std::make_shared<services>(io, settings, "/nowhere", std::vector<std::string>{}), {}, {},
                     {});
    waiting = std::make_shared<recording_observer>();
    run_command command;
    command.observer = observer_handle(waiting);
    doomed.enqueue(std::move(command));
  }
  EXPECT_EQ(waiting->failure_code(), error_code::internal_error);
}

TEST_F(session_queue, starts_its_first_shell_as_it_was_made_and_later_ones_by_its_dialect) {
  for (const bool keep : {false, true}) {
    session = session_state();
    session_options options;
    options.env = {{"A", "1"}};
    options.cwd = "/usr";
    options.keep_after_restart = keep;
    configure(options);
    const auto first = session.next_shell_start();
    EXPECT_EQ(first.env, options.env);
    EXPECT_EQ(first.directory, "/usr");
    for (int restart = 0; restart < 2; ++restart) {
      const auto later = session.next_shell_start();
      EXPECT_EQ(later.env, keep ? options.env : environment{});
      EXPECT_EQ(later.directory, keep ? "/usr" : "");
    }
  }
}

} // namespace
} // namespace sandboxd::actors
