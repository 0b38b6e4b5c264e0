#include "daemon/journal_file.hpp"
#include "tests/daemon/running_daemon.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace sandboxd::daemon {
namespace {

using namespace std::chrono_literals;
using supervision::event_kind;
using supervision::journal_event;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class journal_file_test : public ::testing::Test {
protected:
  void TearDown() override { std::filesystem::remove_all(root); }

  journal_event event(std::uint64_t number) const {
    journal_event made;
    made.sequence = number;
    made.time = std::chrono::system_clock::time_point(1'795'900'000'123'456us);
    made.kind = event_kind::restarting;
    made.path = "/root/a";
    made.actor_kind = "shell";
    made.text = "because \"of\" \n a line end";
    made.window_count = 2;
    made.window_limit = 5;
    return made;
  }

  std::string problem() {
    try {
      const journal_file opened(path, 1 << 20);
      return "";
    } catch (const std::exception& refused) {
      return refused.what();
    }
  }

  const std::filesystem::path root =
      std::filesystem::temp_directory_path() / ("journal-file-" + std::to_string(::getpid()));
  const std::filesystem::path path = root / "state" / "journal";
};

TEST_F(journal_file_test, keeps_events_for_the_next_daemon) {
  {
    journal_file file(path, 1 << 20);
    EXPECT_THAT(file.read(10), IsEmpty());
    for (std::uint64_t number = 1; number <= 3; ++number)
      file.append(event(number));
  }
  const journal_file file(path, 1 << 20);
  const auto read = file.read(2);
  ASSERT_EQ(read.size(), 2u);
  EXPECT_EQ(read[1].sequence, 3u);
  EXPECT_EQ(read[1].time, event(3).time);
  EXPECT_EQ(read[1].kind, event_kind::restarting);
  EXPECT_EQ(read[1].path, "/root/a");
  EXPECT_EQ(read[1].actor_kind, "shell");
  EXPECT_EQ(read[1].text, event(3).text);
  EXPECT_EQ(read[1].window_count, 2u);
  EXPECT_EQ(read[1].window_limit, 5u);
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0600u);
  ASSERT_EQ(::stat(path.parent_path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0700u);
}

TEST_F(journal_file_test, drops_the_older_half_when_it_is_full) {
  constexpr std::uint64_t most = 4096;
  {
    journal_file file(path, most);
    for (std::uint64_t number = 1; number <= 1000; ++number)
      file.append(event(number));
  }
  EXPECT_LE(std::filesystem::file_size(path), most);
  const journal_file file(path, most);
  const auto read = file.read(1000);
  ASSERT_GT(read.size(), 5u);
  EXPECT_EQ(read.back().sequence, 1000u);
  EXPECT_EQ(read.front().sequence, 1001 - read.size()) << "without a gap";
}

TEST_F(journal_file_test, leaves_out_what_is_no_event) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << "\n[]\n{\"kind\":\"started\"}\n"
                      << journal_line(event(7)) << "\n"
                      << journal_line(event(6)) << "\n" // numbers ascend
                      << std::string(100, '\0') << "\n"
                      << journal_line(event(8)).substr(0, 50);
  {
    journal_file file(path, 1 << 20);
    const auto read = file.read(10);
    ASSERT_EQ(read.size(), 1u);
    EXPECT_EQ(read[0].sequence, 7u);
    file.append(event(8));
  }
  const journal_file file(path, 1 << 20);
  EXPECT_EQ(file.read(10).size(), 2u) << "part of a line before it costs no other";
}

TEST_F(journal_file_test, takes_no_numbers_that_nothing_can_count) {
  auto far = event(1);
  far.sequence = ~std::uint64_t{0};
  EXPECT_FALSE(parse_journal_line(journal_line(far)));
  auto line = journal_line(event(1));
  EXPECT_TRUE(parse_journal_line(line));
  const auto time = line.find("1795900000123456");
  ASSERT_NE(time, std::string::npos);
  EXPECT_FALSE(parse_journal_line(line.insert(time, "999")));
}

TEST_F(journal_file_test, is_nothing_but_a_file_of_our_own) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(root / "other") << "x";
  std::filesystem::create_symlink(root / "other", path);
  EXPECT_THAT(problem(), HasSubstr("symbolic"));
  std::filesystem::remove(path);
  std::filesystem::create_hard_link(root / "other", path);
  EXPECT_THAT(problem(), HasSubstr("no regular file"));
  std::filesystem::remove(path);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_THAT(problem(), HasSubstr("no regular file"));
  std::filesystem::remove(path);
  EXPECT_EQ(problem(), "");
  const journal_file first(path, 1 << 20);
  EXPECT_THAT(problem(), HasSubstr("another daemon"));
}

TEST_F(journal_file_test, goes_on_with_the_next_daemon_where_that_before_has_ended) {
  const testing::temporary_directory directory;
  std::vector<std::uint64_t> last;
  for (int daemons = 0; daemons < 2; ++daemons) {
    {
      testing::running_daemon daemon(directory,
                                     {"--inspector.journal-file=" + path.string(), "--inspector.port=0"}, {});
      daemon.port();
      daemon.request_stop();
      EXPECT_EQ(daemon.exit_code(), 0);
    }
    const journal_file file(path, 4u << 20);
    const auto events = file.read(10'000);
    ASSERT_FALSE(events.empty());
    EXPECT_EQ(events.front().sequence, 1u);
    EXPECT_EQ(events.back().sequence, events.size()) << "without a gap";
    last.push_back(events.back().sequence);
  }
  EXPECT_GE(last[1], 2 * last[0] - 5) << "the second does as much as the first";
}

} // namespace
} // namespace sandboxd::daemon
