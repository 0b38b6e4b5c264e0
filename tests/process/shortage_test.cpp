#include "tests/process/daemon_fixture.hpp"
#include "tests/support/descriptor_shortage.hpp"
#include "tests/support/scratch_directory.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <string>
#include <sys/mount.h>

/// What is left when the machine runs out of something: a clear error, nothing lost, and the service goes on.
namespace sandboxd::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

/// The body of an answer, asked for as dialect B does.
json get(sdk_client& client, const std::string& path) {
  client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nX-Sandbox-Id: tests\r\n\r\n");
  return client.answer().body;
}

/// A disk of 2 MiB.
class small_disk {
public:
  small_disk()
      : is_mounted_(::mount("tmpfs", directory_.path().c_str(), "tmpfs", 0, "size=2m,mode=1777") == 0) {}
  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;
  ~small_disk() {
    if (is_mounted_)
      ::umount2(directory_.path().c_str(), MNT_DETACH);
  }
  [[nodiscard]] bool is_mounted() const { return is_mounted_; }
  [[nodiscard]] std::string path() const { return directory_.path(); }

private:
  scratch_directory directory_;
  bool is_mounted_;
};

class full_disk : private small_disk, public daemon_test {
protected:
  full_disk()
      : daemon_test([this](config::settings& settings) {
          settings.session.spill_directory = path();
          settings.session.output_memory_bytes = 64 << 10;
          settings.process.output_memory_bytes = 64 << 10;
          settings.process.output_spill_bytes = 64 << 20;
        }) {}

  void SetUp() override {
    if (!is_mounted())
      GTEST_SKIP() << "needs the privilege to mount a small disk";
  }
  using small_disk::path;
};

constexpr int all_of_it = 20'000'000;

TEST_F(full_disk, keeps_the_newest_output_of_a_process_and_says_what_is_missing) {
  const auto started =
      b.post("/api/process/start",
             {{"command", "yes 0123456 | head -c 20000000; echo the end"}, {"processId", "p"}});
  ASSERT_EQ(started.status, 200) << started.body;
  EXPECT_TRUE(eventually([&] { return get(b, "/api/process/p")["process"]["status"] == "completed"; }));
  const auto log = get(b, "/api/process/p/logs")["stdout"].get<std::string>();
  EXPECT_THAT(log, StartsWith("[output truncated"));
  EXPECT_TRUE(log.ends_with("the end\n"));
  EXPECT_LT(log.size(), static_cast<std::size_t>(all_of_it));
  EXPECT_EQ(b.output("s", "echo on"), "on");
}

TEST_F(full_disk, keeps_the_beginning_of_the_output_of_a_command_and_says_so) {
  const auto answer = b.execute("s", "yes 0123456 | head -c 20000000");
  EXPECT_EQ(answer.status, 200);
  const auto out = answer.body["stdout"].get<std::string>();
  EXPECT_THAT(out, StartsWith("0123456\n"));
  EXPECT_THAT(out.substr(out.size() - 200), HasSubstr("[output truncated"));
  EXPECT_EQ(b.output("s", "echo on"), "on");
}

TEST_F(full_disk, refuses_a_write_and_leaves_the_old_content) {
  const auto file = path() + "/file";
  const auto write = [&](std::string content) {
    return b.post("/api/write", {{"path", file}, {"content", std::move(content)}, {"sessionId", "s"}});
  };
  EXPECT_EQ(write("old").status, 200);
  const auto refused = write(std::string(3'000'000, 'x'));
  EXPECT_EQ(refused.status, 500);
  EXPECT_EQ(refused.body["code"], "NO_SPACE");
  EXPECT_EQ(b.post("/api/read", {{"path", file}, {"sessionId", "s"}}).body["content"], "old");
  EXPECT_EQ(b.output("s", "ls -A " + path()), "file"); // and no temporary one
  EXPECT_EQ(write("new").status, 200);
}

class no_descriptors : public daemon_test {
protected:
  void SetUp() override {
    ASSERT_EQ(b.output("s", "echo before > file; export KEPT=yes; echo on"), "on");
    ASSERT_EQ(b.post("/api/process/start", {{"command", "sleep 1000"}, {"processId", "p"}}).status, 200);
  }
};

TEST_F(no_descriptors, fail_what_needs_one_and_nothing_else) {
  {
    const descriptor_shortage shortage;
    const auto read = b.post("/api/read", {{"path", "file"}, {"sessionId", "s"}});
    EXPECT_EQ(read.status, 500);
    EXPECT_EQ(read.body["code"], "TOO_MANY_FILES") << read.body;
    const auto write = b.post("/api/write", {{"path", "file"}, {"content", "lost"}, {"sessionId", "s"}});
    EXPECT_EQ(write.body["code"], "TOO_MANY_FILES") << write.body;
    const auto started = b.post("/api/process/start", {{"command", "true"}, {"processId", "q"}});
    EXPECT_GE(started.status, 400) << started.body;
    const auto cloned = b.post("/api/git/checkout", {{"repoUrl", "/nowhere"}, {"sessionId", "s"}});
    EXPECT_GE(cloned.status, 400) << cloned.body;
    const auto checked = b.post("/api/port-check", {{"port", 1}, {"mode", "tcp"}});
    EXPECT_EQ(checked.body["ready"], false) << checked.body;
    EXPECT_EQ(get(b, "/api/process/p")["process"]["status"], "running");
  }
  EXPECT_EQ(b.post("/api/read", {{"path", "file"}, {"sessionId", "s"}}).body["content"], "before\n");
  EXPECT_EQ(b.output("s", "echo $KEPT"), "yes"); // not even the shell was lost
  EXPECT_EQ(b.post("/api/process/start", {{"command", "true"}, {"processId", "q"}}).status, 200);
  EXPECT_EQ(get(b, "/api/process/p")["process"]["status"], "running");
}

} // namespace
} // namespace sandboxd::testing
