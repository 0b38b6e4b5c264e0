#include "tests/process/watched_files.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <exception>
#include <string>
#include <thread>

/// Watches through the whole daemon (HTTP.md 10).
namespace sandboxd::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;

TEST_F(watched_files, are_told_of_as_they_change) {
  auto stream =
      begun({{"path", "."}, {"events", {"create", "modify", "delete", "move_from", "move_to", "attrib"}}});
  run("echo a >f");
  EXPECT_THAT(events_until(*stream, "modify f"), ElementsAre("create f", "modify f"));
  run("mv f g");
  EXPECT_THAT(events_until(*stream, "move_to g"), ElementsAre("move_from f", "move_to g"));
  run("chmod 600 g");
  EXPECT_THAT(events_until(*stream, "attrib g"), ElementsAre("attrib g"));
  run("mv g /tmp/sandboxd-watch-test && mv /tmp/sandboxd-watch-test h && rm h");
  EXPECT_THAT(events_until(*stream, "delete h"), IsSupersetOf({"move_from g", "delete h"}));
  run("mkdir -p a/b/c; echo x >a/b/c/f");
  EXPECT_THAT(events_until(*stream, "create a/b/c/f"),
              IsSupersetOf({"create a/", "create a/b/", "create a/b/c/", "create a/b/c/f"}));
}

TEST_F(watched_files, look_written_by_the_client_when_it_writes) {
  auto stream = begun({{"path", "."}});
  const auto write = [&](const std::string& path, const std::string& content) {
    EXPECT_EQ(b.post("/api/write", {{"path", path}, {"content", content}, {"sessionId", "s"}}).status, 200);
  };
  write("f", "one");
  EXPECT_THAT(events_until(*stream, "modify f"), ElementsAre("create f", "modify f"));
  write("f", "two");
  EXPECT_THAT(events_until(*stream, "modify f"), ElementsAre("modify f"));
  const std::string before = check(".").body["version"];
  write("g", "three");
  const auto after = check(".", before);
  EXPECT_EQ(after.body["status"], "changed");
  const auto cursor = [](const std::string& version) {
    return std::stoi(version.substr(version.rfind(':') + 1));
  };
  EXPECT_EQ(cursor(after.body["version"]), cursor(before) + 2) << "create and modify";
}

TEST_F(watched_files, are_chosen_by_patterns) {
  run("mkdir -p node_modules src");
  auto plain = begun({{"path", "."}});
  auto typescript = begun({{"path", "."}, {"include", {"*.ts"}}});
  auto flat = begun({{"path", "."}, {"recursive", false}});
  run("touch node_modules/a.ts src/b.ts src/c.js; touch last last.ts");
  EXPECT_THAT(events_until(*plain, "create last"),
              ElementsAre("create src/b.ts", "create src/c.js", "create last"));
  EXPECT_THAT(events_until(*typescript, "create last.ts"),
              ElementsAre("create node_modules/a.ts", "create src/b.ts", "create last.ts"));
  EXPECT_THAT(events_until(*flat, "create last"), ElementsAre("create last"));
}

TEST_F(watched_files, do_not_lie_outside_of_the_workspace) {
  run("ln -s /etc out; ln -s /etc/passwd file; mkdir real; ln -s real alias; echo x >real/f");
  for (const auto* path : {"out", "file", "out/ssl"}) {
    const auto refused = watch({{"path", path}}).refusal();
    ASSERT_TRUE(refused) << path;
    EXPECT_EQ(refused->status, 403);
    EXPECT_EQ(refused->body["code"], "PERMISSION_DENIED");
    EXPECT_EQ(refused->body["context"]["workspaceRoot"], daemon.workspace().string());
    EXPECT_THAT(refused->body["context"]["resolvedPath"], HasSubstr("/etc"));
    EXPECT_EQ(check(path).status, 403);
  }
  auto stream = begun({{"path", "alias"}});
  run("touch real/g");
  EXPECT_THAT(events_until(*stream, "create alias/g"), ElementsAre("create alias/g"));
  const auto missing = watch({{"path", "none"}}).refusal();
  ASSERT_TRUE(missing);
  EXPECT_EQ(missing->status, 404);
  EXPECT_EQ(missing->body["code"], "FILE_NOT_FOUND");
  EXPECT_EQ(missing->body["message"], "Path does not exist: " + in("none"));
}

TEST_F(watched_files, are_watched_once_for_all_who_ask_the_same) {
  std::string one, two, three;
  auto first = begun({{"path", "."}}, &one);
  auto second = begun(
      {{"path", daemon.workspace().string()}, {"exclude", {"node_modules", ".DS_Store", ".git"}}}, &two);
  auto third = begun({{"path", "."}, {"recursive", false}}, &three);
  EXPECT_EQ(one, two);
  EXPECT_NE(one, three);
  EXPECT_EQ(watches(), 2u);
  run("touch f");
  for (const auto* stream : {&first, &second, &third})
    EXPECT_THAT(events_until(**stream, "create f"), ElementsAre("create f"));
}

