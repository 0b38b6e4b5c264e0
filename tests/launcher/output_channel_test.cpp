#include "launcher/output_channel.hpp"
#include "tests/launcher/process_world.hpp"
#include "tests/support/scratch_directory.hpp"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <random>
#include <signal.h>
#include <string>
#include <vector>

namespace sandboxd::launcher {
namespace {

using namespace std::chrono_literals;

/// One FIFO with its reader, and a writer as the shell would open it.
class channel : public testing::process_world {
protected:
  output_channel::strand strand{io.get_executor()};
  testing::scratch_directory directory;
  std::string path = directory / "out";
  std::shared_ptr<output_channel> reader = std::make_shared<output_channel>(strand, path);
  descriptor writer{::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC)};
  std::shared_ptr<captured_output> captured = std::make_shared<captured_output>();
  std::shared_ptr<output_credit> credit = std::make_shared<output_credit>();
  std::string passed;
  int finished = 0;

  void capture() {
    captured = std::make_shared<captured_output>();
    reader->capture(captured);
  }
  void pass_on() {
    reader->pass_on([this](std::string bytes) { passed += bytes; }, credit);
  }
  void finish(std::string tail = {}) {
    reader->finish(std::move(tail), [this] { ++finished; });
  }
  void write(std::string_view text) {
    ASSERT_EQ(::write(writer.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  /// Writes until the FIFO is full; returns how many bytes it took.
  std::size_t fill() {
    const std::string block(4096, 'x');
    std::size_t total = 0;
    for (ssize_t count = 0; (count = ::write(writer.get(), block.data(), block.size())) > 0;)
      total += static_cast<std::size_t>(count);
    EXPECT_EQ(errno, EAGAIN);
    return total;
  }
};

TEST_F(channel, captures_all_that_is_there_at_the_end) {
  capture();
  write("one ");
  run_for(20ms);
  write("two");
  writer.reset();
  finish();
  EXPECT_EQ(finished, 1) << "what is there can be taken at once";
  EXPECT_EQ(captured->memory(), "one two");
  EXPECT_TRUE(reader->reusable());
}

TEST_F(channel, serves_one_command_after_another) {
  for (int round = 0; round < 100; ++round) {
    const std::string text = "round " + std::to_string(round);
    capture();
    if (round % 3 == 0)
      run_for(1ms);
    write(text);
    writer.reset();
    if (round % 2 == 0)
      run_for(1ms);
    finish();
    ASSERT_EQ(captured->memory(), text);
    ASSERT_TRUE(reader->reusable());
    writer.reset(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
    ASSERT_TRUE(writer);
  }
  EXPECT_EQ(finished, 100);
}

TEST_F(channel, drains_a_late_writer_without_mixing_it_in) {
  capture();
  write("in time");
  finish();
  EXPECT_EQ(finished, 1);
  EXPECT_FALSE(reader->reusable());
  EXPECT_FALSE(std::filesystem::exists(path)) << "the next command gets a FIFO of its own";
  std::size_t total = 0;
  EXPECT_TRUE(wait_until([&] { return (total += fill()) > (1u << 20); })) << "it must never be stuck";
  EXPECT_EQ(captured->memory(), "in time");
}

TEST_F(channel, vanishes_with_its_last_writer) {
  capture();
  write("in time");
  finish();
  const std::weak_ptr<output_channel> weak = reader;
  reader.reset();
  run_for(20ms);
  EXPECT_FALSE(weak.expired()) << "somebody writes";
  writer.reset();
  EXPECT_TRUE(wait_until([&] { return weak.expired(); }));
}

TEST_F(channel, passes_on_no_more_than_the_credit) {
  pass_on();
  const auto capacity = fill();
  run_for(20ms);
  EXPECT_EQ(passed, "");
  credit->bytes += 10;
  reader->resume();
  run_for(20ms);
  EXPECT_EQ(passed.size(), 10u);
  EXPECT_EQ(credit->bytes, 0u);
  credit->bytes += 100000;
  reader->resume();
  EXPECT_TRUE(wait_until([&] { return passed.size() == capacity; }));
  EXPECT_EQ(credit->bytes, 100000 + 10 - capacity);
}

TEST_F(channel, finishes_only_when_credit_allowed_all_of_it) {
  pass_on();
  write("hello");
  writer.reset();
  finish();
  run_for(20ms);
  EXPECT_EQ(finished, 0);
  credit->bytes = 3;
  reader->resume();
  EXPECT_EQ(passed, "hel");
  EXPECT_EQ(finished, 0);
  credit->bytes = 3;
  reader->resume();
  EXPECT_EQ(passed, "hello");
  EXPECT_EQ(finished, 1);
  EXPECT_EQ(credit->bytes, 1u);
}

TEST_F(channel, goes_on_without_credit_once_nobody_listens) {
  pass_on();
  const auto capacity = fill();
  reader->discard();
  std::size_t total = capacity;
  EXPECT_TRUE(wait_until([&] { return (total += fill()) > (1u << 20); }));
  writer.reset();
  finish();
  EXPECT_TRUE(wait_until([&] { return finished == 1; }));
  EXPECT_EQ(passed, "");
  EXPECT_FALSE(reader->reusable());
}

TEST_F(channel, ends_a_wait_for_credit_when_nobody_listens_any_more) {
  pass_on();
  write("hello");
  writer.reset();
  finish();
  reader->discard();
  EXPECT_TRUE(wait_until([&] { return finished == 1; }));
  EXPECT_EQ(passed, "");
}

TEST_F(channel, keeps_every_byte_whatever_the_pieces_and_the_credit) {
  std::mt19937 random{555};
  for (int round = 0; round < 60; ++round) {
    std::string sent;
    passed.clear();
    credit->bytes = 0;
    const bool live = random() % 2 == 0;
    live ? pass_on() : capture();
    for (auto pieces = random() % 8; pieces > 0; --pieces) {
      std::string piece(random() % 5000, '\0');
      for (char& c : piece)
        c = static_cast<char>(random());
      write(piece);
      sent += piece;
      credit->bytes += random() % 6000;
      reader->resume();
      if (random() % 2 == 0)
        io.poll();
    }
    writer.reset();
    const int before = finished;
    finish();
    for (int grants = 0; finished == before && grants < 1000; ++grants) {
      credit->bytes += 1 + random() % 6000;
      reader->resume();
      io.poll();
    }
    ASSERT_EQ(finished, before + 1);
    ASSERT_EQ(live ? passed : captured->memory(), sent);
    ASSERT_TRUE(reader->reusable());
    writer.reset(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  }
}

TEST_F(channel, finishes_without_bytes_that_somebody_else_took) {
  pass_on();
  write("hello");
  finish();
  char taken[16];
  const descriptor other(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  ASSERT_EQ(::read(other.get(), taken, sizeof(taken)), 5);
  credit->bytes = 100;
  reader->resume();
  EXPECT_EQ(finished, 1);
  EXPECT_EQ(passed, "");
}

TEST_F(channel, finishes_without_bytes_that_somebody_else_took_after_the_first_of_them) {
  ASSERT_GT(::fcntl(writer.get(), F_SETPIPE_SZ, 1 << 20), 0);
  capture();
  const auto size = fill();
  ASSERT_GT(size, 500'000u);
  finish();
  EXPECT_EQ(finished, 0) << "a turn is a short one";
  std::string taken(size, '\0');
  const descriptor other(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  ASSERT_GT(::read(other.get(), taken.data(), taken.size()), 0);
  EXPECT_TRUE(wait_until([&] { return finished == 1; }));
}

TEST_F(channel, takes_what_a_pipe_of_the_usual_size_holds_at_once) {
  capture();
  const auto size = fill();
  writer.reset();
  finish();
  EXPECT_EQ(finished, 1);
  EXPECT_EQ(captured->size(), size);
  EXPECT_TRUE(reader->reusable());
}

TEST_F(channel, delivers_a_tail_after_all_else_as_credit_allows) {
  pass_on();
  write("in ");
  writer.reset();
  finish("time");
  credit->bytes = 5;
  reader->resume();
  EXPECT_EQ(passed, "in ti");
  EXPECT_EQ(finished, 0);
  credit->bytes = 5;
  reader->resume();
  EXPECT_EQ(passed, "in time");
  EXPECT_EQ(finished, 1);
}

TEST_F(channel, reads_its_own_fifo_whatever_takes_the_name) {
  capture();
  writer.reset();
  std::filesystem::remove(path);
  { std::ofstream(path) << "a plain file"; }
  finish();
  EXPECT_EQ(captured->memory(), "");
  EXPECT_TRUE(reader->reusable());
}

TEST_F(channel, closes_the_oldest_of_too_many_that_are_kept_for_background_writers) {
  const auto retired = std::make_shared<retired_channels>(2);
  std::vector<descriptor> writers;
  for (int i = 0; i < 3; ++i) {
    const auto name = directory / std::to_string(i);
    const auto kept = std::make_shared<output_channel>(strand, name, retired);
    writers.emplace_back(::open(name.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
    kept->capture(captured);
    kept->finish({}, [] {});
  }
  const auto is_read = [&](std::size_t i) { return ::write(writers[i].get(), "x", 1) == 1; };
  EXPECT_TRUE(wait_until([&] { return !is_read(0); })) << "SIGPIPE for others";
  EXPECT_EQ(errno, EPIPE);
  EXPECT_TRUE(is_read(1));
  EXPECT_TRUE(is_read(2));
}

TEST_F(channel, that_has_lost_its_name_and_its_writers_drives_out_no_other) {
  const auto retired = std::make_shared<retired_channels>(1);
  const auto name = directory / "kept";
  const auto kept = std::make_shared<output_channel>(strand, name, retired);
  const descriptor background(::open(name.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  kept->capture(captured);
  kept->finish({}, [] {});
  const auto other = std::make_shared<output_channel>(strand, directory / "other", retired);
  other->capture(captured);
  other->give_up_name();
  bool done = false;
  other->finish({}, [&] { done = true; });
  EXPECT_TRUE(wait_until([&] { return done; }));
  run_for(20ms);
  EXPECT_EQ(::write(background.get(), "x", 1), 1);
}

TEST_F(channel, replaces_a_stale_fifo) {
  reader->give_up_name();
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const auto second = std::make_shared<output_channel>(strand, path);
  EXPECT_TRUE(std::filesystem::is_fifo(path));
}

TEST_F(channel, cannot_be_made_where_there_is_no_directory) {
  EXPECT_THROW(output_channel(strand, directory / "missing/out"), std::system_error);
}

} // namespace
} // namespace sandboxd::launcher
