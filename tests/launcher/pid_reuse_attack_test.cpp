#include "launcher/endings.hpp"
#include "tests/launcher/process_world.hpp"
#include "tests/support/census.hpp"

#include <chrono>
#include <fstream>
#include <memory>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

/// The number of a process that is another's when something is done to it by that number.
namespace sandboxd::launcher {
namespace {

using testing::script;

/// A child that waits until it is killed.
class waiting_child {
public:
  waiting_child() : pid_(::fork()) {
    if (pid_ == 0) {
      ::pause();
      ::_exit(0);
    }
  }
  waiting_child(const waiting_child&) = delete;
  waiting_child& operator=(const waiting_child&) = delete;
  ~waiting_child() {
    if (pid_ == 0)
      return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  [[nodiscard]] bool is_alive() {
    if (pid_ != 0 && ::waitpid(pid_, nullptr, WNOHANG) != 0)
      pid_ = 0;
    return pid_ != 0;
  }

private:
  pid_t pid_; // 0: it has been waited for
};

/// False without the privilege.
bool choose_next_number(pid_t number) {
  std::ofstream file("/proc/sys/kernel/ns_last_pid");
  file << number - 1 << std::flush;
  return file.good();
}

/// A child that has the number of a process that is gone, and another start time, which counts in hundredths
/// of a second; nothing when somebody else has got the number.
std::unique_ptr<waiting_child> child_in_place_of(const process_entry& gone) {
  std::unique_ptr<waiting_child> child;
  testing::eventually([&] {
    child.reset();
    choose_next_number(gone.pid);
    child = std::make_unique<waiting_child>();
    return child->pid() == gone.pid && read_process(gone.pid)->start_time != gone.start_time;
  });
  return child->pid() == gone.pid ? std::move(child) : nullptr;
}

class pid_reuse_attack : public testing::in_session {
protected:
  void SetUp() override {
    in_session::SetUp();
    if (!IsSkipped() && !choose_next_number(1000))
      GTEST_SKIP() << "needs the privilege to choose the number of the next process";
  }

  /// A process that is gone.
  static process_entry past_process() {
    const waiting_child child;
    return *read_process(child.pid());
  }
};
INSTANTIATE_TEST_SUITE_P(session, pid_reuse_attack, ::testing::Bool(), testing::isolation_name);

TEST_P(pid_reuse_attack, between_a_look_and_a_signal_ends_no_other) {
  const auto looked_at = past_process();
  auto bystander = child_in_place_of(looked_at);
  ASSERT_TRUE(bystander);
  ::kill(looked_at.pid, SIGKILL);
  ASSERT_TRUE(testing::eventually([&] { return !bystander->is_alive(); }))
      << "the attack works against who ends processes by their numbers";

  bystander = child_in_place_of(looked_at);
  ASSERT_TRUE(bystander);
  EXPECT_FALSE(signal_process(looked_at, SIGKILL));
  const auto now = ending::clock::now();
  ending(now + std::chrono::hours(1)).pursue({looked_at}, now);
  ending(now).pursue({looked_at}, now);
  EXPECT_TRUE(bystander->is_alive());
}

TEST_P(pid_reuse_attack, between_the_end_of_a_shell_and_its_next_command_marks_no_other) {
  const auto gone = past_process();
  const auto marked = child_in_place_of(gone);
  ASSERT_TRUE(marked);
  ASSERT_EQ(set_lineage(gone.pid, 5), 0);
  ASSERT_EQ(lineage_of(marked->pid()), 5u) << "the attack works against who marks by numbers";

  for (const bool was_marked : {false, true}) {
    const auto program = start_until(script("echo ready; exec sleep 1000"), "ready");
    const auto entry = read_process(program->ids->on_host);
    ASSERT_TRUE(entry);
    const auto first = lineage_of(entry->pid);
    if (was_marked)
      init->process->mark(program->id);
    ASSERT_EQ(lineage_of(entry->pid) != first, was_marked);
    ASSERT_EQ(::kill(entry->pid, SIGKILL), 0);
    ASSERT_TRUE(testing::eventually([&] { return !read_process(entry->pid); }))
        << "we have not been told yet";
    const auto bystander = child_in_place_of(*entry);
    ASSERT_TRUE(bystander);
    init->process->mark(program->id);
    EXPECT_FALSE(lineage_of(bystander->pid()));
    ASSERT_TRUE(wait_until([&] { return !program->ends.empty(); }));
  }
}

} // namespace
} // namespace sandboxd::launcher
