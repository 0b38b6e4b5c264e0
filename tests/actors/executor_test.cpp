#include "actors/executor.hpp"
#include "tests/actors/given_inits.hpp"

#include <gmock/gmock.h>

#include <string>
#include <sys/socket.h>

namespace sandboxd::actors {
namespace {

using ::testing::IsEmpty;

class executor_owner : public testing::interpreter_world {
protected:
  executor_actor actor;
  launcher::descriptor_pair sockets;

  void start(fork_server_handle forks = {}) {
    const auto told = spawn_at(paths::executor_pool("javascript"), testing::told_pool_behavior, pool);
    actor = spawn_at(paths::interpreters + "/javascript/executors/7", executor_behavior, context,
                     executor_start{7, std::move(forks), told});
    run();
  }
  /// By a fork server that is the other end of `sockets`.
  void start_fork() {
    sockets = launcher::make_seqpacket_pair();
    start({launcher::fork_server_link::create(io, std::move(sockets.first), std::chrono::seconds(60), {}),
           true});
  }
  /// Whether it leaves the pool, as soon as that is known.
  bool leaves() {
    for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
         pool->left.empty() && std::chrono::steady_clock::now() < end;) {
      io.restart();
      io.run_one_for(std::chrono::milliseconds(2));
      run();
    }
    return !pool->left.empty();
  }
  void TearDown() override {
    actor = nullptr;
    interpreter_world::TearDown();
  }
  template <class Message>
  void tell(Message message) {
    caf::anon_send(actor, std::move(message));
    run();
  }
  /// How it left the pool; nothing when it has not.
  std::string left() const {
    if (pool->left.empty())
      return "";
    const auto& event = pool->left.back();
    EXPECT_EQ(pool->left.size(), 1u) << "once";
    EXPECT_EQ(event.number, 7u);
    EXPECT_FALSE(tree->actors->find<executor_actor>(paths::interpreters + "/javascript/executors/7"));
    return (event.was_ready ? "ready, " : "") + event.cause;
  }
};

TEST_F(executor_owner, offers_an_executor_and_tells_of_its_end) {
  start();
  tell(init_ready{});
  EXPECT_THAT(pool->joined, IsEmpty());
  tell(executor_is_up{});
  ASSERT_EQ(pool->joined.size(), 1u);
  EXPECT_EQ(pool->joined[0].executor->number, 7u);
  EXPECT_NE(pool->joined[0].executor->dialogue, nullptr);
  advance(settings->interpreter.start_timeout);
  EXPECT_EQ(left(), "") << "it has started in time";
  tell(executor_is_gone{"with exit code 3"});
  EXPECT_EQ(left(), "ready, with exit code 3");
}

TEST_F(executor_owner, gives_up_without_an_init) {
  inits->problem = no_init();
  start();
  EXPECT_THAT(left(), ::testing::HasSubstr("no room"));
}

TEST_F(executor_owner, ends_with_its_init) {
  start();
  tell(init_ready{});
  tell(init_lost{"the init is gone"});
  EXPECT_EQ(left(), "because the init is gone");
}

TEST_F(executor_owner, lets_no_start_take_for_ever) {
  settings->interpreter.start_timeout = std::chrono::milliseconds(2500);
  start();
  tell(init_ready{});
  advance(std::chrono::milliseconds(2499));
  EXPECT_EQ(left(), "");
  advance(std::chrono::milliseconds(1));
  EXPECT_EQ(left(), "after 2500 ms in which it did not start");
}

TEST_F(executor_owner, tells_of_a_fork_that_failed) {
  start_fork();
  EXPECT_EQ(inits->asked, 0) << "the fork server has one";
  io.poll();
  char request[64];
  const auto count = ::recv(sockets.second.get(), request, sizeof(request), MSG_DONTWAIT);
  ASSERT_GT(count, 0);
  EXPECT_TRUE(std::string_view(request, static_cast<std::size_t>(count)).starts_with("fork "));
  ASSERT_GT(::send(sockets.second.get(), "failed no room", 14, MSG_NOSIGNAL), 0);
  EXPECT_TRUE(leaves());
  EXPECT_EQ(left(), "before it began: no room");
  EXPECT_FALSE(pool->left.back().blameless);
}

TEST_F(executor_owner, is_not_to_blame_for_a_fork_server_that_ends) {
  start_fork();
  io.poll();
  sockets.second.reset();
  EXPECT_TRUE(leaves());
  EXPECT_EQ(left(), "before it began: the fork server has ended");
  EXPECT_TRUE(pool->left.back().blameless);
}

/// As long as its fork server may take to answer, and then for a moment to hear of that one's end.
TEST_F(executor_owner, waits_longer_for_a_fork_than_the_fork_server_may_take) {
  settings->interpreter.start_timeout = std::chrono::milliseconds(2500);
  start_fork();
  advance(std::chrono::milliseconds(2999));
  EXPECT_EQ(left(), "");
  advance(std::chrono::milliseconds(1));
  EXPECT_EQ(left(), "after 3000 ms in which it did not start");
}

} // namespace
} // namespace sandboxd::actors
