#include "tests/process/daemon_fixture.hpp"
#include "tests/support/scratch_directory.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <ostream>
#include <string>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

/// What workloads may not do although they are root: each attack is a command that first succeeds where
/// nothing is isolated (`isolation.level = none`), else its refusal would prove nothing.
namespace sandboxd::testing {
namespace {

struct attack {
  const char* name;
  const char* command; ///< succeeds (exit code 0) when the attack does, and leaves nothing behind
};
std::ostream& operator<<(std::ostream& to, const attack& which) {
  return to << which.name;
}

constexpr attack attacks[] = {
    {"by_a_mount_changes_no_file_system", "d=$(mktemp -d) && mount -t tmpfs none $d && umount $d"},
    {"by_the_kernels_settings_starts_no_program",
     "p=/proc/sys/kernel/core_pattern; v=$(cat $p) && printf '%s' \"$v\" >$p"},
    {"by_sys_changes_no_device",
     "[ \"$(find /sys -maxdepth 4 -type f -writable -print -quit 2>/dev/null)\" ]"},
    {"by_a_user_namespace_gets_no_capabilities", "unshare --user true"},
    {"by_a_mount_namespace_leaves_its_own_not", "unshare --mount true"},
    {"by_a_network_namespace_leaves_its_own_not", "unshare --net true"},
    {"by_a_device_node_opens_no_disk", "f=$(mktemp -u) && mknod $f b 8 0 && rm $f"},
    {"by_raw_packets_forges_no_address",
     "python3 -c 'import socket; socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)'"},
    {"by_the_host_name_renames_no_machine", "hostname \"$(hostname)\""},
    {"by_keyrings_reaches_no_key_of_others", // keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1)
     "python3 -c 'import ctypes; assert ctypes.CDLL(None).syscall(KEYCTL, 0, -3, 1) > 0'"},
    {"by_a_set_user_id_file_becomes_nobody_else", "f=$(mktemp) && cp /usr/bin/id $f && chmod 4755 $f && [ "
                                                  "\"$(setpriv --reuid 65534 --clear-groups $f -u)\" = 0 ]"},
    {"by_a_trace_stops_no_daemon", // PTRACE_SEIZE, PTRACE_DETACH comes with the end
     "python3 -c 'import ctypes; assert ctypes.CDLL(None).ptrace(0x4206, DAEMON, None, None) == 0'"},
    {"by_proc_reads_no_environment_of_the_daemon", "cat /proc/DAEMON/environ >/dev/null"},
    {"by_proc_reads_no_memory_of_the_daemon", "head -c 1 /proc/DAEMON/mem 2>&1 | grep -q 'Input/output'"},
    {"by_proc_takes_no_descriptor_of_the_daemon", "ls -l /proc/DAEMON/fd/ 2>/dev/null | grep -q ' -> '"},
};

/// The daemon of a test runs in the process of the test.
std::string with_numbers(std::string command) {
  for (const auto& [mark, number] :
       {std::pair<std::string, long>{"DAEMON", ::getpid()}, {"KEYCTL", SYS_keyctl}})
    if (const auto at = command.find(mark); at != std::string::npos)
      command.replace(at, mark.size(), std::to_string(number));
  return command;
}

class confinement_attack : public ::testing::TestWithParam<attack> {
protected:
  void SetUp() override {
    if (::geteuid() != 0)
      GTEST_SKIP() << "needs root: others have no privilege to lose";
    if (!is_possible())
      GTEST_SKIP() << "not available here: root itself cannot do this";
  }

  /// Whether root may do it here at all: some containers and chroots allow it to nobody.
  static bool is_possible() {
    const testing::scratch_directory directory;
    const auto script = directory.path() + "/attack";
    std::ofstream(script) << with_numbers(GetParam().command);
    return std::system(("bash " + script + " 2>/dev/null").c_str()) == 0;
  }

  /// In a session that sees the processes of the machine.
  static int exit_code(config::isolation_level level) {
    test_daemon daemon([level](config::settings& s) { s.isolation.level = level; });
    sdk_client sdk{daemon.port(), generation::b};
    EXPECT_EQ(sdk.create("s", {{"isolation", false}}).status, 200);
    const auto told = sdk.execute("s", with_numbers(GetParam().command));
    EXPECT_EQ(told.status, 200) << told.body;
    return told.body.value("exitCode", -1);
  }
};

TEST_P(confinement_attack, gains_nothing) {
  ASSERT_EQ(exit_code(config::isolation_level::none), 0) << "the attack does not work undefended";
  EXPECT_NE(exit_code(level_of_daemons()), 0);
}
INSTANTIATE_TEST_SUITE_P(by, confinement_attack, ::testing::ValuesIn(attacks), name_of_case());

} // namespace
} // namespace sandboxd::testing
