#include "tests/daemon/standard_error.hpp"
#include "tests/process/daemon_fixture.hpp"
#include "tests/process/git_world.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

/// Clones through the whole daemon (HTTP.md 7), from repositories that Debian's git has made and serves.
namespace sandboxd::testing {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* password = "s3cret-word";

class git_clone : public daemon_test {
protected:
  explicit git_clone(config::log_level level = config::log_level::warn)
      : daemon_test([level](config::settings& settings) {
          settings.git.max_concurrent = 2;
          settings.log.level = level;
        }) {}

  void SetUp() override { ASSERT_EQ(b.create("s", {{"env", {{"HOME", world.home()}}}}).status, 200); }

  void TearDown() override {
    world.stop_servers();
    daemon_test::TearDown();
  }

  static json body(const std::string& url, const std::string& directory, json more = json::object(),
                   const std::string& session = "s") {
    more["repoUrl"] = url;
    more["sessionId"] = session;
    more["targetDir"] = directory;
    return more;
  }
  json_answer clone(const std::string& url, const std::string& directory, json more = json::object(),
                    const std::string& session = "s") {
    return b.post("/api/git/checkout", body(url, directory, std::move(more), session));
  }
  event_stream stream(const std::string& url, const std::string& directory,
                      const json& more = json::object()) {
    return {daemon.port(), request_text("POST", "/api/git/checkout", body(url, directory, more),
                                        "X-Sandbox-Id: tests\r\nAccept: text/event-stream\r\n")};
  }

  [[nodiscard]] std::string in_workspace(const std::string& name) const {
    return (daemon.workspace() / name).string();
  }
  [[nodiscard]] std::string git(const std::string& directory, const std::string& command) const {
    return shell("git -C " + in_workspace(directory) + " " + command);
  }
  /// That the clone is what git would have made, at the commit that `reference` names in the source.
  void expect_whole(const std::string& directory, const std::string& reference) const {
    EXPECT_EQ(git(directory, "rev-parse HEAD"),
              shell("git -C " + world.source() + " rev-parse " + reference));
    EXPECT_EQ(git(directory, "status --porcelain"), "");
    EXPECT_EQ(git(directory, "fsck --strict --no-dangling --no-progress"), "");
  }
  static bool helper_runs() { return !processes_with("sandboxd-git-worker").empty(); }

  git_world world;
};

/// A failed clone as dialect B tells it: git's text, with exit code 128.
void expect_failure(const json_answer& answer, const std::string& code, const std::string& text,
                    const std::string& cause) {
  EXPECT_EQ(answer.body.value("code", ""), code) << answer.body;
  EXPECT_EQ(answer.body.value("httpStatus", 0), 500) << answer.body;
  EXPECT_THAT(answer.body.value("message", ""), HasSubstr(text));
  const auto& context = answer.body["context"];
  EXPECT_EQ(context.value("exitCode", 0), 128) << answer.body;
  EXPECT_EQ(context.value("cause", ""), cause) << answer.body;
  EXPECT_THAT(context.value("stderr", ""), HasSubstr(text));
}

TEST_F(git_clone, from_a_path_is_what_git_would_make) {
  const auto answer = clone(world.source(), "one");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body["success"], true);
  EXPECT_EQ(answer.body["branch"], "main");
  EXPECT_EQ(answer.body["targetDir"], "one");
  EXPECT_EQ(answer.body["repoUrl"], world.source());
  expect_whole("one", "main");
  EXPECT_EQ(git("one", "rev-parse --abbrev-ref main@{upstream}"), "origin/main\n");
  EXPECT_EQ(git("one", "remote get-url origin"), world.source() + "\n");
  EXPECT_EQ(git("one", "tag"), "v1\n");
  EXPECT_EQ(git("one", "rev-parse --abbrev-ref origin/HEAD"), "origin/main\n");
  EXPECT_EQ(git("one", "pull"), "Already up to date.\n");
}

TEST_F(git_clone, goes_over_every_transport) {
  std::vector<std::string> urls{"file://" + world.source(), world.http() + "/open/src.git",
                                world.daemon() + "/src.git", world.source()};
  int number = 0;
  for (const auto& url : urls) {
    const auto directory = "t" + std::to_string(++number);
    const auto answer = clone(url, directory, {{"branch", "dev"}});
    ASSERT_EQ(answer.status, 200) << url << answer.body;
    EXPECT_EQ(answer.body["branch"], "dev") << url;
    expect_whole(directory, "dev");
    EXPECT_EQ(read_text(daemon.workspace() / directory / "dev.txt"), "dev\n") << url;
  }
}

