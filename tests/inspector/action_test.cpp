#include "tests/inspector/inspector_fixture.hpp"

#include <gmock/gmock.h>

#include <string>

/// What people do to a real daemon by its inspector.
namespace sandboxd::testing {
namespace {

using ::testing::HasSubstr;

class inspector_action : public inspected_daemon {
protected:
  inspector_action()
      : inspected_daemon([](config::settings& s) {
          s.interpreter.javascript.min_size = 2;
          s.interpreter.python = {}; // as shipped
          s.interpreter.python_program = "/nowhere/python3";
        }) {}

  int status_of(const std::string& what, const json& body) {
    return inspector.post("/inspector/api/" + what, body).status;
  }

  json pool(const std::string& language) {
    const auto all = get("/inspector/api/overview");
    for (const auto& one : all.at("pools"))
      if (one.at("language") == language)
        return one;
    return {};
  }

  json setting(const std::string& name) {
    const auto all = get("/inspector/api/settings");
    for (const auto& one : all.at("settings"))
      if (one.at("name") == name)
        return one;
    return {};
  }
};

TEST_F(inspector_action, restarts_a_shell_and_its_session_goes_on) {
  b.output("s", "lost=1");
  const auto before = b.output("s", "echo $$");
  EXPECT_EQ(status_of("actor/restart", {{"path", of_session("shell")}}), 202);
  EXPECT_TRUE(eventually([&] { return actor(of_session("shell")).at("restarts") == 1; }));
  EXPECT_TRUE(eventually([&] { return b.execute("s", "true").status == 200; })) << "the loss is told once";
  EXPECT_NE(b.output("s", "echo $$"), before);
  const auto events = get("/inspector/api/journal?path=" + of_session("shell")).dump();
  EXPECT_THAT(events, HasSubstr("by the inspector: restart"));
  EXPECT_THAT(events, HasSubstr("its restart was asked for"));
}

TEST_F(inspector_action, stops_a_session) {
  const auto tree = daemon.tree_of("s");
  EXPECT_EQ(status_of("actor/stop", {{"path", tree}}), 202);
  EXPECT_TRUE(eventually([&] { return daemon.actors().record(tree) == nullptr; }));
}

TEST_F(inspector_action, signals_a_process_and_all_below_it) {
  b.begin("s", "sleep 4711 | sleep 4712");
  EXPECT_TRUE(eventually([&] { return actor(of_session("shell")).at("processes").size() == 3; }));
  const auto sent =
      inspector.post("/inspector/api/actor/signal", {{"path", of_session("shell")}, {"signal", "SIGINT"}});
  EXPECT_EQ(sent.body.at("processes"), 3);
  EXPECT_EQ(b.answer().body.at("exitCode"), 130);
}

TEST_F(inspector_action, opens_and_closes_a_circuit) {
  EXPECT_EQ(status_of("breaker", {{"name", "javascript"}, {"action", "trip"}}), 202);
  EXPECT_TRUE(eventually([&] { return pool("javascript").at("circuit") == "open"; }));
  EXPECT_EQ(b.post("/api/contexts", {{"language", "javascript"}}).status, 503);
  EXPECT_EQ(status_of("breaker", {{"name", "javascript"}, {"action", "reset"}}), 202);
  EXPECT_TRUE(eventually([&] { return pool("javascript").at("circuit") == "closed"; }));
}

TEST_F(inspector_action, changes_the_size_of_a_pool_and_says_what_a_restart_makes_of_it) {
  const std::string name = "interpreter.javascript-pool-min-size";
  const auto changed = inspector.post("/inspector/api/settings", {{"name", name}, {"value", "4"}});
  EXPECT_EQ(changed.status, 200) << changed.body;
  EXPECT_EQ(changed.body.at("value"), "4");
  EXPECT_EQ(changed.body.at("configured"), "2");
  EXPECT_EQ(changed.body.at("origin"), "inspector");
  EXPECT_TRUE(eventually([&] { return pool("javascript").at("idle") == 4; }));
  EXPECT_EQ(setting(name), changed.body);
}

/// At the start a default yields to what somebody has written; here nobody would see it.
TEST_F(inspector_action, changes_no_other_setting_besides) {
  const auto refused = inspector.post("/inspector/api/settings",
                                      {{"name", "interpreter.python-pool-max-size"}, {"value", "1"}});
  EXPECT_EQ(refused.status, 400);
  EXPECT_THAT(refused.body.dump(), HasSubstr("interpreter.python-pool-min-size"));
  EXPECT_EQ(pool("python").at("minimum"), 3);
}

TEST_F(inspector_action, refuses_settings_that_are_wrong_or_not_live) {
  for (const auto& [name, value] : {std::pair{"log.level", "loud"},
                                    {"http.port", "1"},
                                    {"no.such", "1"},
                                    {"interpreter.javascript-pool-max-size", "1"}})
    EXPECT_EQ(status_of("settings", {{"name", name}, {"value", value}}), 400) << name;
  EXPECT_EQ(setting("interpreter.javascript-pool-max-size").at("origin"), "default");
}

TEST_F(inspector_action, refuses_what_cannot_be_done) {
  EXPECT_EQ(status_of("actor/restart", {{"path", "/nobody"}}), 404);
  EXPECT_EQ(status_of("actor/restart", {{"path", "/root"}}), 409);
  EXPECT_EQ(status_of("actor/restart", {{"path", 7}}), 400);
  EXPECT_EQ(status_of("actor/restart", json::array()), 400);
  EXPECT_EQ(status_of("actor/signal", {{"path", of_session("session")}, {"signal", "KILL"}}), 400);
  EXPECT_EQ(status_of("actor/signal", {{"path", "/root/inspector"}, {"signal", "SIGKILL"}}), 409);
  EXPECT_EQ(status_of("breaker", {{"name", "cobol"}, {"action", "trip"}}), 400);
  EXPECT_EQ(status_of("breaker", {{"name", "python"}, {"action", "break"}}), 400);
  EXPECT_EQ(status_of("drain", {{"milliseconds", -1}}), 400);
  EXPECT_TRUE(eventually([&] { return pool("javascript").at("idle") == 2; }));
  const auto executors = get("/inspector/api/actors?kind=executor&limit=1").at("actors");
  ASSERT_EQ(executors.size(), 1u);
  EXPECT_EQ(status_of("actor/restart", {{"path", executors[0].at("path")}}), 409) << "is started once";
}

TEST_F(inspector_action, drains_the_daemon_when_nothing_is_under_way_any_more) {
  b.begin("s", "sleep 0.5; echo whole");
  EXPECT_TRUE(eventually([&] { return actor(of_session("session")).at("details").contains("command"); }));
  EXPECT_EQ(status_of("drain", {{"milliseconds", 20'000}}), 202);
  EXPECT_TRUE(eventually([&] {
    try {
      raw_client refused(daemon.port());
      return false;
    } catch (const std::exception&) {
      return true;
    }
  })) << "nobody else comes in";
  EXPECT_EQ(b.answer().body.at("stdout"), "whole");
  EXPECT_EQ(daemon.wait_for_end(), 0) << "the connection is idle, and was closed";
}

} // namespace
} // namespace sandboxd::testing
