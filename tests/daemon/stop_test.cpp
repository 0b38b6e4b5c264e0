#include "tests/daemon/running_daemon.hpp"
#include "tests/support/sdk_client.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <signal.h>
#include <string>

/// What a stop (SIGTERM) does to work that takes its time to end.
namespace sandboxd::testing {
namespace {

class stop : public ::testing::Test {
protected:
  temporary_directory directory;

  /// A command that ignores SIGTERM, and then makes a file.
  static std::string stubborn(const std::filesystem::path& flag) {
    return "trap '' TERM; touch " + flag.string() + "; while :; do sleep 0.1; done";
  }

  /// Begins such a command and waits for its file.
  void begin_stubborn(sdk_client& client, const std::string& session) {
    const auto flag = directory / session;
    client.begin(session, stubborn(flag));
    ASSERT_TRUE(eventually([&] { return exists(flag); }));
  }
};

TEST_F(stop, answers_all_that_runs_and_succeeds_within_the_grace) {
  running_daemon daemon(directory, {"--sandbox.shutdown-grace=2s"}, {});
  const auto port = daemon.port();
  sdk_client in_session(port, generation::b);
  sdk_client sessionless(port, generation::b);
  begin_stubborn(in_session, "s");
  begin_stubborn(sessionless, "__DISABLE_SESSION__"); // HTTP.md 4.7
  daemon.request_stop();
  EXPECT_EQ(in_session.answer().body.at("code"), "SESSION_TERMINATED");
  EXPECT_EQ(sessionless.answer().body.at("exitCode"), 128 + SIGKILL);
  EXPECT_EQ(daemon.exit_code(), 0);
}

TEST_F(stop, does_not_wait_for_a_longer_grace_that_began_before) {
  running_daemon daemon(directory, {"--sandbox.shutdown-grace=2s", "--session.kill-grace=60s"}, {});
  sdk_client client(daemon.port(), generation::b);
  const auto flag = directory / "in-session";
  client.output("s", "(" + stubborn(flag) + ") >/dev/null 2>&1 &");
  ASSERT_TRUE(eventually([&] { return exists(flag); }));
  EXPECT_EQ(client.remove("s").status, 200);
  daemon.request_stop();
  EXPECT_EQ(daemon.exit_code(), 0);
  EXPECT_TRUE(eventually([] { return processes_below().empty(); }));
}

/// As in `exec sandboxd > >(tee log)`, where the program that takes the log is a child of the daemon.
TEST_F(stop, leaves_alone_what_was_there_before_the_daemon) {
  const auto log = directory / "log";
  FILE* taker = ::popen(("exec cat >" + log.string()).c_str(), "w");
  ASSERT_NE(taker, nullptr);
  {
    running_daemon daemon(directory, {}, {});
    sdk_client(daemon.port(), generation::b).output("s", "true");
    daemon.request_stop();
    EXPECT_EQ(daemon.exit_code(), 0);
  }
  EXPECT_GT(std::fputs("the last line", taker), 0);
  EXPECT_EQ(::pclose(taker), 0);
  std::ifstream file(log);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "the last line");
}

TEST_F(stop, leaves_no_process_that_does_not_hear_of_it) {
  running_daemon daemon(directory, {"--sandbox.shutdown-grace=1s"}, {});
  sdk_client(daemon.port(), generation::b).output("s", "true");
  const auto spawner = processes_with("sandboxd-spawner").front().pid;
  ::kill(spawner, SIGSTOP);
  daemon.request_stop();
  EXPECT_EQ(daemon.exit_code(), 0);
  EXPECT_TRUE(eventually([&] { return ::kill(spawner, 0) != 0; }));
}

} // namespace
} // namespace sandboxd::testing