TEST_F(git_clone, goes_over_ssh_to_known_hosts_only) {
  const auto ssh = world.ssh();
  if (!ssh)
    GTEST_SKIP() << "no /usr/sbin/sshd (package openssh-server)";
  const auto answer = clone(*ssh + "/src.git", "over-ssh");
  ASSERT_EQ(answer.status, 200) << answer.body;
  expect_whole("over-ssh", "main");

  expect_failure(clone(*ssh + "/none.git", "x"), "GIT_OPERATION_FAILED",
                 "none.git' does not appear to be a git repository", "not_found");

  fs::rename(world.home() + "/.ssh/id_ed25519", world.home() + "/.ssh/elsewhere");
  expect_failure(clone(*ssh + "/src.git", "x"), "GIT_OPERATION_FAILED", "Permission denied (publickey).",
                 "authentication");
  fs::rename(world.home() + "/.ssh/elsewhere", world.home() + "/.ssh/id_ed25519");

  fs::remove(world.home() + "/.ssh/known_hosts");
  expect_failure(clone(*ssh + "/src.git", "x"), "GIT_OPERATION_FAILED", "Host key verification failed.",
                 "host_key");
  EXPECT_FALSE(fs::exists(in_workspace("x")));
}

TEST_F(git_clone, checks_out_tags_and_takes_empty_repositories) {
  const auto tagged = clone(world.source(), "tagged", {{"branch", "v1"}});
  ASSERT_EQ(tagged.status, 200) << tagged.body;
  EXPECT_EQ(tagged.body["branch"], "v1"); // HEAD is detached: the requested one (HTTP.md 7)
  expect_whole("tagged", "v1");
  const auto empty = clone(world.root() + "/repositories/empty.git", "empty");
  ASSERT_EQ(empty.status, 200) << empty.body;
  EXPECT_TRUE(fs::exists(in_workspace("empty/.git")));
}

