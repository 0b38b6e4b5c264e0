#include "tests/launcher/process_world.hpp"

#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sandboxd::launcher {
namespace {

template <std::size_t Size>
bool install(sock_filter (&filter)[Size]) {
  const sock_fprog program{static_cast<unsigned short>(Size), filter};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/// Makes mount(2) fail with EACCES in this process and all it starts, as a security profile does that grants
/// namespaces but no mounts.
bool refuse_mounts() {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_mount, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EACCES),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  return install(filter);
}

/// Becomes nobody, who may have a user namespace where the kernel allows them to everybody.
bool become_ordinary_user() {
  constexpr unsigned nobody = 65534;
  return ::setresgid(nobody, nobody, nobody) == 0 && ::setresuid(nobody, nobody, nobody) == 0;
}

bool become_user_without_namespaces() {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_unshare, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSPC),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  return become_ordinary_user() && install(filter);
}

/// Starts an init below a spawner of its own and returns it once its fate is known.
std::shared_ptr<testing::observed_init> try_init(bool required) {
  asio::io_context io;
  const auto own_spawner = testing::start_spawner(io, [] {});
  auto init = testing::start_init(io, own_spawner->spawn({true, required}));
  const auto deadline = std::chrono::steady_clock::now() + testing::patience;
  while (!init->identity && init->lost.empty() && std::chrono::steady_clock::now() < deadline)
    io.run_one_for(std::chrono::milliseconds(10));
  init->process.reset();
  return init;
}

/// Takes CAP_SYS_ADMIN from what this process starts, as container engines do.
bool refuse_administration() {
  return ::prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN, 0, 0, 0) == 0;
}

/// Runs `check` in a process of its own after `prepare`; returns whether both said true.
bool in_a_process(bool (*prepare)(), const std::function<bool()>& check) {
  const pid_t child = ::fork();
  if (child == 0)
    ::_exit(prepare() && check() ? 0 : 1);
  int status = -1;
  return ::waitpid(child, &status, 0) == child && status == 0;
}

class refused_mounts : public testing::process_world {
protected:
  void SetUp() override {
    const auto init = testing::start_init(io, spawner->spawn({true, false}));
    ASSERT_TRUE(wait_until([&] { return init->identity.has_value(); }));
    if (!init->identity->isolated)
      GTEST_SKIP() << "needs the privilege to make namespaces: " << init->identity->isolation_problem;
  }
};

TEST_F(refused_mounts, let_sessions_run_without_isolation_and_say_why) {
  EXPECT_TRUE(in_a_process(refuse_mounts, [] {
    const auto init = try_init(false);
    return init->identity && !init->identity->isolated &&
           init->identity->isolation_problem == std::strerror(EACCES);
  }));
}

TEST_F(refused_mounts, refuse_sessions_that_must_be_isolated) {
  EXPECT_TRUE(in_a_process(refuse_mounts, [] {
    const auto init = try_init(true);
    return !init->identity && init->lost.size() == 1 &&
           init->lost.front().find(std::strerror(EACCES)) != std::string::npos;
  }));
}

TEST(ordinary_user, has_isolated_sessions_by_a_user_namespace) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "needs root to become another user";
  if (!in_a_process(become_ordinary_user, [] { return ::unshare(CLONE_NEWUSER) == 0; }))
    GTEST_SKIP() << "not available here: the kernel gives ordinary users no user namespaces";
  EXPECT_TRUE(in_a_process(become_ordinary_user, [] {
    const auto init = try_init(true);
    return init->identity && init->identity->isolated;
  }));
}

TEST(ordinary_user, has_other_sessions_where_the_kernel_refuses_one) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "needs root to become another user";
  EXPECT_TRUE(in_a_process(become_user_without_namespaces, [] {
    const auto init = try_init(false);
    return init->identity && !init->identity->isolated;
  }));
}

/// Without that capability the kernel translates no numbers of other processes (unix(7), SCM_CREDENTIALS).
TEST(unprivileged_session, knows_its_programs_all_the_same) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "needs root to have what it takes away";
  EXPECT_TRUE(in_a_process(refuse_administration, [] {
    asio::io_context io;
    const auto own_spawner = testing::start_spawner(io, [] {});
    const auto init = testing::start_init(io, own_spawner->spawn({true, false}));
    const auto program = testing::start_program(*init, testing::script("exec sleep 4711"));
    const auto deadline = std::chrono::steady_clock::now() + testing::patience;
    while (!program->ids && program->ends.empty() && std::chrono::steady_clock::now() < deadline)
      io.run_one_for(std::chrono::milliseconds(10));
    if (!init->identity || init->identity->isolated || !program->ids)
      return false;
    const auto first = lineage_of(program->ids->on_host);
    init->process->mark(program->id);
    const bool is_known = program->ids->on_host == program->ids->in_session && first &&
                          lineage_of(program->ids->on_host) != first;
    ::kill(program->ids->on_host, SIGKILL);
    return is_known;
  }));
}

/// What it starts would else be in the network of the daemon.
TEST(spawner_with_a_network, that_it_cannot_enter_says_so_and_ends) {
  asio::io_context io;
  const descriptor no_network(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  spawner::options how;
  how.network = &no_network;
  int problem = 0;
  bool is_dead = false;
  const auto made = testing::start_spawner(
      io, how,
      {[&](const protocol::spawner_report& report, const auto&) { problem = report.network_problem; },
       [&] { is_dead = true; }});
  const auto deadline = std::chrono::steady_clock::now() + testing::patience;
  while (!is_dead && std::chrono::steady_clock::now() < deadline)
    io.run_one_for(std::chrono::milliseconds(10));
  EXPECT_TRUE(is_dead);
  EXPECT_EQ(problem, EINVAL);
  ::waitpid(made->pid(), nullptr, 0);
}

/// File operations outside of sessions work there, until the next spawner has reported.
TEST(root_of_a_spawner, has_everything_mounted_after_its_death_too) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "needs root to have mounts of its own";
  asio::io_context io;
  spawner::options how;
  how.confine = true;
  std::shared_ptr<const descriptor> root;
  bool is_dead = false;
  const auto made = testing::start_spawner(
      io, how,
      {[&](const auto&, std::shared_ptr<const descriptor> told) { root = std::move(told); },
       [&] { is_dead = true; }});
  const auto wait_until = [&](const auto& done) {
    const auto deadline = std::chrono::steady_clock::now() + testing::patience;
    while (!done() && std::chrono::steady_clock::now() < deadline)
      io.run_one_for(std::chrono::milliseconds(10));
    return done();
  };
  ASSERT_TRUE(wait_until([&] { return root != nullptr; }));
  ::kill(made->pid(), SIGKILL);
  ASSERT_TRUE(wait_until([&] { return is_dead; }));
  ::waitpid(made->pid(), nullptr, 0);
  EXPECT_EQ(::faccessat(root->get(), "proc/version", F_OK, 0), 0) << std::strerror(errno);
}

} // namespace
} // namespace sandboxd::launcher
