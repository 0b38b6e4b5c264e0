#include "tests/inspector/inspector_fixture.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

/// What the inspector of a real daemon shows.
namespace sandboxd::testing {
namespace {

using ::testing::Contains;
using ::testing::Eq;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;

class inspector_view : public inspected_daemon {
protected:
  static std::vector<std::string> paths_in(const json& actors) {
    std::vector<std::string> paths;
    for (const auto& one : actors)
      paths.push_back(one.at("path"));
    return paths;
  }
};

TEST_F(inspector_view, lists_the_actors_of_a_session_below_its_supervisor) {
  const auto tree = daemon.tree_of("s");
  const auto listed = get("/inspector/api/actors?under=" + tree);
  EXPECT_EQ(listed.at("total"), 4);
  EXPECT_EQ(paths_in(listed.at("actors")),
            (std::vector<std::string>{tree, tree + "/init", tree + "/session", tree + "/shell"}));
  const auto& supervisor = listed.at("actors")[0].at("supervisor");
  EXPECT_EQ(supervisor.at("strategy"), "rest_for_one");
  EXPECT_EQ(supervisor.at("intensity"), 10);
  EXPECT_EQ(supervisor.at("left"), 10);
}

TEST_F(inspector_view, finds_actors_by_their_words_and_a_page_at_a_time) {
  const auto found = get("/inspector/api/actors?search=workload/FILES/worker&limit=2");
  EXPECT_EQ(found.at("total"), 4);
  ASSERT_EQ(found.at("actors").size(), 2u);
  const std::string last = found.at("actors")[1].at("path");
  const auto rest = get("/inspector/api/actors?search=workload/files/worker&after=" + last);
  EXPECT_EQ(rest.at("actors").size(), 2u);
  EXPECT_EQ(rest.at("actors")[0].at("path"), "/root/sandbox/workload/files/worker-3");
  EXPECT_EQ(get("/inspector/api/actors?kind=launcher").at("total"), 1);
}

TEST_F(inspector_view, shows_the_processes_of_a_background_process_until_its_end) {
  const auto started = b.post("/api/process/start", {{"command", "sleep 4712; exit"}, {"sessionId", "s"}});
  ASSERT_EQ(started.status, 200);
  json shown;
  EXPECT_TRUE(eventually([&] {
    const auto all = get("/inspector/api/actors?kind=process");
    shown = all.at("total") == 1 ? actor(all.at("actors").at(0).at("path")) : json::object();
    return shown.dump().find("\"sleep 4712\"") != std::string::npos; // of a process, not of the command
  }));
  const auto& processes = shown.at("processes");
  ASSERT_GE(processes.size(), 2u) << shown;
  EXPECT_EQ(processes.at(0).at("pid"), shown.at("pid"));
  EXPECT_EQ(processes.at(1).at("parent"), shown.at("pid"));
  EXPECT_EQ(b.request("DELETE", "/api/process/kill-all").status, 200);
  EXPECT_TRUE(eventually([&] { return get("/inspector/api/actors?kind=process").at("total") == 0; }));
}

TEST_F(inspector_view, shows_the_command_that_a_session_runs) {
  b.begin("s", "sleep 4711");
  json details;
  EXPECT_TRUE(eventually([&] {
    details = actor(of_session("session")).at("details");
    return details.contains("command");
  }));
  EXPECT_EQ(details.at("id"), "s");
  EXPECT_EQ(details.at("command"), "sleep 4711");
  EXPECT_THAT(details.at("since").get<std::string>(), HasSubstr("T"));
  const auto shell = actor(of_session("shell"));
  ASSERT_GE(shell.at("processes").size(), 1u);
  EXPECT_TRUE(eventually([&] {
    const auto processes = actor(of_session("shell")).at("processes");
    return processes.size() == 2 && processes[1].at("command") == "sleep 4711";
  }));
  b = sdk_client(daemon.port(), generation::b); // leaves
}

TEST_F(inspector_view, tells_the_directory_in_which_a_shell_is) {
  b.output("s", "cd /usr/share");
  EXPECT_EQ(actor(of_session("shell")).at("processes")[0].at("directory"), "/usr/share");
}

TEST_F(inspector_view, streams_all_actors_and_then_what_changes) {
  event_stream events(daemon.inspector_port(),
                      request_text("GET", "/inspector/api/actors/stream?interval=100", nullptr));
  std::vector<std::string> all;
  for (bool complete = false; !complete;) {
    const auto event = events.next();
    ASSERT_TRUE(event);
    for (auto& path : paths_in(event->at("actors")))
      all.push_back(std::move(path));
    complete = event->at("complete");
  }
  EXPECT_THAT(all, IsSupersetOf({of_session("shell"), of_session("session"), std::string("/root")}));
  const auto gone = of_session("shell");
  b.create("t");
  bool came = false;
  while (!came) {
    const auto event = events.next();
    ASSERT_TRUE(event);
    const auto tree = daemon.tree_of("t");
    for (const auto& path : paths_in(event->at("actors")))
      came = came || path == tree + "/shell";
    EXPECT_THAT(paths_in(event->at("actors")), Not(Contains(gone))) << "which has done nothing";
  }
  b.remove("s");
  bool left = false;
  while (!left) {
    const auto event = events.next();
    ASSERT_TRUE(event);
    for (const auto& path : event->at("gone"))
      left = left || path == gone;
  }
}

TEST_F(inspector_view, shows_the_journal_and_what_is_added_to_it) {
  const auto path = of_session("shell");
  const auto past = get("/inspector/api/journal?path=" + path);
  ASSERT_EQ(past.at("events").size(), 1u);
  EXPECT_EQ(past.at("events")[0].at("kind"), "started");
  event_stream events(
      daemon.inspector_port(),
      request_text("GET", "/inspector/api/journal/stream?after=" + past.at("newest").dump() + "&path=" + path,
                   nullptr));
  const auto killed = daemon.kill_process_of(path);
  const auto end = events.next();
  ASSERT_TRUE(end);
  EXPECT_EQ(end->at("type"), "journal");
  EXPECT_EQ(end->at("event").at("kind"), "exited");
  EXPECT_EQ(end->at("event").at("path"), path);
  EXPECT_THAT(end->at("event").at("text").get<std::string>(), Eq("shutdown: bash ended with 137"));
  const auto start = events.next();
  ASSERT_TRUE(start);
  EXPECT_EQ(start->at("event").at("kind"), "started");
  EXPECT_TRUE(eventually([&] { return actor(path).value("pid", killed) != killed; }));
  EXPECT_EQ(actor(path).at("restarts"), 1);
}

TEST_F(inspector_view, gives_the_newest_events_or_those_after_a_number) {
  const auto newest = get("/inspector/api/journal?limit=1");
  ASSERT_EQ(newest.at("events").size(), 1u);
  EXPECT_EQ(newest.at("events")[0].at("sequence"), newest.at("newest"));
  const auto first = get("/inspector/api/journal?limit=2&after=0");
  EXPECT_EQ(first.at("events")[0].at("sequence"), 1);
  EXPECT_EQ(first.at("last"), 2);
}

TEST_F(inspector_view, sums_up_the_daemon) {
  const auto all = get("/inspector/api/overview");
  EXPECT_EQ(all.at("pid"), ::getpid());
  EXPECT_GT(all.at("rssBytes"), 1'000'000);
  EXPECT_EQ(all.at("pools").size(), 3u);
  std::vector<json> sessions;
  for (const auto& kind : all.at("kinds"))
    if (kind.at("kind") == "session")
      sessions.push_back(kind);
  ASSERT_EQ(sessions.size(), 1u);
  EXPECT_EQ(sessions[0].at("actors"), 1);
}

TEST_F(inspector_view, has_figures_for_prometheus) {
  raw_client client(daemon.inspector_port());
  client.send("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto answered = client.read_reply();
  EXPECT_EQ(answered.status, 200);
  EXPECT_EQ(answered.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_THAT(answered.body, HasSubstr("\nsandboxd_actors{kind=\"session\"} 1\n"));
  EXPECT_THAT(answered.body, HasSubstr("\nsandboxd_http_requests_total{status=\"200\"} 1\n"));
  EXPECT_THAT(answered.body, HasSubstr("\nsandboxd_executors{language=\"python\",state=\"idle\"} "));
}

TEST_F(inspector_view, names_what_is_wrong_with_a_request) {
  for (const auto& [path, status] : {std::pair{"/inspector/api/actor?path=/nobody", 404},
                                     {"/inspector/api/actor", 400},
                                     {"/inspector/api/actors?limit=0", 400},
                                     {"/inspector/api/actors/stream?interval=5", 400},
                                     {"/inspector/api/journal?after=-1", 400},
                                     {"/inspector/api/nothing", 404},
                                     {"/api/ping", 404}})
    EXPECT_EQ(inspector.request("GET", path).status, status) << path;
}

} // namespace
} // namespace sandboxd::testing
