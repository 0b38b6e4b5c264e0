#include "tests/process/daemon_fixture.hpp"
#include "tests/process/git_world.hpp"
#include "tests/process/strict_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

/// What goes on working where workloads cannot change the system.
namespace sandboxd::testing {
namespace {

using ::testing::HasSubstr;

/// Sessions `isolated` and `open`, which has no namespaces. /tmp, where the daemon of a test has its own
/// directory, is not writable.
class strict : protected own_home, public daemon_test {
protected:
  strict() : daemon_test(strict_settings) {}

  void SetUp() override {
    if (const auto reason = why_not_strict(); !reason.empty())
      GTEST_SKIP() << reason;
    for (const bool isolated : {true, false})
      ASSERT_EQ(b.create(isolated ? "isolated" : "open", {{"isolation", isolated}}).status, 200);
  }

  json_answer ask(const std::string& operation, json what, const std::string& session) {
    if (!session.empty())
      what["sessionId"] = session;
    return b.post("/api/" + operation, what);
  }

  std::string printed_by(const std::string& language, const std::string& code) {
    const auto made = b.post("/api/contexts", {{"language", language}});
    EXPECT_EQ(made.status, 200) << made.body;
    return printed_by_code(daemon.port(), made.body.at("id"), code);
  }
};

TEST_F(strict, leaves_the_workspace_and_what_is_configured_to_write) {
  for (const char* session : {"isolated", "open"}) {
    EXPECT_EQ(
        b.output(session, "mkdir -p a/b c && echo x >a/b/f && mv a/b/f c/g && ln -f c/g c/h && cat c/h"),
        "x");
    EXPECT_EQ(b.output(session, "(cd " + path() + " && echo y >f && cat f && rm f)"), "y");
    EXPECT_EQ(b.output(session, "f=$(mktemp -p /dev/shm) && echo z >$f && cat $f && rm $f"), "z");
    EXPECT_EQ(b.output(session, "mv c/g " + path() + "/g && cat " + path() + "/g"), "x");
  }
}

TEST_F(strict, leaves_what_shells_do) {
  EXPECT_EQ(b.output("isolated", "cat <(echo a) 2>/dev/null; echo b >/dev/stderr; echo c >/dev/stdout"),
            "a\nc");
  EXPECT_EQ(b.output("isolated", "echo 600 >/proc/self/oom_score_adj && cat /proc/self/oom_score_adj"),
            "600");
  EXPECT_EQ(b.output("isolated", "sleep 1000 & kill $!; wait $!; echo $?"), "143");
  EXPECT_EQ(b.output("isolated", "sleep 1000 & jobs -r | wc -l; kill $!"), "1");
  EXPECT_EQ(b.output("isolated", "python3 -c 'import os; print(os.ttyname(os.openpty()[1]))'"), "/dev/pts/0");
}

TEST_F(strict, lets_a_program_trace_what_it_has_started) {
  const std::string trace =
      "python3 -c 'import ctypes, subprocess; child = subprocess.Popen([\"sleep\", \"1000\"]); "
      "print(ctypes.CDLL(None).ptrace(0x4206, child.pid, None, None)); child.kill()'";
  EXPECT_EQ(b.output("isolated", trace), "0"); // PTRACE_SEIZE
  EXPECT_EQ(b.output("isolated", "sleep 1000 & readlink /proc/$!/cwd; kill $!"), daemon.workspace().string());
}

TEST_F(strict, lets_background_processes_be_followed_and_killed) {
  const auto started =
      b.post("/api/process/start", {{"command", "echo begun >file; cat file; exec sleep 1000"},
                                    {"sessionId", "isolated"},
                                    {"processId", "p"}});
  ASSERT_EQ(started.status, 200) << started.body;
  EXPECT_TRUE(eventually(
      [&] { return b.request("GET", "/api/process/p/logs").body.value("stdout", "") == "begun\n"; }));
  EXPECT_EQ(b.request("DELETE", "/api/process/p").status, 200);
}

TEST_F(strict, lets_code_of_every_language_write_to_the_workspace) {
  EXPECT_EQ(printed_by("python",
                       "with open('from_python', 'w') as file: file.write('1')\n"
                       "try: open('/etc/strict', 'w')\n"
                       "except OSError as error: print(open('from_python').read(), error.strerror)"),
            "1 Read-only file system\n");
  EXPECT_EQ(printed_by("javascript",
                       "const fs = require('fs'); fs.writeFileSync('from_node', '2'); let said = '';\n"
                       "try { fs.writeFileSync('/etc/strict', ''); } catch (error) { said = error.code; }\n"
                       "console.log(fs.readFileSync('from_node', 'utf8'), said)"),
            "2 EROFS\n");
}

TEST_F(strict, has_what_users_install_in_contexts) {
  b.output("isolated",
           "d=$(/usr/bin/python3 -m site --user-site); mkdir -p $d && echo 'mark = 8' >$d/strict_package.py");
  EXPECT_EQ(printed_by("python", "import strict_package\nprint(strict_package.mark)"), "8\n");
}

TEST_F(strict, clones_into_the_workspace) {
  const git_world world;
  b.output("isolated",
           "git config --global user.name strict; git config --global user.email strict@example.com");
  const auto cloned = b.post("/api/git/checkout", {{"repoUrl", world.source()},
                                                   {"sessionId", "isolated"},
                                                   {"targetDir", (daemon.workspace() / "clone").string()}});
  EXPECT_EQ(cloned.status, 200) << cloned.body;
  EXPECT_EQ(
      b.output("isolated",
               "cd clone && git commit -q --allow-empty -m x --author 'a <b@c>' && git log -1 --format=%cn"),
      "strict");
}

TEST_F(strict, installs_packages_into_the_workspace) {
  if (b.execute("isolated", "command -v npm").body.at("exitCode") != 0)
    GTEST_SKIP() << "there is no npm";
  EXPECT_EQ(b.output("isolated",
                     "mkdir -p package app && echo '{\"name\": \"package\", \"version\": \"1.0.0\", "
                     "\"main\": \"m.js\"}' >package/package.json && echo 'module.exports = 7' "
                     ">package/m.js && cd app && npm install --install-links --no-audit --no-fund "
                     "--offline ../package >/dev/null && node -p 'require(\"package\")'"),
            "7");
}

TEST_F(strict, refuses_clients_what_it_refuses_sessions) {
  const scratch_directory system; // in /tmp
  const auto file = system / "file";
  std::ofstream(file) << "old";
  const auto own = (daemon.workspace() / "f").string();
  for (const std::string session : {"isolated", "open", ""}) {
    EXPECT_EQ(ask("write", {{"path", own}, {"content", "x"}}, session).status, 200);
    for (const auto& refused :
         {ask("write", {{"path", "/usr/local/bin/strict"}, {"content", "x"}}, session),
          ask("write", {{"path", file}, {"content", "x"}}, session), ask("delete", {{"path", file}}, session),
          ask("rename", {{"oldPath", file}, {"newPath", system / "other"}}, session),
          ask("move", {{"sourcePath", own}, {"destinationPath", system / "moved"}}, session)}) {
      EXPECT_EQ(refused.status, 403) << session << refused.body;
      EXPECT_EQ(refused.body.value("code", ""), "READ_ONLY") << refused.body;
    }
    // Of mkdir all failures have this code (HTTP.md 6.5).
    const auto unmade = ask("mkdir", {{"path", system / "directory"}}, session);
    EXPECT_EQ(unmade.status, 500);
    EXPECT_EQ(unmade.body.value("code", ""), "FILESYSTEM_ERROR");
    EXPECT_NE(unmade.body.dump().find("Read-only file system"), std::string::npos) << unmade.body;
    EXPECT_EQ(ask("read", {{"path", file}}, session).body.value("content", ""), "old");
  }
}

TEST_F(strict, shows_few_devices) {
  EXPECT_EQ(b.output("isolated", "cd /dev && ls"),
            "fd\nfull\nnull\nptmx\npts\nrandom\nshm\nstderr\nstdin\nstdout\ntty\nurandom\nzero");
  EXPECT_EQ(b.output("isolated", "head -c 4 /dev/zero | od -An -tx1; head -c 8 /dev/urandom | wc -c"),
            " 00 00 00 00\n8");
}

TEST_F(strict, tells_why_programs_that_change_the_system_fail) {
  const auto told = b.execute("isolated", "touch /usr/local/bin/strict");
  EXPECT_EQ(told.body.at("exitCode"), 1);
  EXPECT_THAT(told.body.at("stderr").get<std::string>(), HasSubstr("Read-only file system"));
}

} // namespace
} // namespace sandboxd::testing
