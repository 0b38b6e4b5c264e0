#include "tests/process/daemon_fixture.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <sys/stat.h>
#include <thread>

/// Files through the whole daemon, in sessions of their own.
namespace sandboxd::testing {
namespace {

using ::testing::HasSubstr;

class file_request : public each_generation {
protected:
  json_answer ask(const char* path, json body, const std::string& session = "s") {
    if (!session.empty())
      body["sessionId"] = session;
    return sdk().post(path, body);
  }
  std::string read(const std::string& path, const std::string& session = "s") {
    return ask("/api/read", {{"path", path}}, session).body.value("content", "none");
  }
  [[nodiscard]] bool in_a() const { return GetParam() == generation::a; }

  /// What is expected of an operation that failed: status 200 in dialect A.
  void expect_failure(const json_answer& answer, int status, const char* code) {
    EXPECT_EQ(answer.status, in_a() ? 200 : status) << answer.body;
    if (in_a())
      EXPECT_EQ(answer.body["success"], false);
    else
      EXPECT_EQ(answer.body["code"], code);
  }
};
FOR_EACH_GENERATION(file_request);

TEST_P(file_request, reads_what_a_command_has_written_and_the_other_way_round) {
  run("printf 'from the shell' >/tmp/sandboxd-file-test; printf here >relative");
  EXPECT_EQ(read("/tmp/sandboxd-file-test"), "from the shell");
  EXPECT_EQ(read("relative"), "here");
  EXPECT_EQ(ask("/api/write", {{"path", "new/deep/file"}, {"content", "from the client"}}).status, 200);
  EXPECT_EQ(run("cat new/deep/file"), "from the client");
  run("rm -r /tmp/sandboxd-file-test relative new");
}

TEST_P(file_request, counts_relative_paths_from_where_the_shell_is) {
  run("mkdir -p below; cd below; echo x >file");
  EXPECT_EQ(read("file"), "x\n");
  EXPECT_EQ(read("../below/file"), in_a() ? "none" : "x\n") << "which dialect A refuses";
  ASSERT_EQ(sdk().create("other").status, 200);
  EXPECT_EQ(read("below/file", "other"), "x\n") << "another session is somewhere else";
}

TEST_P(file_request, does_not_wait_for_a_busy_session) {
  run("mkdir -p busy; cd busy; echo x >file");
  ASSERT_EQ(::mkfifo((daemon.workspace() / "busy/fifo").c_str(), 0600), 0); // else the command may come first
  std::thread command([&] {
    sdk_client other(daemon.port(), GetParam());
    other.execute("s", "read -r line <fifo; echo $line");
  });
  EXPECT_TRUE(eventually([&] { return read("file") == "x\n"; }));
  EXPECT_EQ(ask("/api/write", {{"path", "file"}, {"content", "new"}}).status, 200);
  EXPECT_EQ(read("file"), "new");
  std::ofstream(daemon.workspace() / "busy/fifo") << "go\n";
  command.join();
}

TEST_P(file_request, makes_no_session) {
  sdk_client& client = sdk();
  std::ofstream(daemon.workspace() / "file") << "content";
  const auto answer = client.post("/api/read", {{"path", "file"}, {"sessionId", "nobody"}});
  if (in_a())
    EXPECT_EQ(answer.body["message"], "Session 'nobody' not found");
  else
    EXPECT_EQ(answer.body["content"], "content");
  const auto listed = client.request("GET", "/api/session/list");
  EXPECT_EQ(listed.body["sessions"], json::array({"s"}));
}

TEST_P(file_request, moves_lists_and_removes) {
  EXPECT_EQ(ask("/api/mkdir", {{"path", "d/e"}, {"recursive", true}}).status, 200);
  EXPECT_EQ(ask("/api/write", {{"path", "d/e/f"}, {"content", "1"}}).status, 200);
  EXPECT_EQ(ask("/api/rename", {{"oldPath", "d/e/f"}, {"newPath", "d/g"}}).status, 200);
  EXPECT_EQ(ask("/api/move", {{"sourcePath", "d/g"}, {"destinationPath", "d/e"}}).status, 200);
  const auto listed = ask("/api/list-files", {{"path", "d"}, {"options", {{"recursive", true}}}});
  ASSERT_EQ(listed.body["count"], 2) << listed.body;
  EXPECT_EQ(listed.body["files"][0]["relativePath"], "e");
  EXPECT_EQ(listed.body["files"][1]["relativePath"], "e/g");
  EXPECT_EQ(listed.body["files"][1]["absolutePath"], (daemon.workspace() / "d/e/g").string());
  EXPECT_EQ(ask("/api/delete", {{"path", "d/e/g"}}).status, 200);
  expect_failure(ask("/api/delete", {{"path", "d/e/g"}}), 404, "FILE_NOT_FOUND");
  expect_failure(ask("/api/delete", {{"path", "d"}}), 400, "IS_DIRECTORY");
  expect_failure(ask("/api/list-files", {{"path", "nothing"}}), 404, "FILE_NOT_FOUND");
  expect_failure(ask("/api/mkdir", {{"path", "d"}}), 500, "FILESYSTEM_ERROR");
}

TEST_P(file_request, reaches_no_file_of_the_daemon) {
  const auto directory = daemon.runtime_directory().string();
  const auto own = "/proc/" + std::to_string(::getpid()) + "/environ";
  std::filesystem::create_symlink(directory, daemon.workspace() / "link");
  for (const auto& path : {directory, std::string("link")}) {
    const auto listed = ask("/api/list-files", {{"path", path}});
    expect_failure(listed, 403, "PERMISSION_DENIED");
  }
  if (!in_a()) // which refuses /proc altogether
    for (const auto& path :
         {own, std::string("/proc/self/environ"), std::string("/proc/thread-self/environ")}) {
      const auto answer = ask("/api/read", {{"path", path}}, "");
      EXPECT_EQ(answer.status, 403) << path << answer.body;
    }
  EXPECT_EQ(ask("/api/list-files", {{"path", daemon.workspace().string()}}).status, 200);
}

TEST_P(file_request, streams_a_file_larger_than_can_be_answered_whole) {
  run("head -c 40000000 /dev/zero | tr '\\0' 'a' >large.txt");
  const auto whole = ask("/api/read", {{"path", "large.txt"}});
  if (!in_a()) {
    EXPECT_EQ(whole.status, 413);
    EXPECT_EQ(whole.body["context"]["actualSize"], 40'000'000);
  }
  event_stream stream(daemon.port(),
                      request_text("POST", "/api/read/stream", {{"path", "large.txt"}, {"sessionId", "s"}}));
  std::size_t bytes = 0;
  json last;
  while (auto event = stream.next()) {
    bytes += event->value("data", "").size();
    last = *event;
  }
  EXPECT_EQ(bytes, 40'000'000u);
  EXPECT_EQ(last, (json{{"type", "complete"}, {"bytesRead", 40'000'000}}));
}

TEST_P(file_request, lets_a_client_leave_a_stream) {
  run("head -c 40000000 /dev/zero >large.bin");
  {
    event_stream stream(daemon.port(),
                        request_text("POST", "/api/read/stream", {{"path", "large.bin"}, {"sessionId", "s"}}),
                        4096);
    EXPECT_EQ((*stream.next())["type"], "metadata");
    stream.leave();
  } // the fixture counts descriptors
  EXPECT_EQ(read("nothing-there"), in_a() ? "" : "none");
}

TEST_P(file_request, writes_as_many_at_once_as_come) {
  std::vector<std::thread> writers;
  for (int i = 0; i < 8; ++i)
    writers.emplace_back([&, i] {
      sdk_client client(daemon.port(), GetParam());
      for (int j = 0; j < 25; ++j)
        client.post("/api/write",
                    {{"path", "many/" + std::to_string(i) + "-" + std::to_string(j)}, {"content", "x"}});
    });
  for (auto& writer : writers)
    writer.join();
  EXPECT_EQ(ask("/api/list-files", {{"path", "many"}}, "").body["count"], 200);
}

} // namespace
} // namespace sandboxd::testing
