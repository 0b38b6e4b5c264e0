#include "launcher/executor_link.hpp"
#include "launcher/fork_server_link.hpp"
#include "tests/launcher/process_world.hpp"

#include <algorithm>
#include <array>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

namespace sandboxd::launcher {
namespace {

/// Debian's, for which the executors are made.
constexpr const char* python = "/usr/bin/python3";

/// What every executor of a test can do.
constexpr const char* prelude = R"(
import os, socket, struct, sys, time
requests, events = socket.socket(fileno=3), socket.socket(fileno=4)
def send(text): events.sendall(struct.pack('>I', len(text)) + text)
def receive(): return requests.recv(struct.unpack('>I', requests.recv(4, socket.MSG_WAITALL))[0], socket.MSG_WAITALL)
send(b'ready')
)";

class executor_links : public testing::in_session {
protected:
  std::shared_ptr<executor_link> link;
  std::vector<std::string> told; ///< events; output as "1:..." or "2:..."
  std::vector<bool> closed;
  int gone = 0;
  std::function<void()> on_event;
  std::vector<std::optional<int>> ends;

  executor_link::callbacks callbacks() {
    return {[this](std::string payload) {
              told.push_back(std::move(payload));
              if (on_event)
                on_event();
            },
            [this](bool is_error, std::string bytes) { told.push_back((is_error ? "2:" : "1:") + bytes); },
            [this](bool broken) { closed.push_back(broken); }, [this] { ++gone; }};
  }

  /// Starts an executor that does this, and waits until it is ready.
  void start(const std::string& code) {
    auto channels = make_executor_channels();
    link = executor_link::create(io, std::move(channels.ours), 1u << 20, callbacks());
    const descriptor null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    program_events fate;
    fate.ended = [this](std::optional<int> status) { ends.push_back(status); };
    const auto& theirs = channels.theirs;
    init->process->start({{python, "-c", prelude + code}, {"PATH=/usr/bin:/bin"}, "/"},
                         std::array{null.get(), theirs.output.get(), theirs.errors.get(),
                                    theirs.requests.get(), theirs.events.get()},
                         std::move(fate));
    channels.theirs = {};
    ASSERT_TRUE(wait_until([&] { return !told.empty(); }));
    EXPECT_EQ(told.front(), "ready");
    told.erase(told.begin());
  }

  [[nodiscard]] bool tells(const std::string& last) {
    return wait_until([&] { return !told.empty() && told.back() == last; });
  }

