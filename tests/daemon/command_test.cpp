#include "tests/daemon/running_daemon.hpp"
#include "tests/support/sdk_client.hpp"

#include <gtest/gtest.h>

#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <vector>

/// The supervised command of the image (HTTP.md 16.2).
namespace sandboxd::testing {
namespace {

using words = std::vector<std::string>;

/// A soft limit of descriptors that differs from the hard one, set before any daemon looks at it.
constexpr rlim_t usual_limit = 500;
[[maybe_unused]] const bool limit_is_usual = [] {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = usual_limit;
  return ::setrlimit(RLIMIT_NOFILE, &limit) == 0;
}();

words shell(const std::string& script) {
  return {"bash", "-c", script};
}

class supervised_command : public ::testing::Test {
protected:
  temporary_directory directory;
};

TEST_F(supervised_command, its_failure_is_the_exit_code_of_the_daemon) {
  struct {
    words command;
    int code;
  } const table[] = {
      {shell("exit 7"), 7},
      {shell("kill -KILL $$"), 128 + 9},
      {{"/no/such/program"}, 1},
  };
  for (const auto& row : table)
    EXPECT_EQ(running_daemon(directory, {}, row.command).exit_code(), row.code) << row.command.back();
}

TEST_F(supervised_command, its_success_leaves_the_daemon_running) {
  running_daemon daemon(directory, {}, shell("touch " + (directory / "done").string()));
  ASSERT_TRUE(eventually([&] { return exists(directory / "done"); }));
  daemon.request_stop();
  EXPECT_EQ(daemon.exit_code(), 0);
}

TEST_F(supervised_command, finds_the_mark_and_the_usual_limit_of_descriptors) {
  const auto seen = directory / "seen";
  running_daemon daemon(directory, {},
                        shell("echo $SANDBOX_STARTED $(ulimit -Sn) > " + seen.string() + "~; mv " +
                              seen.string() + "~ " + seen.string()));
  ASSERT_TRUE(eventually([&] { return exists(seen); }));
  EXPECT_EQ(read_text(seen), "true " + std::to_string(usual_limit) + "\n");
}

TEST_F(supervised_command, and_sessions_do_not_inherit_the_daemons_own_limit_of_descriptors) {
  running_daemon daemon(directory, {}, {});
  sdk_client client(daemon.port(), generation::b);
  EXPECT_EQ(client.output("s", "ulimit -Sn"), std::to_string(usual_limit));
  rlimit own{};
  ::getrlimit(RLIMIT_NOFILE, &own);
  EXPECT_EQ(own.rlim_cur, own.rlim_max);
}

TEST_F(supervised_command, has_time_to_end_when_the_daemon_stops) {
  const auto ready = directory / "ready";
  const auto finished = directory / "finished";
  running_daemon daemon(directory, {},
                        shell("trap 'sleep 0.3; touch " + finished.string() + "; exit 5' TERM; touch " +
                              ready.string() + "; while :; do sleep 0.01; done"));
  ASSERT_TRUE(eventually([&] { return exists(ready); }));
  daemon.request_stop();
  EXPECT_EQ(daemon.exit_code(), 0) << "it was asked to end; how it does is its own business";
  EXPECT_TRUE(exists(finished));
}

TEST_F(supervised_command, is_killed_with_its_group_when_the_grace_is_over) {
  const auto ready = directory / "ready";
  running_daemon daemon(
      directory, {"--sandbox.shutdown-grace=500ms"},
      shell("trap '' TERM; sleep 4711 & touch " + ready.string() + "; while :; do sleep 0.01; done"));
  ASSERT_TRUE(eventually([&] { return exists(ready); }));
  daemon.request_stop();
  EXPECT_EQ(daemon.exit_code(), 0);
  // What dies after the daemon is reaped by whoever is above it: here, this program.
  EXPECT_TRUE(eventually([] {
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    return processes_below().empty();
  }));
}

TEST_F(supervised_command, leaves_nothing_of_its_group_behind) {
  const auto ready = directory / "ready";
  running_daemon daemon(directory, {},
                        shell("(trap '' TERM; sleep 4711) & touch " + ready.string() + "; sleep 4712"));
  ASSERT_TRUE(eventually([&] { return exists(ready); }));
  daemon.request_stop();
  EXPECT_EQ(daemon.exit_code(), 0);
  EXPECT_TRUE(eventually([] { return processes_with("sleep 4711").empty(); }));
}

TEST_F(supervised_command, is_logged_without_escape_sequences) {
  const auto log = directory / "log";
  const int file = open_to_append(log);
  {
    const redirected_standard_error redirected(file);
    running_daemon daemon(directory, {"--log.level=debug", "--log.format=text"},
                          shell(R"(printf '\033[1;31mred\033[0m text\n' >&2; sleep 4711)"));
    EXPECT_TRUE(eventually([&] { return read_text(log).find("command: red text") != std::string::npos; }))
        << read_text(log);
  }
  ::close(file);
}

} // namespace
} // namespace sandboxd::testing
