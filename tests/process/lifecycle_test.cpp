#include "tests/process/daemon_fixture.hpp"

#include <iterator>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

/// Making, listing and ending sessions, and what of the machine they see (HTTP.md 4.1, 4.2, 4.4).
namespace sandboxd::testing {
namespace {

class session_lifecycle : public daemon_test {
protected:
  /// A session that runs a command and waits for it, its client still waiting for the answer.
  void start_waiting(sdk_client& client, const std::string& session) {
    const auto flag = daemon.workspace() / ("running-" + session);
    client.begin(session, "touch " + flag.string() + "; sleep 4711");
    ASSERT_TRUE(eventually([&] { return exists(flag); }));
  }
};

TEST_F(session_lifecycle, creation_answers_the_union_of_both_dialects) {
  for (auto* sdk : {&a, &b}) {
    const auto made = sdk->create(sdk == &a ? "sa" : "sb");
    const std::string id = sdk == &a ? "sa" : "sb";
    EXPECT_EQ(made.status, 200);
    EXPECT_EQ(made.body.at("success"), true);
    EXPECT_EQ(made.body.at("id"), id);
    EXPECT_EQ(made.body.at("message"), "Session '" + id + "' created with isolation");
    EXPECT_EQ(made.body.at("data").at("id"), id);
    EXPECT_EQ(made.body.at("containerPlacementId"), nullptr);
  }
}

TEST_F(session_lifecycle, an_existing_session_is_reused_in_a_and_refused_in_b) {
  a.create("s");
  a.output("s", "kept=1");
  EXPECT_EQ(a.create("s").status, 200);
  EXPECT_EQ(a.output("s", "echo $kept"), "1\n");
  const auto refused = b.create("s");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(refused.body.at("code"), "SESSION_ALREADY_EXISTS");
  EXPECT_EQ(refused.body.at("message"), "Session 's' already exists");
  EXPECT_EQ(refused.body.at("context"), json({{"sessionId", "s"}, {"containerPlacementId", nullptr}}));
  EXPECT_EQ(b.output("s", "echo $kept"), "1");
}

TEST_F(session_lifecycle, an_unknown_session_is_made_in_b_and_not_found_in_a) {
  EXPECT_EQ(b.output("fresh", "pwd"), daemon.workspace().string());
  const auto missing = a.execute("missing", "pwd");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.body.at("error"), "Session 'missing' not found");
  EXPECT_EQ(missing.body.at("availableSessions"), json({"fresh"}));
}

TEST_F(session_lifecycle, the_default_session_of_a_is_made_on_demand) {
  EXPECT_EQ(a.output("sandbox-default", "pwd"), daemon.workspace().string() + "\n");
}

TEST_F(session_lifecycle, a_request_of_b_without_session_uses_the_default_one) {
  b.output("default", "kept=1");
  const auto answered = b.post("/api/execute", {{"command", "echo $kept"}});
  EXPECT_EQ(answered.body.at("stdout"), "1");
  EXPECT_FALSE(answered.body.contains("sessionId"));
}

TEST_F(session_lifecycle, sessions_are_listed) {
  b.create("one");
  b.create("two");
  auto listed = b.request("GET", "/api/session/list");
  EXPECT_EQ(listed.body.at("sessions"), json({"one", "two"}));
  EXPECT_EQ(listed.body.at("count"), 2);
  b.remove("one");
  listed = b.request("GET", "/api/session/list");
  EXPECT_EQ(listed.body.at("data"), json({"two"}));
}

TEST_F(session_lifecycle, deleting_an_unknown_session_is_an_error) {
  const auto answered = b.remove("missing");
  EXPECT_EQ(answered.status, 500);
  EXPECT_EQ(answered.body.at("code"), "INTERNAL_ERROR");
  EXPECT_EQ(answered.body.at("message"), "Session 'missing' not found");
}

TEST_F(session_lifecycle, deletion_ends_a_running_command_with_session_destroyed) {
  start_waiting(b, "s");
  sdk_client other(daemon.port(), generation::b);
  const auto removed = other.remove("s");
  EXPECT_EQ(removed.status, 200);
  EXPECT_EQ(removed.body.at("sessionId"), "s");
  const auto answered = b.answer();
  EXPECT_EQ(answered.status, 410);
  EXPECT_EQ(answered.body.at("code"), "SESSION_DESTROYED");
  EXPECT_EQ(answered.body.at("context").at("sessionId"), "s");
  EXPECT_TRUE(eventually([] { return processes_with("sleep 4711").empty(); }));
  EXPECT_TRUE(eventually([] { return processes_below().size() == 1; })) << "only the spawner";
  EXPECT_TRUE(eventually([&] { return count_fifos(daemon.runtime_directory()) == 0; }));
}

TEST_F(session_lifecycle, deletion_fails_the_commands_that_wait) {
  start_waiting(b, "s");
  sdk_client waiting(daemon.port(), generation::b);
  waiting.begin("s", "touch never");
  const auto session = daemon.actors().record(daemon.tree_of("s") + "/session");
  ASSERT_TRUE(eventually([&] { return session->status().ends_with(", 1 waiting"); }));
  sdk_client other(daemon.port(), generation::b);
  other.remove("s");
  EXPECT_EQ(b.answer().body.at("code"), "SESSION_DESTROYED");
  EXPECT_EQ(waiting.answer().body.at("code"), "SESSION_DESTROYED");
  EXPECT_EQ(other.output("s", "ls never 2>/dev/null; echo fresh"), "fresh");
}

TEST_F(session_lifecycle, deletion_ends_processes_that_ignore_signals) {
  b.output("s", "trap '' TERM INT; bash -c 'trap \"\" TERM INT; while :; do sleep 4711; done' & true");
  ASSERT_TRUE(eventually([] { return !processes_with("sleep 4711").empty(); }));
  EXPECT_EQ(b.remove("s").status, 200);
  EXPECT_TRUE(eventually([] { return processes_below().size() == 1; })) << "only the spawner";
}

TEST_F(session_lifecycle, a_deleted_session_can_be_made_again_at_once) {
  for (int i = 0; i < 10; ++i) {
    b.output("s", "mine=1; sleep 4711 &");
    EXPECT_EQ(b.remove("s").status, 200);
    EXPECT_EQ(b.create("s").status, 200);
    EXPECT_EQ(b.output("s", "echo \"[${mine-}]\""), "[]");
    EXPECT_EQ(b.remove("s").status, 200);
  }
  EXPECT_TRUE(eventually([] { return processes_below().size() == 1; })) << "only the spawner";
}

TEST_F(session_lifecycle, files_outlive_their_session) {
  b.output("s", "echo text > file");
  b.remove("s");
  EXPECT_EQ(b.output("other", "cat file"), "text");
}

TEST_F(session_lifecycle, a_stream_of_a_deleted_session_gets_one_last_event) {
  for (const auto spoken : {generation::a, generation::b}) {
    sdk_client sdk(daemon.port(), spoken);
    sdk.create("s");
    auto stream = sdk.stream("s", "echo first; sleep 4711");
    ASSERT_EQ(stream.next()->at("type"), "start");
    ASSERT_EQ(stream.next()->at("data"), "first\n");
    b.remove("s");
    const auto events = stream.rest();
    ASSERT_EQ(events.size(), 1U);
    const std::string type = events[0].at("type");
    EXPECT_TRUE(type == "error" || type == "complete") << events[0];
    EXPECT_TRUE(eventually([] { return processes_with("sleep 4711").empty(); }));
  }
}

TEST_F(session_lifecycle, ids_may_hold_anything_that_can_be_typed) {
  for (const std::string id : {"with space", "../../etc", "ümlaut", "a/b", "quote'\"", "*"}) {
    EXPECT_EQ(b.create(id).status, 200) << id;
    EXPECT_EQ(b.output(id, "echo fine"), "fine") << id;
    EXPECT_EQ(b.remove(id).status, 200) << id;
  }
}

TEST_F(session_lifecycle, a_hundred_sessions_come_and_go_without_a_trace) {
  b.output("warm", "true");
  b.remove("warm");
  ASSERT_TRUE(eventually([] { return processes_below().size() == 1; }));
  const auto descriptors = settled(count_descriptors);
  for (int i = 0; i < 100; ++i)
    ASSERT_EQ(b.output("s" + std::to_string(i), "echo $$ > /dev/null; echo fine"), "fine");
  EXPECT_EQ(processes_below().size(), 1U + 2 * 100U) << "spawner, inits and shells";
  for (int i = 0; i < 100; ++i)
    ASSERT_EQ(b.remove("s" + std::to_string(i)).status, 200);
  EXPECT_TRUE(eventually([] { return processes_below().size() == 1; }));
  EXPECT_TRUE(eventually([&] { return count_descriptors() == descriptors; }))
      << count_descriptors() << " descriptors, before " << descriptors;
}

class isolation : public daemon_test {
protected:
  void SetUp() override {
    ASSERT_EQ(b.create("probe").status, 200);
    const auto init = daemon.actors().record(daemon.tree_of("probe") + "/init");
    if (init->status().find("not isolated") != std::string::npos)
      GTEST_SKIP() << "namespaces are not allowed here: " << init->status();
  }

