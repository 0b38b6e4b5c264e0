#include "http/splice_pipe.hpp"

#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <string>
#include <sys/socket.h>
#include <unistd.h>

namespace sandboxd::http {
namespace {

using stop = splice_pipe::stop;

/// A source, whose far end the test writes, and a sink, whose far end it reads.
class splice_pipe_test : public ::testing::Test {
protected:
  splice_pipe_test() {
    ::signal(SIGPIPE, SIG_IGN);
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, source.data()), 0);
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, sink.data()), 0);
  }
  ~splice_pipe_test() override {
    for (const int end : {source[0], source[1], sink[0], sink[1]})
      ::close(end);
  }

  splice_pipe::progress move(std::uint64_t most) { return pipe.move(source[1], sink[0], most); }
  void give(const std::string& text) const {
    EXPECT_EQ(::write(source[0], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  [[nodiscard]] std::string got() const {
    std::string text(1'000'000, '\0');
    const auto count = ::read(sink[1], text.data(), text.size());
    return text.substr(0, count < 0 ? 0 : static_cast<std::size_t>(count));
  }

  std::array<int, 2> source{};
  std::array<int, 2> sink{};
  splice_pipe pipe = splice_pipe::open().value();
};

TEST_F(splice_pipe_test, moves_what_was_asked_for_and_no_more) {
  give("hello, world");
  const auto made = move(5);
  EXPECT_EQ(made.why, stop::done);
  EXPECT_EQ(made.taken, 5u);
  EXPECT_EQ(made.sent, 5u);
  EXPECT_EQ(got(), "hello");
  EXPECT_EQ(move(0).why, stop::done);
  EXPECT_EQ(got(), "");
}

TEST_F(splice_pipe_test, tells_that_the_source_has_nothing_yet) {
  EXPECT_EQ(move(9).why, stop::source_empty);
  give("abc");
  const auto made = move(9);
  EXPECT_EQ(made.why, stop::source_empty);
  EXPECT_EQ(made.sent, 3u);
  EXPECT_TRUE(pipe.is_empty());
}

TEST_F(splice_pipe_test, tells_that_the_source_has_ended) {
  give("abc");
  ::shutdown(source[0], SHUT_WR);
  const auto made = move(9);
  EXPECT_EQ(made.why, stop::source_ended);
  EXPECT_EQ(got(), "abc");
}

TEST_F(splice_pipe_test, keeps_what_the_sink_does_not_take) {
  std::string all;
  splice_pipe::progress made;
  while (made.why != stop::sink_full) {
    const std::string piece(10'000, static_cast<char>('a' + all.size() / 10'000 % 26));
    all += piece;
    give(piece);
    made = move(piece.size());
  }
  EXPECT_FALSE(pipe.is_empty());
  EXPECT_EQ(made.taken, 10'000u);
  std::string received;
  while (received.size() < all.size()) {
    received += got();
    EXPECT_EQ(move(0).taken, 0u);
  }
  EXPECT_TRUE(pipe.is_empty());
  EXPECT_TRUE(received == all);
}

TEST_F(splice_pipe_test, tells_that_the_sink_has_gone) {
  give("abc");
  ::shutdown(sink[1], SHUT_RD);
  EXPECT_EQ(move(3).why, stop::sink_failed);
}

} // namespace
} // namespace sandboxd::http
