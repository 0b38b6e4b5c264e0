#pragma once

#include "tests/process/daemon_fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace sandboxd::testing {

/// A daemon with a session "s", in whose workspace files are watched (HTTP.md 10).
class watched_files : public daemon_test {
protected:
  explicit watched_files(const test_daemon::adjustment& adjust = {}) : daemon_test(adjust) {}

  void SetUp() override { ASSERT_EQ(b.create("s").status, 200); }

  event_stream watch(json body, int receive_buffer = 0) {
    return {daemon.port(), request_text("POST", "/api/watch", body, "X-Sandbox-Id: tests\r\n"),
            receive_buffer};
  }
  /// A stream on which everything is watched, and its id.
  std::unique_ptr<event_stream> begun(const json& body, std::string* id = nullptr) {
    std::unique_ptr<event_stream> stream(new event_stream(watch(body)));
    const auto first = stream->next();
    EXPECT_TRUE(first && first->at("type") == "watching")
        << (stream->refusal() ? stream->refusal()->body : json());
    if (first && id != nullptr)
      *id = first->at("watchId");
    return stream;
  }
  json_answer check(const std::string& path, const json& since = nullptr) {
    json body{{"path", path}};
    if (!since.is_null())
      body["since"] = since;
    return b.post("/api/watch/check", body);
  }
  std::string in(const std::string& path) const { return (daemon.workspace() / path).string(); }

  /// "create name" of events up to the one that is `last`; ends with what came instead when the stream ends.
  std::vector<std::string> events_until(event_stream& stream, const std::string& last) {
    std::vector<std::string> told;
    do {
      const auto event = stream.next();
      if (!event) {
        told.emplace_back("end");
        break;
      }
      if (event->at("type") != "event") {
        told.push_back(event->dump());
        break;
      }
      auto path = event->at("path").get<std::string>();
      EXPECT_TRUE(path.starts_with(in("").substr(0, in("").size() - 1))) << path;
      path = path.substr(std::min(path.size(), in("").size()));
      told.push_back(event->at("eventType").get<std::string>() + ' ' + path +
                     (event->at("isDirectory") == true ? "/" : ""));
    } while (told.back() != last);
    return told;
  }
  void run(const std::string& command) { EXPECT_EQ(b.execute("s", command).body["exitCode"], 0) << command; }
  std::size_t watches() const {
    std::size_t count = 0;
    for (const auto& one : daemon.actors().snapshot())
      count += one.kind == "watch" ? 1 : 0;
    return count;
  }
};

} // namespace sandboxd::testing