  [[nodiscard]] std::string all_told() const {
    std::string all;
    for (const auto& one : told)
      all += one + "|";
    return all;
  }
};
INSTANTIATE_TEST_SUITE_P(session, executor_links, ::testing::Bool(), testing::isolation_name);

TEST_P(executor_links, carry_requests_and_events_of_any_size) {
  start("while True: send(receive())");
  const std::string large(1u << 20, 'x');
  link->send("one");
  link->send(large);
  link->send("");
  ASSERT_TRUE(wait_until([&] { return told.size() == 3; }));
  EXPECT_EQ(told[0], "one");
  EXPECT_TRUE(told[1] == large);
  EXPECT_EQ(told[2], "");
}

TEST_P(executor_links, pass_on_what_was_printed_before_an_event) {
  start("receive()\nfor i in range(100):\n os.write(1, b'a%d ' % i)\n os.write(2, b'b%d ' % i)\n send(b'e%d' "
        "% i)\n"
        " events.recv(1)\n");
  link->begin_run();
  link->grant(1u << 20);
  link->send("go");
  std::size_t seen = 0;
  ASSERT_TRUE(wait_until([&] {
    for (; seen < told.size(); ++seen)
      if (told[seen].starts_with('e'))
        link->acknowledge();
    return !told.empty() && told.back() == "e99";
  }));
  std::string expected;
  for (int i = 0; i < 100; ++i) {
    const auto number = std::to_string(i);
    expected += "1:a" + number + " |2:b" + number + " |e" + number + "|";
  }
  EXPECT_EQ(all_told(), expected);
}

TEST_P(executor_links, let_the_executor_wait_without_credit) {
  start("receive()\nfor i in range(64): os.write(1, b'x' * 65536)\nsend(b'done')\nreceive()");
  link->begin_run();
  link->send("go");
  run_for(std::chrono::milliseconds(100));
  EXPECT_EQ(all_told(), "");
  std::size_t bytes = 0;
  const auto count = [&] {
    for (const auto& one : told)
      bytes += one.starts_with("1:") ? one.size() - 2 : 0;
    const bool done = !told.empty() && told.back() == "done";
    told.clear();
    return done;
  };
  link->grant(100'000);
  ASSERT_TRUE(wait_until([&] {
    count();
    return bytes >= 100'000;
  }));
  run_for(std::chrono::milliseconds(100));
  count();
  EXPECT_LT(bytes, 100'000u + (32u << 10)) << "one reading beyond the credit";
  link->grant(64u << 20);
  ASSERT_TRUE(wait_until(count));
  EXPECT_EQ(bytes, 64u * 65536);
}

TEST_P(executor_links, pass_on_nothing_while_they_are_held) {
  start("receive()\nsend(b'first')\nevents.recv(1)\nos.write(1, b'printed')\nsend(b'second')\nos._exit(3)");
  bool holds = true;
  on_event = [&] {
    if (holds)
      link->hold();
    link->acknowledge();
  };
  link->begin_run();
  link->grant(1000);
  link->send("go");
  ASSERT_TRUE(wait_until([&] { return !ends.empty() && gone == 1; }));
  EXPECT_EQ(all_told(), "first|");
  EXPECT_TRUE(closed.empty());
  holds = false;
  link->go_on();
  ASSERT_TRUE(wait_until([&] { return !closed.empty(); }));
  EXPECT_EQ(all_told(), "first|1:printed|second|");
}

TEST_P(executor_links, drop_what_is_printed_when_nobody_listens) {
  start("receive()\nos.write(1, b'heard')\nsend(b'said')\nevents.recv(1)\nfor i in range(64): os.write(1, "
        "b'x' * "
        "65536)\nsend(b'done')\n"
        "receive()");
  link->begin_run();
  link->grant(1000);
  link->send("go");
  ASSERT_TRUE(tells("said"));
  link->drop_output();
  link->acknowledge();
  ASSERT_TRUE(tells("done"));
  EXPECT_EQ(told[0], "1:heard");
  EXPECT_LT(all_told().size(), std::size_t{64} * 65536);
}

TEST_P(executor_links, drop_what_is_printed_between_runs) {
  start("os.write(1, b'lost')\nsend(b'idle')\nreceive()\nos.write(1, b'kept')\nsend(b'done')\nreceive()");
  ASSERT_TRUE(tells("idle"));
  link->begin_run();
  link->grant(1000);
  link->send("go");
  ASSERT_TRUE(tells("done"));
  EXPECT_EQ(all_told(), "idle|1:kept|done|");
}

TEST_P(executor_links, interrupt_and_kill) {
  start("try:\n send(b'sleeps')\n while True: time.sleep(1000)\nexcept KeyboardInterrupt: "
        "send(b'interrupted')\ntime.sleep(1000)");
  ASSERT_TRUE(tells("sleeps"));
  link->interrupt();
  ASSERT_TRUE(tells("interrupted"));
  link->kill();
  ASSERT_TRUE(wait_until([&] { return !closed.empty() && !ends.empty(); }));
  EXPECT_EQ(closed, std::vector{false});
  ASSERT_TRUE(ends[0]);
  EXPECT_TRUE(WIFSIGNALED(*ends[0]) && WTERMSIG(*ends[0]) == SIGKILL);
  EXPECT_TRUE(wait_until([&] { return gone == 1; }));
}

TEST_P(executor_links, let_go_of_an_executor_that_has_said_nothing) {
  auto channels = make_executor_channels();
  link = executor_link::create(io, std::move(channels.ours), 1u << 20, callbacks());
  link->interrupt(); // nobody knows whom
  link->kill();
  ASSERT_TRUE(wait_until([&] { return !closed.empty(); }));
  char byte = 0;
  EXPECT_EQ(::recv(channels.theirs.requests.get(), &byte, 1, MSG_DONTWAIT), 0) << "it may go";
}

TEST_P(executor_links, tell_the_end_after_the_last_words) {
  start("receive()\nos.write(2, b'last words')\nos._exit(3)");
  link->begin_run();
  link->grant(1000);
  link->send("go");
  ASSERT_TRUE(wait_until([&] { return !closed.empty() && !ends.empty(); }));
  EXPECT_EQ(all_told(), "2:last words|");
  ASSERT_TRUE(ends[0]);
  EXPECT_EQ(WEXITSTATUS(*ends[0]), 3);
}

TEST_P(executor_links, are_broken_by_what_is_no_frame) {
  start("events.sendall(b'\\xff\\xff\\xff\\xffgarbage')\ntime.sleep(1000)");
  ASSERT_TRUE(wait_until([&] { return !closed.empty(); }));
  EXPECT_EQ(closed, std::vector{true});
  EXPECT_EQ(all_told(), "");
}

TEST_P(executor_links, are_closed_when_the_executor_closes_its_socket) {
  start("events.close()\ntime.sleep(1000)");
  ASSERT_TRUE(wait_until([&] { return !closed.empty(); }));
  EXPECT_EQ(closed, std::vector{false});
  EXPECT_TRUE(ends.empty());
  EXPECT_EQ(gone, 0);
}

/// The real one, without libraries, so that it is there at once.
class fork_servers : public executor_links {
protected:
  std::shared_ptr<fork_server_link> server;
  std::vector<std::string> versions;
  int stale = 0;
  int lost = 0;
  int orphaned = 0; ///< forks
  int doomed = 0;   ///< forks
  pid_t program = 0;

  void SetUp() override {
    executor_links::SetUp();
    if (IsSkipped())
      return;
    auto pair = make_seqpacket_pair();
    server = fork_server_link::create(
        io, std::move(pair.first), std::chrono::seconds(60),
        {[this](const std::string& version, const std::string&) { versions.push_back(version); },
         [this] { ++stale; }, [this](const std::string&) { ++lost; }});
    const descriptor null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    const std::string options =
        std::string(R"({"preload":[],"memory_limit":0,"namespace_program":")") + SANDBOXD_NAMESPACE_INIT +
        R"(","closes_proc":false,"writing":null,"private_tmp":0,"capabilities":null,"groups":[],"environment":{},"isolate":)" +
        (GetParam() ? "true" : "false") + "}";
    program_events fate;
    fate.started = [this](process_ids ids, int) { program = ids.on_host; };
    init->process->start({{python, SANDBOXD_SOURCES "/interpreters/python", options},
                          {"PATH=/usr/bin:/bin", "HOME=/tmp"},
                          "/",
                          false,
                          true},
                         std::array{null.get(), null.get(), null.get(), pair.second.get()}, std::move(fate));
    pair.second.reset();
    ASSERT_TRUE(wait_until([&] { return !versions.empty() || lost > 0; }));
    ASSERT_EQ(lost, 0);
  }

  static std::string run_request(const std::string& code) {
    return R"({"type":"run","environment":{},"code":")" + code + "\"}";
  }

  void fork() {
    auto channels = make_executor_channels();
    link = executor_link::create(io, std::move(channels.ours), 1u << 20, callbacks());
    server->fork(new_session_lineage(), std::move(channels.theirs),
                 {[this](const std::string& problem, bool server_is_gone) {
                    told.push_back((server_is_gone ? "no server: " : "failed: ") + problem);
                  },
                  [this](int status, bool) { ends.emplace_back(status); }, [this] { ++orphaned; },
                  [this] { ++doomed; }});
  }
};
INSTANTIATE_TEST_SUITE_P(session, fork_servers, ::testing::Bool(), testing::isolation_name);

TEST_P(fork_servers, fork_executors_and_tell_their_ends) {
  fork();
  ASSERT_TRUE(tells(R"({"type": "ready"})"));
  link->send(run_request("import os; os._exit(7)"));
  ASSERT_TRUE(wait_until([&] { return !closed.empty() && !ends.empty(); }));
  ASSERT_TRUE(ends[0]);
  EXPECT_EQ(WEXITSTATUS(*ends[0]), 7);
}

TEST_P(fork_servers, know_the_executor_for_interrupts) {
  fork();
  ASSERT_TRUE(tells(R"({"type": "ready"})"));
  link->begin_run();
  link->grant(1000);
  link->send(run_request("print('on'); __import__('time').sleep(1000)"));
  ASSERT_TRUE(wait_until([&] { return all_told().find("1:on") != std::string::npos; }));
  link->interrupt();
  ASSERT_TRUE(wait_until([&] {
    link->wake(); // the signal may have come just before the sleep began
    return told.back().find("KeyboardInterrupt") != std::string::npos;
  }));
}

TEST_P(fork_servers, doom_their_executors_when_their_namespace_ends) {
  constexpr auto ready = R"({"type": "ready"})";
  fork();
  ASSERT_TRUE(tells(ready));
  const auto first = link;
  fork(); // an executor may be ready before the server tells its number, but not after it has forked the next
  ASSERT_TRUE(wait_until([&] { return std::ranges::count(told, ready) == 2; }));
  server->doom();
  ASSERT_TRUE(wait_until([&] { return lost > 0; }));
  EXPECT_GE(doomed, 1);
}

/// Its end is not known yet. It counts as one that did not live long enough to fork.
TEST(fork_server_links, tell_whoever_asks_a_server_that_has_just_ended) {
  asio::io_context io;
  auto pair = make_seqpacket_pair();
  const auto link = fork_server_link::create(io, std::move(pair.first), std::chrono::seconds(60), {});
  pair.second.reset();
  std::vector<std::pair<std::string, bool>> told;
  link->fork(
      new_session_lineage(), make_executor_channels().theirs,
      {[&](const std::string& problem, bool server_is_gone) { told.emplace_back(problem, server_is_gone); },
       {},
       {},
       {}});
  io.poll();
  EXPECT_EQ(told, (std::vector<std::pair<std::string, bool>>{{"the fork server has ended", true}}));
  EXPECT_TRUE(link->was_asked());
}

/// A request that it had not read makes an error of its end, which comes before what it has sent.
TEST(fork_server_links, hear_what_a_server_has_said_before_its_end) {
  asio::io_context io;
  auto pair = make_seqpacket_pair();
  const auto link = fork_server_link::create(io, std::move(pair.first), std::chrono::seconds(60), {});
  std::vector<std::string> told;
  link->fork(new_session_lineage(), make_executor_channels().theirs,
             {[&](const std::string& problem, bool) { told.push_back(problem); },
              [&](int status, bool out_of_memory) {
                told.push_back(std::to_string(status) + (out_of_memory ? ", out of memory" : ""));
              },
              {},
              {}});
  io.poll();
  for (const std::string_view word : {"forked 5", "ended 5 256 1"})
    ASSERT_EQ(::send(pair.second.get(), word.data(), word.size(), 0), static_cast<ssize_t>(word.size()));
  pair.second.reset();
  io.restart();
  io.poll();
  EXPECT_EQ(told, std::vector<std::string>{"256, out of memory"});
  EXPECT_TRUE(link->was_asked() && link->has_forked());
}

TEST_P(fork_servers, are_outlived_by_their_executors) {
  fork();
  ASSERT_TRUE(tells(R"({"type": "ready"})"));
  ASSERT_EQ(::kill(program, SIGKILL), 0);
  ASSERT_TRUE(wait_until([&] { return lost > 0; }));
  EXPECT_EQ(orphaned, 1);
  link->begin_run();
  link->grant(1000);
  link->send(run_request("print('alive')"));
  ASSERT_TRUE(wait_until([&] { return told.back().find("complete") != std::string::npos; }));
  EXPECT_NE(all_told().find("alive"), std::string::npos);
  EXPECT_EQ(doomed, 0);
  server->doom();
  ASSERT_TRUE(wait_until([&] { return doomed == 1; })) << "lost, it still knows them";
  fork();
  ASSERT_TRUE(wait_until([&] { return told.back() == "no server: the fork server has ended"; }));
}

} // namespace
} // namespace sandboxd::launcher
