#include "launcher/descriptor.hpp"
#include "tests/process/daemon_fixture.hpp"
#include "tests/process/git_world.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <signal.h>
#include <stop_token>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <vector>

/// Files of a workload that would have the daemon read, or overwrite, what it must not, or hang.
namespace sandboxd::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;
using std::string_literals::operator""s;

class file_attack : public each_generation {
protected:
  file_attack() : each_generation([](config::settings& settings) { settings.files.workers = 2; }) {}

  void SetUp() override {
    each_generation::SetUp();
    std::ofstream(secret()) << "of the daemon";
  }

  [[nodiscard]] fs::path secret() const { return daemon.runtime_directory() / "secret"; }
  [[nodiscard]] fs::path in_workspace(const std::string& name) const { return daemon.workspace() / name; }

  json_answer ask(const char* path, json body) {
    body["sessionId"] = "s";
    return sdk().post(path, body);
  }
  json_answer read(const std::string& path) { return ask("/api/read", {{"path", path}}); }
  /// The whole answer to a stream of the file, whatever it is.
  std::string streamed(const std::string& path) {
    raw_client client(daemon.port());
    client.send(request_text("POST", "/api/read/stream", {{"path", path}, {"sessionId", "s"}},
                             "Connection: close\r\n"));
    return client.read_to_end();
  }
  static bool succeeded(const json_answer& answer) {
    return answer.status == 200 && answer.body.value("success", true);
  }
};
FOR_EACH_GENERATION(file_attack);

TEST_P(file_attack, by_links_reaches_no_file_of_the_daemon) {
  fs::create_symlink(daemon.runtime_directory(), in_workspace("directory"));
  fs::create_symlink(secret(), in_workspace("file"));
  fs::create_symlink("file", in_workspace("again"));
  fs::create_symlink("/", in_workspace("machine"));
  for (const std::string& path : {std::string("directory/secret"), std::string("file"), std::string("again"),
                                  "machine" + secret().string()}) {
    SCOPED_TRACE(path);
    EXPECT_EQ(read_text(in_workspace(path)), "of the daemon") << "the attack works without the defence";
    std::ofstream(in_workspace(path)) << "by the attack";
    EXPECT_EQ(read_text(secret()), "by the attack") << "so does that which writes";
    std::ofstream(secret()) << "of the daemon";

    const auto answer = read(path);
    EXPECT_FALSE(succeeded(answer)) << answer.body;
    EXPECT_THAT(answer.body.dump(), Not(HasSubstr("of the daemon")));
    EXPECT_THAT(streamed(path), Not(HasSubstr("of the daemon")));
    EXPECT_FALSE(succeeded(ask("/api/write", {{"path", path}, {"content", "by the attack"}})));
    EXPECT_EQ(read_text(secret()), "of the daemon");
  }
  EXPECT_FALSE(succeeded(ask("/api/delete", {{"path", "directory/secret"}})));
  EXPECT_FALSE(succeeded(ask("/api/rename", {{"oldPath", "directory/secret"}, {"newPath", "x"}})));
  EXPECT_FALSE(succeeded(ask("/api/move", {{"sourcePath", "directory/secret"}, {"destinationPath", "x"}})));
  EXPECT_FALSE(succeeded(ask("/api/list-files", {{"path", "directory"}})));
  EXPECT_EQ(read_text(secret()), "of the daemon");
}

/// A workload swaps a directory for a link to one of the daemon's while files in it are read and written.
TEST_P(file_attack, by_renames_during_the_look_reaches_no_file_of_the_daemon) {
  fs::create_directories(in_workspace("swap/a"));
  std::ofstream(in_workspace("swap/a/secret")) << "inside";
  fs::create_symlink(daemon.runtime_directory(), in_workspace("trap"));
  const auto directory = in_workspace("swap/a").string();
  const auto trap = in_workspace("trap").string();
  const std::jthread attacker([&](const std::stop_token& over) {
    while (!over.stop_requested())
      (void)::renameat2(AT_FDCWD, directory.c_str(), AT_FDCWD, trap.c_str(), RENAME_EXCHANGE);
  });
  int escapes_without_defence = 0;
  int reads = 0;
  int writes = 0;
  int leaks = 0;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while ((escapes_without_defence < 10 || reads < 50 || writes < 50) &&
         std::chrono::steady_clock::now() < deadline) {
    if (read_text(directory + "/secret") == "of the daemon")
      ++escapes_without_defence;
    const auto seen = read("swap/a/secret");
    reads += succeeded(seen) ? 1 : 0;
    leaks += seen.body.dump().find("of the daemon") == std::string::npos ? 0 : 1;
    writes += succeeded(ask("/api/write", {{"path", "swap/a/secret"}, {"content", "inside"}})) ? 1 : 0;
    leaks += read_text(secret()) == "of the daemon" ? 0 : 1;
  }
  EXPECT_GE(escapes_without_defence, 10) << "the attack works without the defence";
  EXPECT_GE(reads, 50) << "what is meant is served between two attacks";
  EXPECT_GE(writes, 50);
  EXPECT_EQ(leaks, 0);
}

