#include "tests/process/daemon_fixture.hpp"

#include <gtest/gtest.h>

#include <string>
#include <sys/prctl.h>
#include <unistd.h>

namespace sandboxd::testing {
namespace {

/// Prints what the kernel says of the privileges of the process that runs it.
const std::string look =
    "grep -E '^(CapInh|CapPrm|CapEff|CapBnd|CapAmb|NoNewPrivs|Seccomp):' /proc/self/status; ulimit -Hc";

/// capabilities(7): chown 0, dac_override 1, fowner 3, fsetid 4, kill 5, setgid 6, setuid 7, setpcap 8,
/// net_bind_service 10, sys_chroot 18, audit_write 29, setfcap 31.
const std::string confined =
    "CapInh:\t0000000000000000\nCapPrm:\t00000000a00405fb\nCapEff:\t00000000a00405fb\n"
    "CapBnd:\t00000000a00405fb\nCapAmb:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n0";

/// Every way to run something.
class confinement : public daemon_test {
protected:
  confinement()
      : daemon_test([](config::settings& s) { s.interpreter.python_program = "/usr/bin/python3"; }) {}

  void SetUp() override {
    if (::geteuid() != 0)
      GTEST_SKIP() << "needs root: others have no privilege to lose";
    ASSERT_EQ(b.create("s").status, 200);
  }

  /// What a cell prints.
  std::string printed_by(const std::string& language, const std::string& code) {
    const auto made = b.post("/api/contexts", {{"language", language}, {"cwd", "/tmp"}});
    EXPECT_EQ(made.status, 200) << made.body;
    return printed_by_code(daemon.port(), made.body.at("id"), code);
  }
};

TEST_F(confinement, is_that_of_commands_of_whatever_session) {
  ASSERT_EQ(b.create("open", {{"isolation", false}}).status, 200);
  EXPECT_EQ(b.output("s", look), confined);
  EXPECT_EQ(b.output("open", look), confined);
  EXPECT_EQ(text_of(b.stream("s", look).rest(), "stdout"), confined + "\n");
}

TEST_F(confinement, is_that_of_commands_without_a_session) {
  EXPECT_EQ(b.output("__DISABLE_SESSION__", look), confined + "\n");
}

TEST_F(confinement, is_that_of_background_processes) {
  const auto started =
      b.post("/api/process/start", {{"command", look}, {"sessionId", "s"}, {"processId", "p"}});
  ASSERT_EQ(started.status, 200) << started.body;
  EXPECT_TRUE(eventually([&] {
    return b.request("GET", "/api/process/p/logs").body.value("stdout", "") == confined + "\n";
  })) << b.request("GET", "/api/process/p/logs").body;
}

TEST_F(confinement, is_that_of_code_in_every_language) {
  EXPECT_EQ(printed_by("python", "import subprocess\nprint(subprocess.run(['bash', '-c', " +
                                     json(look).dump() +
                                     "], stdout=subprocess.PIPE, text=True).stdout, end='')"),
            confined + "\n");
  EXPECT_EQ(
      printed_by("javascript", "process.stdout.write(require('child_process').execFileSync('bash', ['-c', " +
                                   json(look).dump() + "]).toString()); undefined"),
      confined + "\n");
}

TEST_F(confinement, goes_with_a_daemon_that_nobody_of_its_user_may_look_into) {
  EXPECT_EQ(::prctl(PR_GET_DUMPABLE), 0);
}

/// Who may mount has the privilege for it, and nothing else more.
class confinement_with_mounts : public daemon_test {
protected:
  confinement_with_mounts() : daemon_test([](config::settings& s) { s.isolation.allow_mounts = true; }) {}
};

TEST_F(confinement_with_mounts, lets_a_session_mount_for_itself_alone) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "needs root";
  b.output("s", "mkdir -p m && mount -t tmpfs none m && touch m/inside");
  EXPECT_EQ(b.output("s", "ls m"), "inside");
  EXPECT_EQ(b.output("other", "ls m"), "");
  EXPECT_FALSE(exists(daemon.workspace() / "m" / "inside"));
  EXPECT_NE(b.execute("s", "unshare --user true").body.at("exitCode"), 0);
  EXPECT_EQ(b.output("s", "grep CapEff /proc/self/status"), "CapEff:\t00000000a02405fb"); // and sys_admin, 21
}

TEST_F(confinement, leaves_what_installing_packages_takes) {
  EXPECT_EQ(
      b.output("s",
               "f=$(mktemp) && chown nobody:nogroup $f && chmod 4755 $f && setpriv --reuid nobody --regid "
               "nogroup --clear-groups id -un && rm $f && setcap -q -r / 2>/dev/null; chroot / true && "
               "su nobody -s /bin/sh -c 'id -un'"),
      "nobody\nnobody");
  EXPECT_EQ(b.execute("s", "dpkg --configure -a && apt-get --version >/dev/null").body.at("exitCode"), 0);
}

} // namespace
} // namespace sandboxd::testing