TEST_F(git_clone, without_a_directory_goes_to_the_workspace) {
  const auto answer =
      b.post("/api/git/checkout", {{"repoUrl", "file://" + world.source()}, {"sessionId", "s"}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body["targetDir"], in_workspace("src"));
  expect_whole("src", "main");
}

TEST_F(git_clone, is_relative_to_the_directory_of_its_session_and_sees_its_variables) {
  b.output("s", "mkdir -p deep/er; cd deep/er");
  ASSERT_EQ(clone(world.source(), "one").status, 200);
  expect_whole("deep/er/one", "main");
  ASSERT_EQ(clone("one", "../two").status, 200) << "the URL, too";
  expect_whole("deep/two", "main");
  b.output("s",
           "unset no_proxy NO_PROXY; export http_proxy=http://127.0.0.1:1 https_proxy=http://127.0.0.1:1");
  for (const std::string scheme : {"http", "https"})
    EXPECT_THAT(clone(scheme + "://somewhere.invalid/x.git", "x").body.value("message", ""),
                HasSubstr("ailed to connect to 127.0.0.1"))
        << "there is no such proxy";
}

TEST_F(git_clone, works_in_sessions_of_any_kind) {
  ASSERT_EQ(a.create("open", {{"isolation", false}}).status, 200);
  ASSERT_EQ(clone(world.source(), "open", {}, "open").status, 200);
  ASSERT_EQ(clone(world.source(), "none", {}, "__DISABLE_SESSION__").status, 200);
  expect_whole("none", "main");
  ASSERT_EQ(clone(world.source(), "made", {}, "made-on-demand").status, 200);
  EXPECT_EQ(b.execute("s", "exit 3").status, 410);
  ASSERT_EQ(clone(world.source(), "again").status, 200) << "the shell was started anew";
  expect_whole("again", "main");
}

TEST_F(git_clone, fails_in_the_words_of_git) {
  const auto http = world.http();
  const auto git_daemon = world.daemon();
  struct row {
    std::string url;
    std::string text;
    std::string cause;
    json more = json::object();
  };
  const auto closed = "127.0.0.1:" + std::to_string(free_port());
  const std::vector<row> table{
      {world.root() + "/none", "fatal: repository '" + world.root() + "/none' does not exist", "not_found"},
      {world.home(), "fatal: repository '" + world.home() + "' does not exist", "not_found"},
      {"file://" + world.root() + "/none",
       "fatal: '" + world.root() + "/none' does not appear to be a git repository", "not_found"},
      {world.source(),
       "fatal: Remote branch none not found in upstream origin",
       "branch_not_found",
       {{"branch", "none"}}},
      {http + "/open/none.git", "fatal: repository '" + http + "/open/none.git/' not found", "not_found"},
      {http + "/status/500/x", "The requested URL returned error: 500", "network"},
      {http + "/status/403/x", "The requested URL returned error: 403", "authentication"},
      {http + "/page/x", "info/refs not valid: is this a git repository?", "not_found"},
      {http + "/private/src.git",
       "fatal: could not read Username for '" + http + "': terminal prompts disabled", "authentication"},
      {git_daemon + "/none.git", "fatal: remote error: access denied or repository not exported: /none.git",
       "not_found"},
      {"http://" + closed + "/x.git", "fatal: unable to access 'http://" + closed + "/x.git/'", "network"},
      {"git://" + closed + "/x.git", "fatal: unable to connect to 127.0.0.1:\n", "network"},
      {"ssh://git@" + closed + "/x.git", "fatal: Could not read from remote repository.", "network"},
      {world.source(), "fatal: depth 0 is not a positive number", "depth", {{"depth", 0}}},
  };
  for (const auto& one : table) {
    SCOPED_TRACE(one.url);
    expect_failure(clone(one.url, "failed", one.more), "GIT_OPERATION_FAILED", one.text, one.cause);
    EXPECT_FALSE(fs::exists(in_workspace("failed")));
  }
  EXPECT_EQ(git("..", "--version").substr(0, 4), "git ") << "and git itself says the same:";
  for (const auto& one : {table[0], table[2], table[4], table[8]})
    EXPECT_THAT(shell("GIT_TERMINAL_PROMPT=0 git clone " + one.url + " " + in_workspace("by-git") + " || :"),
                HasSubstr(one.text));
}

TEST_F(git_clone, never_touches_what_was_there) {
  b.output("s", "mkdir full empty; echo mine >full/mine; ln -s full link; echo file >file");
  for (const std::string name : {"full", "link", "file"}) {
    expect_failure(clone(world.source(), name), "GIT_OPERATION_FAILED",
                   "fatal: destination path '" + name + "' already exists and is not an empty directory.",
                   "directory_exists");
  }
  EXPECT_EQ(read_text(daemon.workspace() / "full/mine"), "mine\n");
  EXPECT_EQ(clone(world.root() + "/none", "empty").body.value("code", ""), "GIT_OPERATION_FAILED");
  EXPECT_TRUE(fs::is_directory(in_workspace("empty")));
  EXPECT_EQ(clone(world.source(), "empty", {{"branch", "none"}}).body.value("code", ""),
            "GIT_OPERATION_FAILED");
  EXPECT_TRUE(fs::is_empty(in_workspace("empty")));
  EXPECT_EQ(clone(world.source(), "empty").status, 200);
}

TEST_F(git_clone, with_depth_is_shallow) {
  for (const auto& [name, url] :
       {std::pair{"file", "file://" + world.source()}, std::pair{"path", world.source()},
        std::pair{"http", world.http() + "/open/src.git"}}) {
    const auto answer = clone(url, name, {{"depth", 1}});
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.body["branch"], "main");
    EXPECT_FALSE(answer.body.contains("notice"));
    EXPECT_EQ(git(name, "rev-list --count HEAD"), "1\n");
    EXPECT_EQ(git("..", "-C " + world.source() + " rev-list --count main"), "2\n");
    EXPECT_FALSE(fs::exists(daemon.workspace() / name / ".git/hooks/pre-commit.sample"));
  }
  const auto missing = clone("file://" + world.source(), "x", {{"depth", 1}, {"branch", "none"}});
  expect_failure(missing, "GIT_OPERATION_FAILED", "fatal: Remote branch none not found in upstream origin",
                 "git");
  EXPECT_FALSE(fs::exists(in_workspace("x")));
}

