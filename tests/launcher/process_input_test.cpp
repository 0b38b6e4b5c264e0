#include "launcher/process_input.hpp"

#include <asio/io_context.hpp>
#include <asio/strand.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <memory>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace sandboxd::launcher {
namespace {

using ending = input_result::ending;
using namespace std::chrono_literals;

constexpr std::size_t most_waiting = 200'000;

class process_input_test : public ::testing::Test {
protected:
  process_input_test() {
    ::fcntl(pipe.second.get(), F_SETFL, O_NONBLOCK);
    ::fcntl(pipe.second.get(), F_SETPIPE_SZ, 65'536);
    input = std::make_shared<process_input>(asio::make_strand(io), std::move(pipe.second), most_waiting);
  }

  void write(std::string bytes, std::chrono::milliseconds time = 1h, bool close = false) {
    input->write(std::move(bytes), close, time, [this](input_result result) { results.push_back(result); });
    poll();
  }
  void poll() {
    io.restart();
    io.poll();
  }
  /// What the process reads; it ends with the pipe's end or when nothing is there.
  std::string read(std::size_t most) {
    ::fcntl(pipe.first.get(), F_SETFL, O_NONBLOCK);
    std::string got(most, '\0');
    const ssize_t count = ::read(pipe.first.get(), got.data(), most);
    got.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    ended = count == 0;
    poll();
    return got;
  }

  asio::io_context io;
  descriptor_pair pipe = make_pipe();
  std::shared_ptr<process_input> input;
  std::vector<input_result> results;
  bool ended = false;
};

TEST_F(process_input_test, passes_bytes_on_in_order) {
  write("one ");
  write("two");
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].how, ending::written);
  EXPECT_EQ(results[1].written, 3u);
  EXPECT_EQ(read(100), "one two");
  write("");
  EXPECT_EQ(results.back().how, ending::written);
}

TEST_F(process_input_test, answers_when_the_pipe_has_taken_all) {
  write(std::string(100'000, 'a'));
  write("b");
  EXPECT_TRUE(results.empty());
  EXPECT_EQ(read(65'536), std::string(65'536, 'a'));
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].written, 100'000u);
  EXPECT_EQ(read(65'536), std::string(100'000 - 65'536, 'a') + "b");
}

TEST_F(process_input_test, holds_no_more_than_allowed) {
  write(std::string(most_waiting, 'a'));
  write("b");
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].how, ending::full);
  EXPECT_EQ(results[0].written, 0u);
}

TEST_F(process_input_test, says_how_much_went_in_when_the_process_does_not_read) {
  write(std::string(100'000, 'a'), 1ms);
  write("b");
  io.restart();
  while (results.empty())
    io.run_one();
  EXPECT_EQ(results[0].how, ending::late);
  EXPECT_EQ(results[0].written, 65'536u);
  EXPECT_EQ(read(65'536).size(), 65'536u);
  EXPECT_EQ(read(65'536), "b"); // the rest was dropped, what came after it was not
}

TEST_F(process_input_test, ends_after_what_was_written_before) {
  write(std::string(100'000, 'a'), 1h, true);
  write("late");
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].how, ending::closed);
  EXPECT_EQ(read(100'000).size() + read(100'000).size(), 100'000u);
  EXPECT_EQ(results.back().how, ending::written);
  EXPECT_EQ(read(1), "");
  EXPECT_TRUE(ended);
}

TEST_F(process_input_test, does_not_end_without_the_bytes_that_were_to_be_the_last) {
  write(std::string(100'000, 'a'), 1ms, true);
  io.restart();
  while (results.empty())
    io.run_one();
  EXPECT_EQ(results[0].how, ending::late);
  read(65'536);
  write("b", 1h, true);
  EXPECT_EQ(results[1].how, ending::written);
  EXPECT_EQ(read(65'536), "b");
  EXPECT_EQ(read(1), "");
  EXPECT_TRUE(ended);
  write(std::string(most_waiting + 1, 'a'), 1h, true);
  EXPECT_EQ(results[2].how, ending::closed);
}

TEST_F(process_input_test, hears_that_the_process_has_closed_its_input) {
  ::signal(SIGPIPE, SIG_IGN);
  write(std::string(100'000, 'a'));
  pipe.first.reset();
  poll();
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].how, ending::closed);
  EXPECT_EQ(results[0].written, 65'536u);
}

TEST_F(process_input_test, answers_all_that_wait_when_the_process_ends) {
  write(std::string(100'000, 'a'));
  write("b");
  input->end();
  poll();
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[1].how, ending::closed);
  EXPECT_EQ(results[1].written, 0u);
}

} // namespace
} // namespace sandboxd::launcher
