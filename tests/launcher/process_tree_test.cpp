#include "launcher/process_tree.hpp"
#include "tests/support/census.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <random>
#include <set>
#include <signal.h>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace sandboxd::launcher {
namespace {

/// The fields of proc(5) from the third on: state, ppid, pgrp, session, ..., starttime (22nd), and more.
std::string stat_line(const std::string& name) {
  return "4711 (" + name +
         ") S 12 34 56 0 -1 4194304 85 0 0 0 1 2 3 4 20 0 1 0 987654321 8192 77 18446744073709551615";
}

class any_command_name : public ::testing::TestWithParam<const char*> {};

TEST_P(any_command_name, is_skipped) {
  const auto entry = parse_stat(stat_line(GetParam()));
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->pid, 4711);
  EXPECT_EQ(entry->state, 'S');
  EXPECT_EQ(entry->parent, 12);
  EXPECT_EQ(entry->group, 34);
  EXPECT_EQ(entry->session, 56);
  EXPECT_EQ(entry->start_time, 987654321u);
}

INSTANTIATE_TEST_SUITE_P(parse_stat, any_command_name,
                         ::testing::Values("bash", "", "a b c", "a) S 1 2 3", "((", "))", ") (", "a\nb",
                                           "x) R 9 9 9 9 9", "\xff\xfe", "tmux: server"));

TEST(parse_stat, refuses_what_is_not_a_stat_line) {
  const std::string good = stat_line("bash");
  for (const std::string text :
       {"", "(", ")", "()", "4711", "4711 (bash)", "4711 (bash) ", "4711 (bash) S", "4711 (bash) S 12 34 56",
        "x (bash) S 12 34 56", "4711 bash S 12 34", ")x(", "4711 (bash) S a b c"})
    EXPECT_FALSE(parse_stat(text)) << text;
  EXPECT_TRUE(parse_stat(good));
  // Cut anywhere before the start time it is refused, and nothing is read beyond its end.
  for (std::size_t length = 0; length < good.find(" 987654321"); ++length)
    EXPECT_FALSE(parse_stat(std::string_view(good).substr(0, length))) << length;
}

TEST(catches, reads_the_mask_of_a_status) {
  const std::string status =
      "Name:\tSigCgt:\t0\nSigBlk:\tffffffffffffffff\nSigCgt:\t1000000000004002\nCapInh:\t0\n";
  for (int signal = 1; signal <= 64; ++signal)
    EXPECT_EQ(catches(status, signal), signal == 2 || signal == 15 || signal == 61) << signal;
  EXPECT_FALSE(catches("", 2));
  EXPECT_FALSE(catches("Name:\tbash\nSigCgt:", 2));
}

TEST(catches, knows_the_handlers_of_a_process) {
  const auto before = ::signal(SIGUSR1, [](int) {});
  EXPECT_TRUE(catches(::getpid(), SIGUSR1));
  ::signal(SIGUSR1, SIG_DFL);
  EXPECT_FALSE(catches(::getpid(), SIGUSR1));
  ::signal(SIGUSR1, before);
  EXPECT_FALSE(catches(pid_t{-1}, SIGUSR1));
}

TEST(read_process, shows_this_process) {
  const auto entry = read_process(::getpid());
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->pid, ::getpid());
  EXPECT_EQ(entry->parent, ::getppid());
  EXPECT_EQ(entry->group, ::getpgrp());
  EXPECT_EQ(entry->session, ::getsid(0));
  EXPECT_FALSE(entry->dead());
}

TEST(signal_process, spares_a_process_of_the_same_number_and_another_start_time) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::pause();
    ::_exit(0);
  }
  auto entry = read_process(child);
  ASSERT_TRUE(entry);
  ++entry->start_time;
  EXPECT_FALSE(signal_process(*entry, SIGKILL));
  EXPECT_EQ(::waitpid(child, nullptr, WNOHANG), 0) << "it must live";
  --entry->start_time;
  EXPECT_TRUE(signal_process(*entry, SIGKILL));
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
  EXPECT_FALSE(signal_process(*entry, SIGKILL)) << "it is gone";
}

/// A process that waits to be killed, with so many like it below it, each the child of the one before.
pid_t fork_line(int length) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (length > 1)
      fork_line(length - 1);
    while (true)
      ::pause();
  }
  return child;
}

TEST(look_below, finds_children_of_every_thread_and_what_is_below_them) {
  const pid_t of_this_thread = fork_line(3);
  pid_t of_another = 0;
  std::atomic<bool> over = false;
  std::thread other([&] {
    of_another = fork_line(1);
    over.wait(false);
  });
  std::vector<process_entry> found;
  EXPECT_TRUE(testing::eventually([&] { // they take a moment to be forked
    found = look_below(::getpid(), 10);
    return found.size() >= 4;
  }));
  over = true;
  over.notify_all();
  other.join();

  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ((std::set{found[0].pid, found[1].pid}), (std::set{of_this_thread, of_another})) << "the nearest";
  EXPECT_EQ(found[2].parent, of_this_thread);
  EXPECT_EQ(found[3].parent, found[2].pid);
  EXPECT_EQ(look_below(::getpid(), 3).size(), 3u);
  for (auto one = found.rbegin(); one != found.rend(); ++one) // the children of a child are init's then
    ::kill(one->pid, SIGKILL);
  EXPECT_EQ(::waitpid(of_this_thread, nullptr, 0), of_this_thread);
  EXPECT_EQ(::waitpid(of_another, nullptr, 0), of_another);
  EXPECT_TRUE(look_below(::getpid(), 10).empty());
  EXPECT_TRUE(look_below(of_another, 10).empty()) << "there is none of that number";
}