TEST_F(git_clone, with_depth_is_whole_where_there_is_no_git_and_says_so) {
  b.output("s", "export PATH=/nowhere");
  const auto answer = clone(world.source(), "one", {{"depth", 1}});
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(answer.body.value("notice", ""), HasSubstr("no git program"));
  expect_whole("one", "main");
  EXPECT_EQ(git("one", "rev-list --count HEAD"), "2\n");
}

TEST_F(git_clone, with_credentials_shows_them_nowhere) {
  const auto http = world.http();
  const auto with = [&](const std::string& userinfo) {
    auto url = http;
    return url.insert(url.find("//") + 2, userinfo + "@") + "/private/src.git";
  };
  const auto good = with(std::string("me:") + password);
  for (const json& more : {json::object(), json{{"depth", 1}}}) {
    const auto name = "good" + std::to_string(more.size());
    const auto answer = clone(good, name, more);
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_THAT(answer.body.dump(), Not(HasSubstr(password)));
    EXPECT_THAT(answer.body.value("repoUrl", ""), HasSubstr("http://******@127.0.0.1"));
    EXPECT_EQ(git(name, "remote get-url origin"), good + "\n") << "as git keeps it, to fetch again";
  }
  for (const json& more : {json::object(), json{{"depth", 1}}}) {
    const auto wrong = clone(with("me:wrong-word"), "x", more);
    EXPECT_THAT(wrong.body.dump(), HasSubstr("Authentication failed for")) << wrong.body;
    EXPECT_THAT(wrong.body.dump(), Not(HasSubstr("wrong-word")));
  }
  EXPECT_THAT(clone(with("me"), "x").body.dump(), HasSubstr("could not read Password for"));
}

/// The command lines and environments of everything below the test, while a clone hangs.
TEST_F(git_clone, with_credentials_shows_them_in_no_command_line) {
  auto url = world.http() + "/hang/src.git";
  url.insert(url.find("//") + 2, std::string("me:") + password + "@");
  for (const json& more : {json{{"depth", 1}}, json::object()}) {
    auto events = stream(url, "x", more);
    const bool by_git = more.contains("depth");
    ASSERT_TRUE(eventually(
        [&] { return !processes_with(by_git ? "git-remote-http" : "sandboxd-git-worker").empty(); }));
    for (const auto& process : processes_below())
      EXPECT_THAT(process.command_line, Not(HasSubstr(password)));
    // Nor in the environment, once the helper has read it.
    for (const auto& helper : processes_with("sandboxd-git-worker")) {
      const auto path = "/proc/" + std::to_string(helper.pid) + "/environ";
      EXPECT_TRUE(eventually([&] { return read_proc_file(path).find(password) == std::string::npos; }));
    }
    events.leave();
    EXPECT_TRUE(eventually([] { return !helper_runs(); }));
  }
}

class git_clone_with_a_log : public git_clone {
protected:
  git_clone_with_a_log() : git_clone(config::log_level::debug) {}
};

TEST_F(git_clone_with_a_log, finds_no_credentials_there) {
  const auto path = world.root() + "/log";
  const auto url = world.http();
  const auto file = open_to_append(path);
  std::string last;
  int number = 0;
  {
    const redirected_standard_error log(file);
    for (const std::string word : {password, "wrong-word"})
      for (const json& more : {json::object(), json{{"depth", 1}}, json{{"timeoutMs", 1}}})
        clone("http://me:" + word + "@" + url.substr(std::string("http://").size()) + "/private/src.git",
              "directory" + std::to_string(++number), more);
    a.create("the-end");
    EXPECT_TRUE(eventually([&] {
      last = read_text(path);
      return last.find("/api/session/create") != std::string::npos;
    }));
  }
  ::close(file);
  EXPECT_THAT(last, HasSubstr("/api/git/checkout"));
  EXPECT_THAT(last, HasSubstr("checkout")) << "debug lines of the actors, too";
  EXPECT_THAT(last, Not(HasSubstr("wrong-word")));
  EXPECT_THAT(last, Not(HasSubstr(password)));
}

