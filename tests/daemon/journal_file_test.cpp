#include "daemon/journal_file.hpp"
#include "tests/daemon/running_daemon.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace sandboxd::daemon {
namespace {

using namespace std::chrono_literals;
using supervision::event_kind;
using supervision::journal_event;
using ::testing::ElementsAre;
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
                      << journal_line(event(9)) << "\n" // numbers ascend to the last
                      << journal_line(event(7)) << "\n"
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

TEST_F(journal_file_test, takes_no_names_that_no_actor_has) {
  auto odd = event(1);
  odd.path = std::string(513, 'x');
  EXPECT_FALSE(parse_journal_line(journal_line(odd)));
  auto line = journal_line(event(1));
  line.replace(line.find("\"count\":2"), 9, "\"count\":1e300");
  EXPECT_FALSE(parse_journal_line(line));
}

/// A daemon has died while it dropped the older half: the newer one was copied before it, in part.
TEST_F(journal_file_test, has_every_event_once_although_one_half_is_there_twice) {
  std::filesystem::create_directories(path.parent_path());
  std::string text;
  for (const std::uint64_t number : {4, 5})
    text += journal_line(event(number)) + '\n';
  text += journal_line(event(6)).substr(0, 20) + journal_line(event(2)).substr(30) + '\n';
  for (const std::uint64_t number : {3, 4, 5, 6})
    text += journal_line(event(number)) + '\n';
  std::ofstream(path) << text;
  const journal_file file(path, 1 << 20);
  std::vector<std::uint64_t> numbers;
  for (const auto& one : file.read(10))
    numbers.push_back(one.sequence);
  EXPECT_EQ(numbers, (std::vector<std::uint64_t>{3, 4, 5, 6}));
}

/// A limit on the size of files stands for a disk that is full: it fails in the same place, by another
/// number.
class full_disk {
public:
  explicit full_disk(std::uint64_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit low{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &low);
  }
  full_disk(const full_disk&) = delete;
  full_disk& operator=(const full_disk&) = delete;
  ~full_disk() { ::setrlimit(RLIMIT_FSIZE, &before_); }

private:
  rlimit before_{};
};

TEST_F(journal_file_test, tells_when_events_are_lost_and_when_no_more) {
  auto* const before = ::signal(SIGXFSZ, SIG_IGN);
  std::vector<std::string> told; // by the file's thread, which rests when it has written
  journal_file file(path, 1 << 20, [&](std::string_view what) { told.emplace_back(what); });
  file.append(event(1));
  ASSERT_TRUE(file.flush(10s));
  const auto one_line = std::filesystem::file_size(path);
  {
    const full_disk full(2 * one_line + 10);
    for (std::uint64_t number = 2; number <= 4; ++number) {
      file.append(event(number));
      ASSERT_TRUE(file.flush(10s));
    }
    EXPECT_EQ(file.problem(), "File too large");
  }
  file.append(event(5));
  ASSERT_TRUE(file.flush(10s));
  EXPECT_EQ(file.problem(), "");
  EXPECT_THAT(told, ElementsAre(HasSubstr("File too large"), HasSubstr("2 events are not in its file")));
  std::vector<std::uint64_t> numbers;
  for (const auto& kept : file.read(10))
    numbers.push_back(kept.sequence);
  EXPECT_EQ(numbers, (std::vector<std::uint64_t>{1, 2, 5})) << "part of the third costs no other";
  ::signal(SIGXFSZ, before);
}

TEST_F(journal_file_test, keeps_the_newer_half_when_there_is_no_room_to_drop_the_older) {
  auto* const before = ::signal(SIGXFSZ, SIG_IGN);
  constexpr std::uint64_t most = 4096;
  journal_file file(path, most);
  std::uint64_t number = 0;
  const auto line = journal_line(event(100)).size() + 1;
  while ((++number + 1) * line < most)
    file.append(event(number));
  ASSERT_TRUE(file.flush(10s));
  const auto kept = file.read(1000);
  {
    const full_disk full(most / 4); // in the midst of the copy
    for (int count = 0; count < 3; ++count)
      file.append(event(number + 1));
    ASSERT_TRUE(file.flush(10s));
    EXPECT_EQ(file.problem(), "File too large");
  }
  ASSERT_GT(kept.size(), 10u);
  const auto after = file.read(1000);
  ASSERT_GE(2 * after.size(), kept.size()) << "no more than the older half is lost";
  for (std::size_t back = 1; back <= after.size(); ++back)
    EXPECT_EQ(after[after.size() - back].sequence, number - back);
  ::signal(SIGXFSZ, before);
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