TEST(look_below, reads_no_more_of_the_dead_than_ten_times_what_is_wanted) {
  std::vector<pid_t> dead;
  for (int count = 0; count < 30; ++count) {
    dead.push_back(::fork());
    if (dead.back() == 0)
      ::_exit(0);
  }
  for (const auto pid : dead) {
    siginfo_t ended{};
    ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(pid), &ended, WEXITED | WNOWAIT), 0);
  }
  const pid_t living = fork_line(1); // children are told in the order of their birth
  EXPECT_TRUE(look_below(::getpid(), 1).empty()) << "it was not come to";
  EXPECT_EQ(look_below(::getpid(), 10).size(), 1u);
  ::kill(living, SIGKILL);
  for (const auto pid : dead)
    EXPECT_EQ(::waitpid(pid, nullptr, 0), pid);
  EXPECT_EQ(::waitpid(living, nullptr, 0), living);
}

process_entry make_entry(pid_t pid, pid_t parent, char state = 'S') {
  process_entry entry;
  entry.pid = pid;
  entry.parent = parent;
  entry.state = state;
  return entry;
}

std::vector<pid_t> pids(const std::vector<process_entry>& processes) {
  std::vector<pid_t> result;
  for (const auto& entry : processes)
    result.push_back(entry.pid);
  std::sort(result.begin(), result.end());
  return result;
}

const auto nobody = [](const process_entry&) { return false; };

TEST(descendants, are_what_lives_below_a_root) {
  const std::vector<process_entry> tree{make_entry(1, 0), make_entry(2, 1),      make_entry(3, 2),
                                        make_entry(4, 1), make_entry(5, 4, 'Z'), make_entry(6, 5)};
  EXPECT_EQ(pids(descendants(tree, {1}, nobody)), (std::vector<pid_t>{2, 3, 4, 6}));
  EXPECT_EQ(pids(descendants(tree, {2}, nobody)), (std::vector<pid_t>{3}));
  EXPECT_EQ(pids(descendants(tree, {1, 2}, nobody)), (std::vector<pid_t>{3, 4, 6})) << "without the roots";
  EXPECT_EQ(pids(descendants(tree, {99}, nobody)), (std::vector<pid_t>{}));
  EXPECT_EQ(pids(descendants(tree, {1}, [](const auto& entry) { return entry.pid == 2; })),
            (std::vector<pid_t>{4, 6}));
}

TEST(descendants, ends_although_parents_form_a_loop) {
  // /proc is not read at one instant: numbers can be reused meanwhile.
  const std::vector<process_entry> loop{make_entry(2, 3), make_entry(3, 2), make_entry(4, 4)};
  EXPECT_TRUE(descendants(loop, {1}, nobody).empty());
}

/// By the definition: repeat until nothing changes.
std::vector<pid_t> naive_descendants(const std::vector<process_entry>& processes,
                                     const std::set<pid_t>& roots, const std::set<pid_t>& excluded) {
  std::set<pid_t> below;
  for (bool changed = true; changed;) {
    changed = false;
    for (const auto& entry : processes)
      if (!excluded.contains(entry.pid) && (roots.contains(entry.parent) || below.contains(entry.parent)))
        changed |= below.insert(entry.pid).second;
  }
  std::vector<pid_t> result;
  for (const auto& entry : processes)
    if (below.contains(entry.pid) && !roots.contains(entry.pid) && !entry.dead())
      result.push_back(entry.pid);
  std::sort(result.begin(), result.end());
  return result;
}

TEST(descendants, agrees_with_its_definition_on_random_trees) {
  std::mt19937 random{4242};
  std::size_t found = 0;
  for (int round = 0; round < 3000; ++round) {
    std::vector<process_entry> processes;
    const auto count = static_cast<pid_t>(1 + random() % 30);
    for (pid_t pid = 1; pid <= count; ++pid)
      processes.push_back(make_entry(pid, static_cast<pid_t>(random() % static_cast<unsigned>(pid)),
                                     random() % 6 == 0 ? 'Z' : 'S'));
    std::shuffle(processes.begin(), processes.end(), random);
    const auto some = [&](unsigned most) {
      std::set<pid_t> chosen;
      for (auto left = random() % (most + 1); left > 0; --left)
        chosen.insert(static_cast<pid_t>(1 + random() % static_cast<unsigned>(count)));
      return chosen;
    };
    const auto roots = some(3);
    const auto excluded = some(4);
    const auto result = descendants(processes, roots,
                                    [&](const process_entry& entry) { return excluded.contains(entry.pid); });
    found += result.size();
    ASSERT_EQ(pids(result), naive_descendants(processes, roots, excluded)) << "round " << round;
  }
  EXPECT_GT(found, 3000u) << "the rounds must have something to find";
}

} // namespace
} // namespace sandboxd::launcher
