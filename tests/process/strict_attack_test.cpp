#include "tests/process/daemon_fixture.hpp"
#include "tests/process/git_world.hpp"
#include "tests/process/strict_world.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <ostream>
#include <string>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>
#include <utility>

/// What workloads may do to the system, below `isolation.level = strict`, and no more when it is that.
namespace sandboxd::testing {
namespace {

using config::isolation_level;
using ::testing::HasSubstr;
using ::testing::Not;

struct attack {
  const char* name;
  const char* command; ///< succeeds (exit code 0) when the attack does, and leaves nothing behind
};
std::ostream& operator<<(std::ostream& to, const attack& which) {
  return to << which.name;
}

constexpr attack attacks[] = {
    {"by_a_program_in_the_path_runs_nothing_as_another", "f=/usr/local/bin/strict-attack; echo >$f && rm $f"},
    {"by_a_setting_of_the_system_changes_none", "f=/etc/strict-attack; echo >$f && rm $f"},
    {"by_the_time_of_a_program_changes_none", "touch -r /usr/bin/env /usr/bin/env"},
    {"by_the_mode_of_a_program_changes_none", "chmod 755 /usr/bin/env"},
    {"by_a_package_of_python_runs_nothing_in_the_fork_server",
     "f=$(/usr/bin/python3 -c 'import site; print(site.getsitepackages()[0])')/strict_attack.pth; echo >$f "
     "&& rm $f"},
    {"by_a_device_that_is_there_opens_no_disk",
     "d=$(find /dev -type b -print -quit) && [ \"$d\" ] && true <$d"},
    {"by_the_mode_of_a_device_takes_it_from_others", "chmod \"$(stat -c %a /dev/full)\" /dev/full"},
    {"by_a_device_of_the_kernel_controls_nothing",
     "d=/dev/loop-control; [ -e $d ] || d=/dev/kmsg; python3 -c 'import os, sys; os.open(sys.argv[1], "
     "os.O_RDWR)' $d"},
};

/// The exit code of a command in a session that shares the namespaces of the spawner, and in one that does
/// not.
std::pair<int, int> exit_codes(isolation_level level, const std::string& command) {
  test_daemon daemon([level](config::settings& s) {
    strict_settings(s);
    s.isolation.level = level;
  });
  sdk_client sdk{daemon.port(), generation::b};
  const auto code = [&](const std::string& session, bool isolated) {
    EXPECT_EQ(sdk.create(session, {{"isolation", isolated}}).status, 200);
    return sdk.execute(session, command).body.value("exitCode", -1);
  };
  const int shared = code("open", false);
  return {shared, code("isolated", true)};
}

void expect_defence(const std::string& command) {
  ASSERT_EQ(exit_codes(isolation_level::namespaces, command), std::pair(0, 0))
      << "the attack does not work undefended";
  const auto [shared, isolated] = exit_codes(isolation_level::strict, command);
  EXPECT_NE(shared, 0);
  EXPECT_NE(isolated, 0);
}

class strict_attack : public ::testing::TestWithParam<attack> {
protected:
  void SetUp() override {
    if (const auto reason = why_not_strict(); !reason.empty())
      GTEST_SKIP() << reason;
    if (std::system(fmt::format("bash -c '{}' 2>/dev/null", quoted(GetParam().command)).c_str()) != 0)
      GTEST_SKIP() << "not available here: root itself cannot do this";
  }