TEST_F(git_clone, follows_a_redirect) {
  ASSERT_EQ(clone(world.http() + "/moved/src.git", "moved").status, 200);
  expect_whole("moved", "main");
}

TEST_F(git_clone, that_takes_too_long_is_ended_and_cleaned_up) {
  const auto url = world.http() + "/hang/src.git";
  for (const json& more : {json::object(), json{{"depth", 1}}}) {
    json options = more;
    options["timeoutMs"] = 700;
    const auto answer = clone(url, "late", options);
    EXPECT_EQ(answer.status, 502) << answer.body;
    EXPECT_EQ(answer.body["code"], "GIT_NETWORK_ERROR");
    EXPECT_EQ(answer.body["message"], "Git clone timed out after 1 seconds for '" + url + "'");
    EXPECT_EQ(answer.body["context"]["stderr"], "Operation timed out");
    EXPECT_EQ(answer.body["context"]["exitCode"], 124);
    EXPECT_FALSE(helper_runs()) << "answered before it was gone";
    EXPECT_TRUE(processes_with("git-remote-http").empty());
    EXPECT_FALSE(fs::exists(in_workspace("late")));
  }
  EXPECT_EQ(b.output("s", "echo the session lives"), "the session lives");
  EXPECT_EQ(clone(url, "late", {{"timeoutMs", 700}}, "__DISABLE_SESSION__").status, 502);
  EXPECT_FALSE(helper_runs());
  EXPECT_FALSE(fs::exists(in_workspace("late")));
}

TEST_F(git_clone, is_called_off_by_a_client_that_leaves) {
  const auto url = world.http() + "/hang/src.git";
  for (const bool abruptly : {true, false}) {
    raw_client client(daemon.port());
    client.send(request_text("POST", "/api/git/checkout", body(url, "left"), "X-Sandbox-Id: tests\r\n"));
    ASSERT_TRUE(eventually([&] { return helper_runs() && fs::exists(in_workspace("left")); }));
    abruptly ? client.reset() : client.close();
    EXPECT_TRUE(eventually([] { return !helper_runs(); }));
    EXPECT_TRUE(eventually([&] { return !fs::exists(in_workspace("left")); }));
  }
  auto events = stream(url, "left");
  ASSERT_TRUE(eventually([&] { return helper_runs() && fs::exists(in_workspace("left")); }));
  events.leave();
  EXPECT_TRUE(eventually([] { return !helper_runs(); }));
  EXPECT_TRUE(eventually([&] { return !fs::exists(in_workspace("left")); }));
}

TEST_F(git_clone, ends_with_its_session) {
  auto events = stream(world.http() + "/hang/src.git", "x");
  ASSERT_TRUE(eventually([] { return helper_runs(); }));
  ASSERT_EQ(b.remove("s").status, 200);
  const auto last = events.rest();
  ASSERT_FALSE(last.empty());
  EXPECT_EQ(last.back()["type"], "error");
  EXPECT_EQ(last.back()["code"], "SESSION_DESTROYED");
  EXPECT_TRUE(eventually([] { return !helper_runs(); }));
}

TEST_F(git_clone, waits_no_longer_than_its_time_for_a_busy_session) {
  sdk_client other(daemon.port(), generation::b);
  other.begin("s", ": > busy; until [ -e go ]; do sleep 0.01; done; rm busy");
  ASSERT_TRUE(eventually([&] { return fs::exists(in_workspace("busy")); })); // else the clone may come first
  const auto answer = clone(world.source(), "late", {{"timeoutMs", 300}});
  EXPECT_EQ(answer.body["code"], "GIT_NETWORK_ERROR") << answer.body;
  std::ofstream(in_workspace("go")) << "go";
  EXPECT_EQ(other.answer().status, 200);
  // It may have begun when its time was over already, and is called off then.
  EXPECT_TRUE(eventually([&] { return b.output("s", "ls") == "go" && !helper_runs(); }));
}

TEST_F(git_clone, is_refused_beyond_the_bound) {
  const auto url = world.http() + "/hang/src.git";
  auto first = stream(url, "x");
  auto second = stream(url, "y");
  EXPECT_EQ(clone(world.source(), "z").body.value("code", ""), "RESOURCE_BUSY");
  first.leave();
  EXPECT_TRUE(eventually([&] { return clone(world.source(), "z").status == 200; }));
  second.leave();
}

