#include "launcher/descriptor.hpp"
#include "tests/process/daemon_fixture.hpp"
#include "tests/process/git_world.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

/// Descriptors of the daemon in workloads: who inherits one needs no right to open what it leads to.
namespace sandboxd::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

/// A socket of the daemon's process that execve(2) does not close, as of a library that forgets about it.
class forgotten_socket {
public:
  forgotten_socket() : socket_(copy_of(launcher::descriptor(::socket(AF_UNIX, SOCK_STREAM, 0)))) {}

  [[nodiscard]] std::string number() const { return std::to_string(socket_.get()); }
  [[nodiscard]] std::string target() const {
    return std::filesystem::read_symlink("/proc/self/fd/" + number());
  }

private:
  /// With a number that no look at a process shows by chance.
  static int copy_of(const launcher::descriptor& made) { return ::fcntl(made.get(), F_DUPFD, 99); }

  launcher::descriptor socket_;
};

const std::string list_descriptors = "ls /proc/self/fd";

/// What it shows: the standard streams, and the directory that ls(1) reads.
const std::string standard_streams = "0\n1\n2\n3";

/// The sockets that a process holds, as "socket:[4711]".
std::set<std::string> sockets_of(const std::string& pid) {
  std::set<std::string> found;
  std::error_code gone; // of a process that ends meanwhile
  for (std::filesystem::directory_iterator it("/proc/" + pid + "/fd", gone), end; it != end;
       it.increment(gone))
    if (const auto target = std::filesystem::read_symlink(*it, gone).string(); target.starts_with("socket:"))
      found.insert(target);
  return found;
}

/// Those of the daemon that some process below it holds, too.
std::set<std::string> shared_sockets() {
  std::set<std::string> shared;
  const auto own = sockets_of("self");
  for (const auto& process : processes_below()) {
    const auto theirs = sockets_of(std::to_string(process.pid));
    std::set_intersection(own.begin(), own.end(), theirs.begin(), theirs.end(),
                          std::inserter(shared, shared.end()));
  }
  return shared;
}

class descriptor_attack : public daemon_test {
protected:
  descriptor_attack()
      : daemon_test([](config::settings& s) {
          s.interpreter.python_program = "/usr/bin/python3";
          s.interpreter.python_preload = "";
        }) {}

  /// After the daemon's start, when it closes what it was given to all that it starts.
  void SetUp() override {
    socket_.emplace();
    ASSERT_THAT(shell(list_descriptors), HasSubstr("\n" + number() + "\n"))
        << "the attack works without the defence";
    ASSERT_EQ(b.create("s").status, 200);
    ASSERT_EQ(b.create("open", {{"isolation", false}}).status, 200);
  }

  void TearDown() override {
    socket_.reset();
    daemon_test::TearDown();
  }

  void start(const std::string& id, const std::string& command, bool with_input) {
    const auto answer =
        b.post("/api/process/start",
               {{"command", command}, {"sessionId", "s"}, {"processId", id}, {"stdin", with_input}});
    ASSERT_EQ(answer.status, 200) << answer.body;
  }

  std::string context(const std::string& language) {
    const auto made = b.post("/api/contexts", {{"language", language}, {"cwd", "/tmp"}});
    EXPECT_EQ(made.status, 200) << made.body;
    return made.body.value("id", "none");
  }

  [[nodiscard]] std::string number() const { return socket_->number(); }
  [[nodiscard]] std::string target() const { return socket_->target(); }

private:
  std::optional<forgotten_socket> socket_;
};

TEST_F(descriptor_attack, from_a_session_finds_none) {
  for (const std::string session : {"s", "open"}) {
    EXPECT_EQ(b.output(session, list_descriptors), standard_streams);
    EXPECT_EQ(b.output(session, list_descriptors + " & wait"), standard_streams);
    EXPECT_EQ(text_of(b.stream(session, list_descriptors).rest(), "stdout"), standard_streams + "\n");
  }
}

TEST_F(descriptor_attack, from_a_command_without_a_session_finds_none) {
  EXPECT_EQ(b.output("__DISABLE_SESSION__", list_descriptors), standard_streams + "\n");
}

TEST_F(descriptor_attack, from_a_background_process_finds_none) {
  for (const bool with_input : {false, true}) {
    const std::string id = with_input ? "with-input" : "without";
    start(id, list_descriptors, with_input);
    EXPECT_TRUE(eventually([&] {
      return b.request("GET", "/api/process/" + id + "/logs").body.value("stdout", "") ==
             standard_streams + "\n";
    })) << b.request("GET", "/api/process/" + id + "/logs").body;
  }
}

TEST_F(descriptor_attack, from_code_in_every_language_finds_none) {
  EXPECT_EQ(printed_by_code(daemon.port(), context("python"),
                            "import os; os.system('" + list_descriptors + "'); None"),
            standard_streams + "\n");
  for (const std::string language : {"javascript", "typescript"})
    EXPECT_EQ(printed_by_code(daemon.port(), context(language),
                              "process.stdout.write(require('child_process').execSync('" + list_descriptors +
                                  "').toString()); undefined"),
              standard_streams + "\n")
        << language;
}

TEST_F(descriptor_attack, from_a_program_that_a_clone_runs_finds_none) {
  const git_world world;
  const auto program = world.root() + "/ssh";
  const auto found = world.root() + "/found";
  std::ofstream(program) << "#!/bin/sh\n" << list_descriptors << " >" << found << "\nexit 1\n";
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  const std::string url = "ssh://127.0.0.1/x";
  shell("GIT_SSH_COMMAND=" + program + " git clone " + url + " " + world.root() + "/x || :");
  ASSERT_THAT(read_text(found), HasSubstr("\n" + number() + "\n"))
      << "a clone of the daemon's process finds it";
  std::filesystem::remove(found);
  b.output("s", "export HOME=" + world.home() + " GIT_SSH_COMMAND=" + program);
  b.post("/api/git/checkout", {{"repoUrl", url}, {"sessionId", "s"}, {"targetDir", "x"}, {"depth", 1}});
  EXPECT_EQ(read_text(found), standard_streams + "\n");
}

/// Seen from outside: the spawner, the inits and idle executors are what workloads are made of.
TEST_F(descriptor_attack, from_whatever_runs_below_the_daemon_finds_no_socket_of_it) {
  {
    const running_program careless({"sleep", "4711"});
    ASSERT_THAT(shared_sockets(), Contains(target()));
  }
  start("p", "sleep 4712", true);
  for (const std::string language : {"python", "javascript", "typescript"})
    context(language);
  EXPECT_TRUE(eventually([] { return shared_sockets().empty(); })) << describe_processes_below();
}

} // namespace
} // namespace sandboxd::testing