  static std::vector<std::string> words(const std::string& text) {
    std::istringstream stream(text);
    return {std::istream_iterator<std::string>(stream), {}};
  }
};

TEST_F(isolation, a_session_sees_only_its_own_processes) {
  b.output("other", "sleep 4711 &");
  b.output("s", "sleep 4712 &");
  ASSERT_TRUE(eventually([] { return processes_with("sleep 471").size() == 2; }));
  const auto seen = b.output("s", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '");
  EXPECT_NE(seen.find("sleep 4712"), std::string::npos);
  EXPECT_EQ(seen.find("sleep 4711"), std::string::npos);
  // init, shell, sleep, and what lists them
  EXPECT_LE(words(b.output("s", "cd /proc; echo [0-9]*; cd")).size(), 4U);
}

TEST_F(isolation, the_first_process_of_a_session_is_its_init) {
  EXPECT_EQ(b.output("s", "cat /proc/1/comm"), "sandbox-init");
  EXPECT_EQ(b.output("s", "kill -9 1 2>/dev/null; echo $?; cat /proc/1/comm"), "0\nsandbox-init");
}

TEST_F(isolation, a_session_cannot_signal_another) {
  b.output("other", "kept=1");
  b.output("s", "kill -9 -1; true");
  EXPECT_EQ(b.output("other", "echo $kept"), "1");
  EXPECT_EQ(b.output("s", "echo next"), "next");
}

/// System V shared memory: what one that is not isolated makes, another such sees.
TEST_F(isolation, hides_what_neighbours_share_by_keys) {
  for (const char* open : {"open", "other-open"})
    ASSERT_EQ(b.create(open, {{"isolation", false}}).status, 200);
  const std::string look = "ipcs --shmems | grep -c '^0x'";
  const auto number = b.output("open", "ipcmk --shmem 4096 | grep -o '[0-9]*$'");
  EXPECT_GE(std::stoi(b.output("other-open", look)), 1);
  EXPECT_EQ(b.output("s", look), "0");
  b.output("open", "ipcrm --shmem-id " + number);
  b.output("s", "ipcmk --shmem 4096");
  EXPECT_EQ(b.output("s", look), "1");
  EXPECT_EQ(b.output("other", look), "0");
}

TEST_F(isolation, is_not_given_to_a_session_that_asks_for_none) {
  const auto made = a.create("open", {{"isolation", false}});
  EXPECT_EQ(made.body.at("message"), "Session 'open' created without isolation");
  const auto init = daemon.actors().record(daemon.tree_of("open") + "/init");
  EXPECT_NE(init->status().find("not isolated"), std::string::npos) << init->status();
  EXPECT_EQ(a.output("open", "[ -d /proc/" + std::to_string(::getpid()) + " ] && echo sees the daemon"),
            "sees the daemon\n");
  EXPECT_EQ(
      b.output("s", "[ -d /proc/" + std::to_string(::getpid()) + " ] && echo sees the daemon || echo no"),
      "no");
}

/// What an isolated session leaves to its namespace, the init of an open one must do itself.
class open_session : public daemon_test {
protected:
  open_session()
      : daemon_test([](config::settings& s) { s.isolation.level = config::isolation_level::none; }) {}
};

TEST_F(open_session, ends_everything_it_started) {
  b.output("s",
           "sleep 4711 & (setsid sleep 4712 &) ; bash -c 'trap \"\" TERM; while :; do sleep 4713; done' &");
  ASSERT_TRUE(eventually([] { return !processes_with("sleep 4713").empty(); }));
  EXPECT_EQ(b.execute("s", "sleep 4714", {{"timeoutMs", 200}}).body.at("httpStatus"), 500);
  EXPECT_EQ(b.output("s", "echo next"), "next");
  EXPECT_EQ(processes_with("sleep 4711").size() + processes_with("sleep 4712").size(), 2U);
  EXPECT_EQ(b.remove("s").status, 200);
  EXPECT_TRUE(eventually([] { return processes_below().size() == 1; })) << "only the spawner";
}

TEST_F(open_session, never_touches_another) {
  b.output("other", "sleep 4711 & kept=1");
  b.output("s", "sleep 4712 &");
  EXPECT_EQ(b.execute("s", "sleep 4713", {{"timeoutMs", 200}}).body.at("httpStatus"), 500);
  b.remove("s");
  EXPECT_TRUE(eventually([] { return processes_with("sleep 4712").empty(); }));
  EXPECT_EQ(processes_with("sleep 4711").size(), 1U);
  EXPECT_EQ(b.output("other", "echo $kept"), "1");
}

} // namespace
} // namespace sandboxd::testing