  /// For within a pair of single quotes.
  static std::string quoted(std::string text) {
    for (std::size_t at = 0; (at = text.find('\'', at)) != std::string::npos; at += 4)
      text.replace(at, 1, "'\\''");
    return text;
  }
};

TEST_P(strict_attack, changes_nothing) {
  expect_defence(GetParam().command);
}
INSTANTIATE_TEST_SUITE_P(by, strict_attack, ::testing::ValuesIn(attacks), name_of_case());

class system_attack : public ::testing::Test {
protected:
  void SetUp() override {
    if (const auto reason = why_not_strict(); !reason.empty())
      GTEST_SKIP() << reason;
  }
};

TEST_F(system_attack, by_a_device_node_in_a_writable_place_opens_no_disk) {
  const scratch_directory directory("/var/tmp/");
  const auto node = directory / "node";
  if (::mknod(node.c_str(), S_IFBLK | 0600, makedev(7, 0)) != 0 ||
      std::system(("true 2>/dev/null <" + node).c_str()) != 0)
    GTEST_SKIP() << "not available here: no loop device that root itself can open";
  expect_defence("true <" + node);
}

/// For what the level below refuses, too: what root may do that is not confined, in namespaces of its own.
void expect_defence_of(const std::string& command, const std::string& prepared) {
  ASSERT_EQ(std::system(("unshare --mount sh -c \"" + prepared + " && " + command + "\"").c_str()), 0)
      << "the attack does not work undefended";
  const auto [shared, isolated] = exit_codes(isolation_level::strict, command);
  EXPECT_NE(shared, 0);
  EXPECT_NE(isolated, 0);
}

/// Who may unmount reaches what is below.
TEST_F(system_attack, by_unmounting_dev_reaches_no_disk_below) {
  expect_defence_of("umount -l /dev && ls /dev | grep -qv -e '^fd$' -e '^shm$' -e '^pts$'",
                    "mount -t tmpfs none /dev");
}

TEST_F(system_attack, by_mounting_the_system_anew_makes_nothing_writable) {
  expect_defence_of("mount -o remount,bind,rw / && touch -r /usr/bin/env /usr/bin/env",
                    "mount -o remount,bind,ro / && ! touch -r /usr/bin/env /usr/bin/env 2>/dev/null");
}

/// Root may take on its user, whose processes show the file system as they see it.
TEST_F(system_attack, by_the_root_of_a_process_that_is_no_workload_writes_nothing) {
  if (const auto reason = why_no_writing_rules(); !reason.empty())
    GTEST_SKIP() << reason;
  running_program outside({"setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "sh", "-c",
                           "echo $$; exec sleep 1000"});
  const auto pid = outside.first_line();
  const auto command = fmt::format(R"(python3 -c '
import os
os.setegid(65534)
os.seteuid(65534)
while open("/proc/{0}/comm").read() != "sleep\n": pass
outside = os.open("/proc/{0}/root/etc", os.O_PATH)
os.seteuid(0)
os.close(os.open("strict-attack", os.O_CREAT | os.O_WRONLY, dir_fd=outside))
os.unlink("strict-attack", dir_fd=outside)')",
                                   pid);
  const auto code = [&](isolation_level level) {
    test_daemon daemon([level](config::settings& s) {
      strict_settings(s);
      s.isolation.level = level;
    });
    sdk_client sdk{daemon.port(), generation::b};
    EXPECT_EQ(sdk.create("open", {{"isolation", false}}).status, 200);
    return sdk.execute("open", command).body.value("exitCode", -1);
  };
  ASSERT_EQ(code(isolation_level::namespaces), 0) << "the attack does not work undefended";
  EXPECT_NE(code(isolation_level::strict), 0);
}

/// What a workload does in session "s", with its HOME, before Python is started.
using preparation = std::function<void(sdk_client& sdk, const std::string& home)>;

/// What is written into `runs` in HOME by each process of Python that runs what was put there.
std::string runs_at(isolation_level level, const own_home& home, const preparation& prepare,
                    const std::string& python = "/usr/bin/python3") {
  test_daemon daemon([&](config::settings& s) {
    strict_settings(s);
    s.isolation.level = level;
    s.interpreter.python_program = python;
  });
  sdk_client sdk{daemon.port(), generation::b};
  EXPECT_EQ(sdk.create("s").status, 200);
  prepare(sdk, home.path());
  const auto made = sdk.post("/api/contexts", {{"language", "python"}});
  EXPECT_EQ(made.status, 200) << made.body;
  std::ifstream runs(home.path() + "/runs");
  return {std::istreambuf_iterator<char>(runs), {}};
}

/// Python runs files of HOME when it starts, and the fork server is not confined.
TEST_F(system_attack, by_a_package_of_a_user_is_not_run_in_the_fork_server) {
  const auto runs = [](isolation_level level) {
    return runs_at(level, own_home(), [](sdk_client& sdk, const std::string& home) {
      sdk.output("s", "d=$(/usr/bin/python3 -m site --user-site) && mkdir -p $d && echo \"import os; open('" +
                          home + "/runs', 'a').write(open('/proc/self/status').read())\" >$d/attack.pth");
    });
  };
  ASSERT_THAT(runs(isolation_level::namespaces), HasSubstr("NoNewPrivs:\t0"))
      << "the attack does not work undefended";
  EXPECT_THAT(runs(isolation_level::strict), Not(HasSubstr("NoNewPrivs:\t0")));
}

/// Matplotlib evaluates a part of its settings.
TEST_F(system_attack, by_settings_of_a_user_runs_nothing_in_the_fork_server) {
  const auto runs = [](isolation_level level) {
    return runs_at(level, own_home(), [](sdk_client&, const std::string& home) {
      std::filesystem::create_directories(home + "/.config/matplotlib");
      std::ofstream(home + "/.config/matplotlib/matplotlibrc")
          << "axes.prop_cycle: [q:=(q.gi_frame.f_back.f_back.f_builtins[\"__import__\"](\"os\").system("
             "\"cat /proc/self/status >>"
          << home << "/runs\") for _ in [1]),[*q]]\n";
    });
  };
  ASSERT_THAT(runs(isolation_level::namespaces), HasSubstr("NoNewPrivs:\t0"))
      << "the attack does not work undefended";
  EXPECT_THAT(runs(isolation_level::strict), Not(HasSubstr("NoNewPrivs:\t0")));
}

/// By its name in a directory where they write, it would be started by the server.
TEST_F(system_attack, by_a_program_in_a_writable_directory_of_the_path_replaces_no_python) {
  const auto runs = [](isolation_level level) {
    const own_home home;
    const std::string before = std::getenv("PATH");
    ::setenv("PATH", (home.path() + ":" + before).c_str(), 1);
    auto told = runs_at(
        level, home,
        [](sdk_client& sdk, const std::string& at) {
          sdk.output("s", "printf '#!/bin/sh\\ncat /proc/self/status >>" + at +
                              "/runs\\nexec /usr/bin/python3 \"$@\"' >" + at + "/python3 && chmod 755 " + at +
                              "/python3");
        },
        "python3");
    ::setenv("PATH", before.c_str(), 1);
    return told;
  };
  ASSERT_THAT(runs(isolation_level::namespaces), HasSubstr("NoNewPrivs:\t0"))
      << "the attack does not work undefended";
  EXPECT_EQ(runs(isolation_level::strict), "");
}

} // namespace
} // namespace sandboxd::testing