TEST_F(git_clone, streams_its_progress) {
  for (const json& more : {json::object(), json{{"depth", 1}}}) {
    auto events = stream(world.http() + "/open/src.git", "s" + std::to_string(more.size()), more).rest();
    ASSERT_GE(events.size(), 2u);
    const auto last = events.back();
    events.pop_back();
    EXPECT_EQ(last["type"], "complete") << last;
    EXPECT_EQ(last["branch"], "main");
    bool received = false;
    for (const auto& event : events) {
      EXPECT_EQ(event["type"], "progress") << event;
      received = received || (event["phase"] == "receiving" && event["done"] == event["total"]);
    }
    EXPECT_TRUE(received);
  }
  const auto failed = stream(world.root() + "/none", "x").rest();
  ASSERT_EQ(failed.size(), 1u);
  EXPECT_EQ(failed[0]["type"], "error");
  EXPECT_EQ(failed[0]["code"], "GIT_OPERATION_FAILED");
}

/// Each attack first works against a plain `git clone`.
class git_attack : public git_clone {
protected:
  [[nodiscard]] std::string mark() const { return world.root() + "/mark"; }
  /// Whether the mark is there; removes it.
  [[nodiscard]] bool marked() const { return fs::remove(mark()); }
  /// A program that makes the mark.
  [[nodiscard]] std::string marking_program() const {
    auto path = world.root() + "/program";
    std::ofstream(path) << "#!/bin/sh\ntouch " << mark() << '\n';
    fs::permissions(path, fs::perms::owner_all);
    return path;
  }
};

TEST_F(git_attack, by_a_remote_helper_runs_nothing) {
  const auto url = "ext::sh -c touch% " + mark();
  shell("git -c protocol.ext.allow=always clone \"" + url + "\" " + world.root() + "/x || :");
  ASSERT_TRUE(marked());
  b.output("s", "git config --global protocol.ext.allow always");
  for (const json& more : {json::object(), json{{"depth", 1}}}) {
    const auto answer = clone(url, "x", more);
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.body["code"], "INVALID_GIT_URL");
  }
  EXPECT_FALSE(marked());
}

TEST_F(git_attack, by_a_rewritten_url_runs_nothing) {
  b.output("s",
           "git config --global protocol.ext.allow always; git config --global \"url.ext::sh -c touch% " +
               mark() + " .insteadOf\" http://rewritten/");
  shell("HOME=" + world.home() + " GIT_CONFIG_GLOBAL=" + world.home() +
        "/.gitconfig git clone http://rewritten/x " + world.root() + "/x || :");
  ASSERT_TRUE(marked());
  for (const json& more : {json::object(), json{{"depth", 1}}}) {
    const auto answer = clone("http://rewritten/x", "x", more);
    EXPECT_EQ(answer.body["code"], "GIT_OPERATION_FAILED") << answer.body;
    EXPECT_FALSE(fs::exists(in_workspace("x")));
  }
  EXPECT_FALSE(marked());
}

TEST_F(git_attack, by_options_runs_nothing) {
  const auto option = "--upload-pack=" + marking_program();
  const auto url = "file://" + world.source();
  shell("cd " + world.root() + " && git clone " + option + " " + url + " || :");
  ASSERT_TRUE(marked());
  for (const json& more : {json::object(), json{{"depth", 1}}}) {
    json with_branch = more;
    with_branch["branch"] = option;
    EXPECT_NE(clone(option, url, more).status, 200)
        << "were the first an option, the second would be the URL";
    EXPECT_NE(clone(url, "x", with_branch).status, 200);
  }
  EXPECT_FALSE(marked());
}

TEST_F(git_attack, by_a_directory_that_begins_with_a_dash_runs_nothing) {
  const auto url = "file://" + world.source();
  for (const std::string option : {"--upload-pack=", "-u"}) {
    const auto directory = option + marking_program();
    shell("cd " + world.root() + " && git clone " + url + " " + directory + " || :");
    ASSERT_TRUE(marked());
    for (const json& more : {json::object(), json{{"depth", 1}}}) {
      const auto answer = clone(url, directory, more);
      ASSERT_EQ(answer.status, 200) << "a directory may be called so" << answer.body;
      expect_whole(directory, "main");
      fs::remove_all(in_workspace(directory));
    }
    EXPECT_FALSE(marked());
  }
}

