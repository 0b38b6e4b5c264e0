#include "tests/inspector/inspector_fixture.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// What the inspector of a real daemon tells of requests.
namespace sandboxd::testing {
namespace {

using ::testing::HasSubstr;

class inspector_trace : public inspected_daemon {
protected:
  inspector_trace() : inspected_daemon([](config::settings& s) { s.inspector.traces_kept = 3; }) {}

  /// A request with an id of its own, and the header traceparent.
  void execute(const std::string& id, const std::string& command, const std::string& parent = "none") {
    const auto headers = "X-Sandbox-Id: tests\r\nX-Request-Id: " + id + "\r\ntraceparent: " + parent + "\r\n";
    b.send(request_text("POST", "/api/execute", b.command_body("s", command, json::object()), headers));
    EXPECT_EQ(b.answer().status, 200);
    EXPECT_TRUE(eventually([&] { // the client has the answer before the server has noted that
      const auto ended = get("/inspector/api/requests?search=" + id).at("ended");
      return ended.size() > 0 && ended.at(0).at("requestId") == id;
    }));
  }

  static const json* span(const json& trace, std::string_view name) {
    const auto& spans = trace.at("spans");
    const auto found = std::ranges::find_if(spans, [&](const auto& one) { return one.at("name") == name; });
    return found == spans.end() ? nullptr : &*found;
  }
};

TEST_F(inspector_trace, leads_from_the_request_to_its_session_and_shell) {
  execute("night-1", "exit_with() { return $1; }; exit_with 7");
  const auto trace = get("/inspector/api/trace?id=night-1");
  EXPECT_EQ(trace.at("method"), "POST");
  EXPECT_EQ(trace.at("path"), "/api/execute");
  EXPECT_EQ(trace.at("status"), 200);
  EXPECT_EQ(trace.at("outcome"), "complete");
  const auto* command = span(trace, "command");
  ASSERT_TRUE(command) << trace;
  EXPECT_EQ(command->at("text"), "exited with 7");
  EXPECT_EQ(command->at("pid"), actor(of_session("shell")).at("pid"));
  EXPECT_GE(command->at("durationMicroseconds"), 0);
  ASSERT_TRUE(span(trace, "run_command")) << trace;
  for (const auto* part : {"session", "shell"}) {
    const auto of_actor = get("/inspector/api/requests?actor=" + of_session(part));
    EXPECT_EQ(of_actor.at("ended").at(0).at("requestId"), "night-1") << part;
  }
}

TEST_F(inspector_trace, tells_who_was_started_for_a_request) {
  EXPECT_EQ(b.execute("s", ":").status, 200); // its session is there
  const auto headers = "X-Sandbox-Id: tests\r\nX-Request-Id: begin\r\n";
  const json order{{"command", "sleep 1000"}, {"sessionId", "s"}, {"processId", "p"}};
  b.send(request_text("POST", "/api/process/start", order, headers));
  EXPECT_EQ(b.answer().status, 200);
  const auto trace = get("/inspector/api/trace?id=begin");
  const auto* start = span(trace, "start");
  ASSERT_TRUE(start) << trace;
  EXPECT_THAT(start->at("path").get<std::string>(), HasSubstr("/root/sandbox/workload/processes/"));
  const auto* command = span(trace, "command");
  ASSERT_TRUE(command) << trace;
  EXPECT_FALSE(command->contains("durationMicroseconds")) << "it is under way";
}

TEST_F(inspector_trace, tells_what_a_request_waits_for) {
  raw_client before(daemon.port());
  raw_client behind(daemon.port());
  EXPECT_EQ(b.execute("s", ":").status, 200);
  before.send(request_text("POST", "/api/execute", b.command_body("s", "sleep 1000", json::object()),
                           "X-Sandbox-Id: tests\r\nX-Request-Id: stuck\r\n"));
  EXPECT_TRUE(eventually([&] {
    const auto found = inspector.request("GET", "/inspector/api/trace?id=stuck");
    return found.status == 200 && span(found.body, "command") != nullptr;
  }));
  behind.send(request_text("POST", "/api/execute", b.command_body("s", ":", json::object()),
                           "X-Sandbox-Id: tests\r\nX-Request-Id: behind\r\n"));
  EXPECT_TRUE(eventually([&] {
    const auto found = inspector.request("GET", "/inspector/api/trace?id=behind");
    const auto* wait = found.status == 200 ? span(found.body, "wait") : nullptr;
    return wait != nullptr && !wait->contains("durationMicroseconds") &&
           wait->at("path") == of_session("shell");
  }));
}

TEST_F(inspector_trace, tells_apart_the_requests_of_one_trace) {
  const std::string parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  execute("first", ":", parent);
  execute("second", ":", parent);
  const auto first = get("/inspector/api/trace?id=first");
  const auto second = get("/inspector/api/trace?id=0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(second.at("requestId"), "second") << "the newest of the trace";
  EXPECT_EQ(first.at("traceId"), second.at("traceId"));
  EXPECT_NE(first.at("spanId"), second.at("spanId"));
  const auto id = first.at("spanId").get<std::string>();
  EXPECT_EQ(get("/inspector/api/trace?id=" + id).at("requestId"), "first");
  const auto exported = get("/inspector/api/trace?id=" + id + "&format=otlp");
  const auto& spans = exported.at("resourceSpans").at(0).at("scopeSpans").at(0).at("spans");
  EXPECT_EQ(spans.at(0).at("spanId"), id);
}

TEST_F(inspector_trace, cuts_none_of_several_that_could_be_meant) {
  std::vector<std::unique_ptr<raw_client>> clients;
  for (const auto* session : {"s", "t"}) {
    clients.push_back(std::make_unique<raw_client>(daemon.port()));
    clients.back()->send(request_text("POST", "/api/execute",
                                      b.command_body(session, "sleep 1000", json::object()),
                                      "X-Sandbox-Id: tests\r\nX-Request-Id: twin\r\n"));
  }
  json open;
  ASSERT_TRUE(eventually([&] {
    open = get("/inspector/api/requests?search=twin").at("open");
    return open.size() == 2;
  }));
  const auto refused = inspector.post("/inspector/api/request/cut", {{"id", "twin"}});
  EXPECT_EQ(refused.status, 409);
  for (const auto& one : open)
    EXPECT_THAT(refused.body.dump(), HasSubstr(one.at("spanId").get<std::string>()));
  EXPECT_EQ(inspector.post("/inspector/api/request/cut", {{"id", open.at(0).at("spanId")}}).status, 202);
  EXPECT_TRUE(eventually([&] {
    open = get("/inspector/api/requests?search=twin").at("open");
    return open.size() == 1;
  }));
  EXPECT_EQ(inspector.post("/inspector/api/request/cut", {{"id", "twin"}}).status, 202);
}

TEST_F(inspector_trace, tells_who_takes_nothing_and_cuts_it) {
  // More than the kernel's buffers hold, and nobody reads it.
  const auto headers = "X-Sandbox-Id: tests\r\nX-Request-Id: slow\r\n";
  const auto body = b.command_body("s", "exec cat /dev/zero | tr '\\0' x", json::object());
  raw_client follower(daemon.port(), 4096);
  follower.send(request_text("POST", "/api/execute/stream", body, headers));
  const auto stalls = [&] {
    const auto all = get("/inspector/api/requests?search=slow");
    return all.at("open").size() == 1 && all.at("open").at(0).contains("clientStallsMicroseconds");
  };
  EXPECT_TRUE(eventually(stalls));
  EXPECT_TRUE(eventually(
      [&] { return get("/inspector/api/overview").dump().find("slow-client") != std::string::npos; }));
  EXPECT_EQ(inspector.post("/inspector/api/request/cut", {{"id", "slow"}}).status, 202);
  EXPECT_TRUE(eventually([&] { return get("/inspector/api/trace?id=slow").value("outcome", "") == "cut"; }));
  EXPECT_EQ(inspector.post("/inspector/api/request/cut", {{"id", "slow"}}).status, 409);
  EXPECT_EQ(inspector.post("/inspector/api/request/cut", {{"id", "nobody"}}).status, 404);
  EXPECT_EQ(inspector.post("/inspector/api/request/cut", json::object()).status, 400);
  EXPECT_EQ(b.execute("s", "kill %% 2>/dev/null; :").status, 200) << "its session goes on";
}

TEST_F(inspector_trace, keeps_those_of_the_last_requests) {
  for (const std::string id : {"one", "two", "three", "four"})
    execute(id, ":");
  const auto all = get("/inspector/api/requests");
  ASSERT_EQ(all.at("ended").size(), 3u);
  EXPECT_EQ(all.at("ended").at(0).at("requestId"), "four");
  EXPECT_EQ(all.at("ended").at(2).at("requestId"), "two");
  const auto gone = inspector.request("GET", "/inspector/api/trace?id=one");
  EXPECT_EQ(gone.status, 404);
  EXPECT_THAT(gone.body.dump(), HasSubstr("inspector.traces-kept"));
  EXPECT_EQ(inspector.request("GET", "/inspector/api/trace").status, 400);
  EXPECT_EQ(inspector.request("GET", "/inspector/api/trace?id=two&format=x").status, 400);
}

TEST_F(inspector_trace, belongs_to_the_trace_of_its_client_and_can_be_exported) {
  execute("joined", ":", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  const auto exported = get("/inspector/api/trace?id=0af7651916cd43dd8448eb211c80319c&format=otlp");
  const auto& spans = exported.at("resourceSpans").at(0).at("scopeSpans").at(0).at("spans");
  ASSERT_GE(spans.size(), 2u);
  const auto& request = spans.at(0);
  EXPECT_EQ(request.at("traceId"), "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(request.at("parentSpanId"), "b7ad6b7169203331");
  EXPECT_EQ(request.at("name"), "POST /api/execute");
  EXPECT_EQ(request.at("kind"), 2);
  EXPECT_EQ(spans.at(1).at("parentSpanId"), request.at("spanId"));
  EXPECT_LE(request.at("startTimeUnixNano").get<std::string>(),
            request.at("endTimeUnixNano").get<std::string>());
}

} // namespace
} // namespace sandboxd::testing