TEST_F(watched_files, cost_nothing_when_nobody_looks_any_more) {
  run("mkdir -p a/b c");
  const auto before = settled(count_descriptors);
  {
    auto one = begun({{"path", "."}});
    auto two = begun({{"path", "."}});
    auto three = begun({{"path", "a"}});
    EXPECT_GT(count_descriptors(), before + 6); // with the streams themselves, of both sides
    one->leave();
    two->leave();
    three->leave();
  }
  EXPECT_TRUE(eventually([&] { return watches() == 0; }));
  EXPECT_TRUE(eventually([&] { return count_descriptors() <= before; }))
      << count_descriptors() << " " << before;
}

TEST_F(watched_files, end_the_watch_with_their_directory) {
  run("mkdir -p d/e");
  auto stream = begun({{"path", "d"}});
  auto inside = begun({{"path", "d/e"}});
  run("cd d/e && rm -r ../../d; cd /");
  EXPECT_THAT(events_until(*inside, ""), ElementsAre(HasSubstr("The watched path was deleted")));
  EXPECT_THAT(events_until(*stream, ""), ElementsAre("delete d/e/", HasSubstr("stopped")));
  EXPECT_FALSE(stream->next());
  EXPECT_EQ(watch({{"path", "d"}}).refusal()->status, 404);
}

TEST_F(watched_files, end_the_watch_with_the_daemon) {
  auto stream = begun({{"path", "."}});
  daemon.stop();
  const auto last = stream->next();
  ASSERT_TRUE(last);
  EXPECT_EQ(*last, (json{{"type", "stopped"}, {"reason", "The sandbox is shutting down"}}));
  EXPECT_FALSE(stream->next());
}

TEST_F(watched_files, are_compared_by_versions) {
  const auto first = check(".");
  ASSERT_EQ(first.status, 200) << first.body;
  EXPECT_EQ(first.body["status"], "unchanged");
  const std::string version = first.body["version"];
  EXPECT_THAT(version, ::testing::MatchesRegex("watch-[0-9]+-[0-9]+:0"));
  EXPECT_EQ(check(".", version).body["status"], "unchanged");
  run("echo x >f");
  const auto changed = check(".", version);
  EXPECT_EQ(changed.body["status"], "changed");
  EXPECT_EQ(check(".", changed.body["version"]).body["status"], "unchanged");
  std::string streamed;
  auto stream = begun({{"path", "."}}, &streamed);
  EXPECT_TRUE(version.starts_with(streamed + ":")) << "the same watch";
  const auto ahead = check(".", streamed + ":1000000");
  EXPECT_EQ(ahead.status, 400);
  EXPECT_EQ(ahead.body["context"]["currentVersion"], changed.body["version"]);
  EXPECT_EQ(check(".", "watch-1-1:3").body["reason"], "restarted");
  run("mkdir other");
  const auto expired = check("other", "watch-1-1:3").body;
  EXPECT_EQ(expired["status"], "resync");
  EXPECT_EQ(expired["reason"], "expired");
  EXPECT_EQ(check("none").status, 404);
  EXPECT_EQ(check(".", "nonsense").status, 400);
}

class bounded_watches : public watched_files {
protected:
  bounded_watches()
      : watched_files([](config::settings& settings) {
          settings.watch.max_watches = 2;
          settings.watch.max_subscribers = 3;
          settings.watch.max_directories = 4;
          settings.http.stream_window_bytes = 64 << 10;
          settings.http.socket_send_buffer_bytes = 16 << 10;
        }) {}
};

TEST_F(bounded_watches, refuse_what_is_too_much) {
  run("mkdir a b c");
  auto one = begun({{"path", "a"}});
  auto two = begun({{"path", "b"}});
  auto refused = watch({{"path", "c"}}).refusal();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 409);
  EXPECT_EQ(refused->body["message"], "There are too many watches");
  auto three = begun({{"path", "a"}});
  refused = watch({{"path", "a"}}).refusal();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->body["message"], "Too many clients watch for changes");
  three->leave();
  two->leave();
  EXPECT_TRUE(eventually([&] { return watches() == 1; }));
  run("mkdir -p c/1/2/3/4");
  refused = watch({{"path", "c"}}).refusal();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->body["code"], "WATCH_START_ERROR");
  EXPECT_THAT(refused->body["message"], HasSubstr("more than 4 directories"));
}

/// One who does not read costs the others nothing, and gets on when it reads.
TEST_F(bounded_watches, are_not_held_up_by_who_does_not_read) {
  auto slow = watch({{"path", "."}}, 4096);
  auto quick = begun({{"path", "."}});
  for (int round = 0; round < 8; ++round) {
    run("for i in {1..600}; do : >name-that-is-rather-long-to-fill-the-buffers-of-the-kernel-" +
        std::to_string(round) + "-$i; done");
    const auto last =
        "create name-that-is-rather-long-to-fill-the-buffers-of-the-kernel-" + std::to_string(round) + "-600";
    EXPECT_EQ(events_until(*quick, last).back(), last);
  }
  std::atomic<bool> caught_up = false;
  std::thread reading([&] {
    try {
      while (const auto event = slow.next())
        if (event->value("path", "").find("/last-") != std::string::npos)
          break;
      caught_up = true;
    } catch (const std::exception&) { // NOLINT(bugprone-empty-catch): it has not caught up
    }
  });
  int number = 0;
  EXPECT_TRUE(eventually([&] {
    run("touch last-" + std::to_string(++number));
    return caught_up.load();
  }));
  reading.join();
}

} // namespace
} // namespace sandboxd::testing