TEST_F(git_attack, by_hooks_of_a_template_runs_nothing) {
  shell("mkdir -p " + world.root() + "/template/hooks && printf \"%s\\n\" \"#!/bin/sh\" \"touch " + mark() +
        "\" >" + world.root() + "/template/hooks/post-checkout && chmod +x " + world.root() +
        "/template/hooks/post-checkout");
  const auto environment = "HOME=" + world.home() + " GIT_TEMPLATE_DIR=" + world.root() + "/template ";
  shell(environment + "git clone " + world.source() + " " + world.root() + "/x");
  ASSERT_TRUE(marked());
  b.output("s", "git config --global init.templateDir " + world.root() +
                    "/template; git config --global core.hooksPath " + world.root() +
                    "/template/hooks; export GIT_TEMPLATE_DIR=" + world.root() + "/template");
  ASSERT_EQ(clone(world.source(), "one").status, 200);
  ASSERT_EQ(clone("file://" + world.source(), "two", {{"depth", 1}}).status, 200);
  EXPECT_FALSE(marked());
}

TEST_F(git_attack, by_submodules_clones_none) {
  shell("cd " + world.root() + " && git -c protocol.file.allow=always -C work submodule --quiet add " +
        world.source() +
        " sub && git -C work commit -qm sub && git clone -q --bare work repositories/outer.git");
  const auto outer = "file://" + world.root() + "/repositories/outer.git";
  shell("cd " + world.root() +
        " && git -c protocol.file.allow=always -c submodule.recurse=true clone --recurse-submodules " +
        outer + " x");
  ASSERT_TRUE(fs::exists(world.root() + "/x/sub/a.txt"));
  b.output("s", "git config --global submodule.recurse true; git config --global protocol.file.allow always");
  for (const json& more : {json::object(), json{{"depth", 1}}}) {
    const auto name = "outer" + std::to_string(more.size());
    ASSERT_EQ(clone(outer, name, more).status, 200);
    EXPECT_TRUE(fs::is_empty(in_workspace(name + "/sub")));
  }
}

/// Dialect A: every failure of git is a 200 with git's exit code and text.
class git_clone_in_a : public git_clone {
protected:
  void SetUp() override { ASSERT_EQ(a.create("s").status, 200); }

  json_answer clone_in_a(const std::string& url, const json& more = json::object()) {
    json body{{"branch", "main"}, {"repoUrl", url}, {"sessionId", "s"}};
    body.update(more);
    return a.post("/api/git/checkout", body);
  }
};

TEST_F(git_clone_in_a, answers_in_its_words) {
  const auto http = world.http();
  const auto good = clone_in_a(http + "/open/src.git");
  ASSERT_EQ(good.status, 200) << good.body;
  EXPECT_EQ(good.body["success"], true);
  EXPECT_EQ(good.body["exitCode"], 0);
  EXPECT_EQ(good.body["stdout"], "");
  EXPECT_EQ(good.body["branch"], "main");
  const std::string directory = good.body["targetDir"];
  EXPECT_THAT(directory, ::testing::MatchesRegex("repo_[0-9]+_[0-9a-f]+"));
  EXPECT_EQ(good.body["stderr"], "Cloning into '" + directory + "'...\n");
  expect_whole(directory, "main");

  const auto failed = clone_in_a(http + "/open/src.git", {{"branch", "none"}, {"targetDir", "x"}});
  ASSERT_EQ(failed.status, 200) << failed.body;
  EXPECT_EQ(failed.body["success"], false);
  EXPECT_EQ(failed.body["exitCode"], 128);
  EXPECT_EQ(failed.body["stderr"],
            "Cloning into 'x'...\nfatal: Remote branch none not found in upstream origin\n");
}

TEST_F(git_clone_in_a, knows_which_sessions_there_are) {
  const auto answer = clone_in_a(world.http() + "/open/src.git", {{"sessionId", "nobody"}});
  EXPECT_EQ(answer.status, 500) << answer.body;
  EXPECT_EQ(answer.body["error"], "Failed to checkout repository");
  EXPECT_EQ(answer.body["message"], "Session 'nobody' not found");
}

} // namespace
} // namespace sandboxd::testing
