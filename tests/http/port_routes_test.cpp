#include "tests/http/fakes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string>
#include <utility>
#include <vector>

namespace sandboxd::http {
namespace {

using nlohmann::json;
using testing::bench;
using testing::events_of;
using testing::fixed_timestamp;
using ::testing::HasSubstr;
using testing::json_of;

class port_routes : public ::testing::Test {
protected:
  json answer(std::string method, std::string path, std::string body = {}) {
    const auto got = server.ask(std::move(method), std::move(path), std::move(body));
    status = got->sent.at(0).status;
    return json_of(*got);
  }

  bench server;
  int status = 0;
};

// HTTP.md 8.1, and the union answers of 2.4.
TEST_F(port_routes, expose_a_port_in_both_dialects) {
  const json wanted{{"success", true},
                    {"port", 8080},
                    {"name", "web"},
                    {"url", "http://localhost:8080"},
                    {"exposedAt", fixed_timestamp},
                    {"timestamp", fixed_timestamp}};
  EXPECT_EQ(answer("POST", "/api/expose-port", R"({"port":8080,"name":"web"})"), wanted);
  EXPECT_EQ(answer("POST", "/api/expose-port", R"({"port":8080,"name":"web"})"), wanted); // A: again
  EXPECT_EQ(status, 200);
  const auto refused = answer("POST", "/api/expose-port", R"({"port":8080,"sessionId":"s"})"); // B: not
  EXPECT_EQ(status, 409);
  EXPECT_EQ(refused["code"], "PORT_ALREADY_EXPOSED");
  EXPECT_EQ(refused["context"], json({{"port", 8080}, {"portName", "web"}}));
  EXPECT_EQ(refused["suggestion"], "Port 8080 is already exposed. Unexpose it first or use a different port");
}

TEST_F(port_routes, list_what_both_dialects_read) {
  EXPECT_EQ(
      answer("GET", "/api/exposed-ports"),
      json({{"success", true}, {"ports", json::array()}, {"count", 0}, {"timestamp", fixed_timestamp}}));
  answer("POST", "/api/expose-port", R"({"port":8080,"name":"web"})");
  answer("POST", "/api/expose-port", R"({"port":80})");
  const auto listed = answer("GET", "/api/exposed-ports?session=s");
  EXPECT_EQ(listed["count"], 2);
  EXPECT_EQ(listed["ports"][0], json({{"port", 80},
                                      {"url", "http://localhost:80"},
                                      {"exposedAt", fixed_timestamp},
                                      {"status", "active"}}));
  EXPECT_EQ(listed["ports"][1]["name"], "web");
}

TEST_F(port_routes, take_a_port_out_in_both_dialects) {
  for (const auto& [path, body] : std::vector<std::pair<const char*, const char*>>{
           {"/api/unexpose-port", R"({"port":8080})"}, {"/api/exposed-ports/8080?session=s", ""}}) {
    answer("POST", "/api/expose-port", R"({"port":8080})");
    EXPECT_EQ(answer("DELETE", path, body),
              json({{"success", true}, {"port", 8080}, {"timestamp", fixed_timestamp}}));
    const auto again = answer("DELETE", path, body);
    EXPECT_EQ(status, 404);
    EXPECT_EQ(again["code"], "PORT_NOT_EXPOSED");
    EXPECT_EQ(again["context"], json({{"port", 8080}}));
    EXPECT_EQ(again["error"], "Port is not exposed");
  }
}

TEST_F(port_routes, refuse_what_is_no_port_in_the_words_of_a) {
  for (const char* port : {"null", "0", "\"80\"", "true"}) {
    const auto refused = answer("POST", "/api/expose-port", std::string(R"({"port":)") + port + "}");
    EXPECT_EQ(status, 400) << port;
    EXPECT_EQ(refused["error"], "Port is required and must be a number") << port;
  }
  for (const char* port : {"-1", "65536", "80.5", "18446744073709551615", "1e300"}) {
    const auto refused = answer("POST", "/api/expose-port", std::string(R"({"port":)") + port + "}");
    EXPECT_EQ(status, 400) << port;
    EXPECT_EQ(refused["error"], "Port must be between 1 and 65535") << port;
  }
}

TEST_F(port_routes, refuse_what_is_no_port_in_the_words_of_b) {
  for (const char* port : {"null", "0", "-1", "65536", "80.5", "\"80\"", "18446744073709551615", "[1]"}) {
    const auto refused =
        answer("POST", "/api/expose-port", std::string(R"({"sessionId":"s","port":)") + port + "}");
    EXPECT_EQ(status, 400) << port;
    EXPECT_EQ(refused["code"], "INVALID_PORT_NUMBER") << port;
    EXPECT_EQ(refused["context"]["port"], json::parse(port)) << port;
    EXPECT_TRUE(refused["context"]["reason"].is_string());
  }
  for (const char* port : {"0", "x", "65536", "80x", "%20"}) {
    EXPECT_EQ(answer("DELETE", std::string("/api/exposed-ports/") + port)["code"], "INVALID_PORT_NUMBER");
    EXPECT_EQ(status, 400);
  }
}

TEST_F(port_routes, check_a_service_once) {
  server.ports->answer = {true, 204, ""};
  EXPECT_EQ(answer("POST", "/api/port-check", R"({"port":8080,"mode":"http","path":"/up","statusMin":200,
      "statusMax":204})"),
            json({{"ready", true}, {"statusCode", 204}}));
  const auto& asked = server.ports->checked.at(0);
  EXPECT_EQ(asked.port, 8080);
  EXPECT_EQ(asked.mode, ports::probe_mode::http);
  EXPECT_EQ(asked.path, "/up");
  EXPECT_EQ(asked.least_status, 200);
  EXPECT_EQ(asked.greatest_status, 204);
  server.ports->answer = {false, std::nullopt, "Connection refused"};
  EXPECT_EQ(answer("POST", "/api/port-check", R"({"port":8080,"mode":"tcp"})"),
            json({{"ready", false}, {"error", "Connection refused"}}));
  EXPECT_EQ(server.ports->checked.at(1).mode, ports::probe_mode::tcp);
}

// HTTP.md 8.3, its defaults and bounds.
TEST_F(port_routes, watch_with_the_defaults_of_the_protocol) {
  server.ask("POST", "/api/port-watch", R"({"port":8080,"mode":"http"})");
  const auto& plain = server.ports->watched.at(0);
  EXPECT_EQ(plain.probe.path, "/");
  EXPECT_EQ(plain.probe.least_status, 200);
  EXPECT_EQ(plain.probe.greatest_status, 399);
  EXPECT_EQ(plain.interval, std::chrono::milliseconds(500));
  EXPECT_EQ(plain.process, std::nullopt);
  for (const auto& [given, used] : std::vector<std::pair<int, int>>{{1, 100}, {250, 250}, {60'000, 10'000}}) {
    server.ask("POST", "/api/port-watch",
               R"({"port":1,"mode":"tcp","processId":"p","interval":)" + std::to_string(given) + "}");
    EXPECT_EQ(server.ports->watched.back().interval, std::chrono::milliseconds(used));
    EXPECT_EQ(server.ports->watched.back().process, "p");
  }
}

TEST_F(port_routes, refuse_a_watch_that_could_never_end) {
  for (const auto& [body, field] : std::vector<std::pair<const char*, const char*>>{
           {R"({"mode":"tcp"})", "port"},
           {R"({"port":0,"mode":"tcp"})", "port"},
           {R"({"port":65536,"mode":"tcp"})", "port"},
           {R"({"port":80,"mode":"udp"})", "mode"},
           {R"({"port":80,"mode":7})", "mode"},
           {R"({"port":80,"path":7})", "path"},
           {R"({"port":80,"statusMin":99})", "statusMin"},
           {R"({"port":80,"statusMax":600})", "statusMax"},
           {R"({"port":80,"statusMin":300,"statusMax":200})", "statusMin"},
           {R"({"port":80,"processId":7})", "processId"},
           {R"({"port":80,"interval":-1})", "interval"}}) {
    for (const char* path : {"/api/port-watch", "/api/port-check"}) {
      const auto refused = answer("POST", path, body);
      EXPECT_EQ(status, 400) << body;
      if (field == std::string("port")) {
        EXPECT_EQ(refused["code"], "INVALID_PORT") << body;
        EXPECT_THAT(refused["suggestion"].get<std::string>(), HasSubstr("Port must be between 1 and 65535"));
        continue;
      }
      EXPECT_EQ(refused["code"], "VALIDATION_FAILED") << body;
      EXPECT_EQ(refused["context"]["validationErrors"][0]["field"], field) << body;
    }
  }
}

TEST_F(port_routes, tell_of_a_watch_by_events) {
  const std::vector<std::pair<actors::result_of<actors::port_watch_result>, const char*>> endings{
      {actors::port_watch_result{true, 200, std::nullopt},
       R"({"type":"ready","port":8080,"statusCode":200})"},
      {actors::port_watch_result{true, std::nullopt, std::nullopt}, R"({"type":"ready","port":8080})"},
      {actors::port_watch_result{false, std::nullopt, 3},
       R"({"type":"process_exited","port":8080,"exitCode":3})"},
      {actors::port_watch_result{}, R"({"type":"process_exited","port":8080})"},
      {actors::failure{actors::error_code::process_not_found, "Process not found"},
       R"({"type":"error","port":8080,"error":"Process not found"})"}};
  for (const auto& [ending, event] : endings) {
    const auto got = server.ask("POST", "/api/port-watch", R"({"port":8080,"mode":"http"})");
    const auto stream = got->opened;
    EXPECT_EQ(events_of(*stream), std::vector<json>({json::parse(R"({"type":"watching","port":8080})")}));
    EXPECT_FALSE(stream->finished);
    server.ports->watcher.deliver(ending);
    EXPECT_EQ(events_of(*stream).at(1), json::parse(event));
    EXPECT_EQ(events_of(*stream).size(), 2u);
    EXPECT_TRUE(stream->finished);
  }
}

TEST_F(port_routes, watch_no_longer_than_the_client_stays) {
  const auto got = server.ask("POST", "/api/port-watch", R"({"port":8080,"mode":"tcp"})");
  EXPECT_FALSE(server.ports->interest.expired());
  got->opened->close();
  EXPECT_TRUE(server.ports->interest.expired());
}

} // namespace
} // namespace sandboxd::http
