#include "tests/process/daemon_fixture.hpp"
#include "tests/process/git_world.hpp"

#include <cerrno>
#include <fcntl.h>
#include <ostream>
#include <signal.h>
#include <string>
#include <unistd.h>

/// A process that forks twice, ignores SIGTERM, and changes its session, its group and its name, against
/// every way to end it.
namespace sandboxd::testing {
namespace {

/// Who holds the lock that the escaped process takes (escape.py), in numbers of this namespace; 0: nobody,
/// for who dies lets go.
pid_t holder_of(const std::string& lock) {
  const int file = ::open(lock.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0)
    return 0;
  struct flock wanted {};
  wanted.l_type = F_WRLCK;
  EXPECT_EQ(::fcntl(file, F_GETLK, &wanted), 0);
  ::close(file);
  return wanted.l_type == F_UNLCK ? 0 : wanted.l_pid;
}

/// The end that a client, or a fault, brings to an escaping process.
struct ending {
  const char* name;
  bool isolated;
  bool unmarked; ///< the process leaves its lineage, too
  enum { by_request, by_time_limit, by_timeout, with_session, with_init, with_daemon } how;
};
std::ostream& operator<<(std::ostream& to, const ending& which) {
  return to << which.name;
}

constexpr ending endings[] = {
    {"by_request", true, false, ending::by_request},
    {"by_request_not_isolated", false, false, ending::by_request},
    {"by_time_limit", true, false, ending::by_time_limit},
    {"by_time_limit_not_isolated", false, false, ending::by_time_limit},
    {"by_timeout_of_its_command", true, false, ending::by_timeout},
    {"by_timeout_of_its_command_not_isolated", false, false, ending::by_timeout},
    {"with_its_session", true, true, ending::with_session},
    {"with_its_session_not_isolated", false, true, ending::with_session},
    {"with_its_init", true, true, ending::with_init},
    {"with_its_init_not_isolated", false, false, ending::with_init},
    {"with_the_daemon", true, true, ending::with_daemon},
    {"with_the_daemon_not_isolated", false, true, ending::with_daemon},
};

class process_attack : public daemon_test, public ::testing::WithParamInterface<ending> {
protected:
  void SetUp() override {
    ASSERT_EQ(a.create("s", {{"isolation", GetParam().isolated}}).status, 200);
    if (GetParam().isolated && a.output("s", "echo $PPID") != "1\n")
      GTEST_SKIP() << "needs the privilege to make namespaces";
  }

  [[nodiscard]] std::string lock() const { return (daemon.workspace() / "lock").string(); }
  [[nodiscard]] std::string command() const {
    return std::string("exec python3 " ESCAPING_PROGRAM " ") + lock() +
           (GetParam().unmarked ? " --unmarked" : "");
  }
  /// In dialect A, which alone has sessions without isolation.
  void start(const json& options = json::object()) {
    const auto answer =
        a.post("/api/process/start", {{"command", command()}, {"sessionId", "s"}, {"options", options}});
    ASSERT_EQ(answer.status, 200) << answer.body;
    process_ = answer.body["processId"];
  }
  void await_escape() {
    ASSERT_TRUE(eventually([&] { return holder_of(lock()) != 0; }));
  }
  void end_it() {
    switch (GetParam().how) {
    case ending::by_request:
      EXPECT_EQ(a.request("DELETE", "/api/process/" + process_).status, 200);
      break;
    case ending::with_session:
      EXPECT_EQ(a.remove("s").status, 200);
      break;
    case ending::with_init:
      daemon.kill_process_of(daemon.tree_of("s") + "/init");
      break;
    case ending::with_daemon:
      EXPECT_EQ(daemon.stop(), 0);
      break;
    case ending::by_time_limit:
    case ending::by_timeout:
      break; // comes by itself
    }
  }

private:
  std::string process_;
};
INSTANTIATE_TEST_SUITE_P(ends, process_attack, ::testing::ValuesIn(endings), name_of_case());

TEST_P(process_attack, by_whatever_a_process_does_to_get_away_leaves_none_behind) {
  {
    const running_program naive({"bash", "-c", command()});
    await_escape();
  } // which kills its process group and waits for it
  const pid_t escaped = holder_of(lock());
  ASSERT_GT(escaped, 0) << "the attack works without the defence";
  ASSERT_EQ(::kill(escaped, SIGTERM), 0);
  ASSERT_EQ(holder_of(lock()), escaped) << "it is deaf, too";
  ASSERT_EQ(::kill(escaped, SIGKILL), 0);
  ASSERT_TRUE(eventually([&] { return holder_of(lock()) == 0; }));

  if (GetParam().how == ending::by_timeout)
    b.begin("s", command(), {{"timeoutMs", 3000}});
  else
    start(GetParam().how == ending::by_time_limit ? json{{"timeout", 3000}} : json::object());
  await_escape();
  end_it();
  EXPECT_TRUE(eventually([&] { return holder_of(lock()) == 0; }));
  EXPECT_TRUE(eventually([] { return processes_with(ESCAPING_PROGRAM).empty(); })) << "nor its parent";
}

} // namespace
} // namespace sandboxd::testing