TEST_P(file_attack, by_paths_of_proc_shows_nothing_of_the_daemons_process) {
  const auto own = "/proc/" + std::to_string(::getpid());
  const auto attack = "head -c 1 " + own + "/environ 2>/dev/null | wc -c";
  ASSERT_EQ(shell(attack), "1\n") << "the attack works without the defence";
  if (run("echo $PPID") == shown("1\n")) { // isolated: it has no number there
    EXPECT_EQ(run(attack), shown("0\n"));
  }
  EXPECT_EQ(run("cat /proc/$PPID/environ 2>/dev/null | wc -c"), shown("0\n"))
      << "its init has nothing to show";
  // Whoever has no session sees the machine's /proc.
  for (const std::string& path :
       {own + "/environ", own + "/mem", own + "/maps", own + "/root" + secret().string(), own + "/cwd/secret",
        std::string("/proc/self/environ"), std::string("/proc/thread-self/environ"),
        "/proc/self/task/" + std::to_string(::getpid()) + "/environ"}) {
    const auto answer = sdk().post("/api/read", {{"path", path}});
    EXPECT_FALSE(succeeded(answer)) << path << answer.body;
  }
}

/// A session's own look at it is read-only, the machine's is not. What is written is what is there.
TEST_P(file_attack, by_links_to_the_kernels_settings_changes_none) {
  const std::string setting = "/proc/sys/kernel/core_pattern";
  const auto value = read_text(setting);
  fs::create_symlink(setting, in_workspace("setting"));
  if (!(std::ofstream(in_workspace("setting")) << value << std::flush))
    GTEST_SKIP() << "not available here: this process itself cannot do it";
  const json order{{"path", in_workspace("setting")}, {"content", value}};
  EXPECT_FALSE(succeeded(ask("/api/write", order)));
  EXPECT_FALSE(succeeded(sdk().post("/api/write", order))) << "of no session";
  EXPECT_EQ(read_text(setting), value);
}

TEST_P(file_attack, by_files_that_never_answer_or_never_end_holds_no_worker) {
  const auto fifo = in_workspace("fifo").string();
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  fs::create_symlink("/dev/zero", in_workspace("zeros"));
  const auto zeros = in_workspace("zeros").string();
  std::ofstream(in_workspace("plain")) << "content";
  EXPECT_EQ(shell("timeout 1 cat " + fifo + " || echo $?"), "124\n")
      << "the attack works without the defence";
  EXPECT_EQ(shell("timeout 1 bash -c \"echo x >" + fifo + "\" || echo $?"), "124\n");
  EXPECT_EQ(shell("head -c 200000000 " + zeros + " | wc -c"), "200000000\n") << "more than any bound of ours";
  // Who opens a file under a lease waits for its holder, here for 45 s; one of these is replaced, the other,
  // which has two names, is written in place.
  ::signal(SIGIO, SIG_IGN);
  std::vector<launcher::descriptor> leased;
  for (const char* name : {"leased", "linked"}) {
    leased.emplace_back(::open(in_workspace(name).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (name == "linked"s)
      fs::create_hard_link(in_workspace(name), in_workspace("second name"));
    ASSERT_EQ(::fcntl(leased.back().get(), F_SETLEASE, F_WRLCK), 0);
  }
  EXPECT_EQ(shell("timeout 1 cat " + in_workspace("leased").string() + " || echo $?"), "124\n");
  for (int i = 0; i < 3; ++i) { // one more than there are workers
    for (const std::string name : {"fifo", "zeros", "/dev/zero", "/dev/random"}) {
      EXPECT_FALSE(succeeded(read(name))) << name;
      EXPECT_THAT(streamed(name), Not(HasSubstr("\"chunk\""))) << name;
    }
    EXPECT_FALSE(succeeded(ask("/api/write", {{"path", "fifo"}, {"content", "x"}})));
    for (const char* name : {"zeros", "leased", "linked"})
      EXPECT_FALSE(succeeded(ask("/api/write", {{"path", name}, {"content", "x"}}))) << name;
  }
  EXPECT_EQ(read("plain").body["content"], "content");
}

} // namespace
} // namespace sandboxd::testing
