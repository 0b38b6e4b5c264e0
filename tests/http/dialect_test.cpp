#include "http/dialect.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <optional>
#include <string>

namespace sandboxd::http {
namespace {

using nlohmann::ordered_json;

struct sample {
  const char* method;
  const char* target;
  const char* body; // null: no body was parsed
  header_list headers;
  dialect verdict;
  bool strong;
};

dialect_evidence look(const sample& s) {
  request sent;
  const std::string target = s.target;
  const std::size_t mark = target.find('?');
  sent.method = s.method;
  sent.path = target.substr(0, mark);
  sent.query = mark == std::string::npos ? "" : target.substr(mark + 1);
  sent.headers = s.headers;
  std::optional<ordered_json> body;
  if (s.body != nullptr)
    body = ordered_json::parse(s.body);
  return find_evidence(sent, body ? &*body : nullptr);
}

void check(const std::vector<sample>& samples) {
  for (const sample& s : samples) {
    const dialect_evidence found = look(s);
    EXPECT_EQ(found.verdict, s.verdict) << s.method << ' ' << s.target << ' ' << (s.body ? s.body : "");
    EXPECT_EQ(found.strong, s.strong) << s.method << ' ' << s.target << ' ' << (s.body ? s.body : "");
  }
}

const header_list sent_as_json{{"Content-Type", "application/json"}};
const header_list events{{"accept", "text/event-stream"}};

/// Every row of HTTP.md 2.2.
TEST(dialect, strong_evidence) {
  check({
      // any request
      {"GET", "/anything", nullptr, {{"x-sandbox-id", "s"}}, dialect::b, true},
      {"GET", "/anything", nullptr, {{"X-Session-Id", "s"}}, dialect::b, true},
      {"POST",
       "/api/process/start",
       R"({"sessionId":"__DISABLE_SESSION__","options":{}})",
       {},
       dialect::b,
       true},
      {"POST", "/api/write", R"({"sessionId":"__DISABLE_SESSION__"})", {}, dialect::b, true},
      {"GET", "/x?session=__DISABLE_SESSION__", nullptr, {}, dialect::b, true},
      {"GET", "/x?sessionId=%5F_DISABLE_SESSION__", nullptr, {}, dialect::b, true},
      // execute, execute/stream
      {"POST", "/api/execute", R"({"id":"s","command":"c"})", sent_as_json, dialect::a, true},
      {"POST", "/api/execute", R"({"command":"c","sessionId":"s"})", sent_as_json, dialect::b, true},
      {"POST", "/api/execute", R"({"command":"c","timeoutMs":1})", {}, dialect::b, true},
      {"POST", "/api/execute", R"({"command":"c","origin":"user"})", {}, dialect::b, true},
      {"POST", "/api/execute", R"({"command":"c","background":true})", {}, dialect::b, true},
      {"POST", "/api/execute", R"({"command":"c"})", sent_as_json, dialect::unknown, false},
      {"POST", "/api/execute", nullptr, sent_as_json, dialect::unknown, false},
      {"POST", "/api/execute/stream", R"({"id":"s","command":"c"})", {}, dialect::a, true},
      {"POST", "/api/execute/stream", R"({"command":"c","sessionId":"s"})", {}, dialect::b, true},
      {"POST", "/api/execute/stream", R"({"command":"c","timeoutMs":1})", {}, dialect::b, true},
      {"POST", "/api/execute/stream", R"({"command":"c","origin":"internal"})", {}, dialect::b, true},
      {"POST", "/api/execute/stream", R"({"command":"c","background":false})", {}, dialect::b, true},
      // session/create
      {"POST", "/api/session/create", R"({"id":"s","isolation":true})", {}, dialect::a, true},
      {"POST", "/api/session/create", R"({"id":"s","commandTimeoutMs":5})", {}, dialect::b, true},
      {"POST",
       "/api/session/create",
       R"({"id":"sandbox-x","env":{},"cwd":"/workspace"})",
       {},
       dialect::unknown,
       false},
      // process/start
      {"POST", "/api/process/start", R"({"command":"c","sessionId":"s","options":{}})", {}, dialect::a, true},
      {"POST", "/api/process/start", R"({"command":"c","sessionId":"s"})", {}, dialect::b, true},
      {"POST", "/api/process/start", nullptr, {}, dialect::unknown, false},
      // process/list, kill-all
      {"GET", "/api/process/list?session=s", nullptr, sent_as_json, dialect::a, true},
      {"GET", "/api/process/list", nullptr, {}, dialect::b, true},
      {"GET", "/api/process/list?other=1", nullptr, {}, dialect::unknown, false},
      {"DELETE", "/api/process/kill-all?session=s", nullptr, {}, dialect::a, true},
      {"DELETE", "/api/process/kill-all", nullptr, sent_as_json, dialect::b, true},
      {"DELETE", "/api/process/kill-all?x", nullptr, {}, dialect::unknown, false},
      // ports
      {"DELETE", "/api/unexpose-port", nullptr, {}, dialect::a, true},
      {"DELETE", "/api/exposed-ports/8080", nullptr, {}, dialect::b, true},
      {"GET", "/api/exposed-ports?session=s", nullptr, {}, dialect::b, true},
      {"GET", "/api/exposed-ports", nullptr, {}, dialect::a, true},
      {"POST", "/api/expose-port", R"({"port":1,"name":"n"})", {}, dialect::a, true},
      {"POST", "/api/expose-port", R"({"port":1,"sessionId":"s"})", {}, dialect::b, true},
      // what only B calls
      {"GET", "/api/version", nullptr, {}, dialect::b, true},
      {"GET", "/api/commands", nullptr, {}, dialect::b, true},
      {"GET", "/api/interpreter/health", nullptr, {}, dialect::b, true},
      {"POST", "/api/exists", nullptr, {}, dialect::b, true},
      {"POST", "/api/session/delete", nullptr, {}, dialect::b, true},
      {"POST", "/api/port-check", nullptr, {}, dialect::b, true},
      {"POST", "/api/port-watch", nullptr, {}, dialect::b, true},
      {"POST", "/api/watch", nullptr, {}, dialect::b, true},
      {"POST", "/api/watch/check", nullptr, {}, dialect::b, true},
      {"POST", "/api/backup/create", nullptr, {}, dialect::b, true},
      {"POST", "/api/desktop/start", nullptr, {}, dialect::b, true},
      // by Content-Type
      {"GET", "/api/process/p1", nullptr, sent_as_json, dialect::a, true},
      {"GET", "/api/process/p1", nullptr, {}, dialect::b, true},
      {"GET", "/api/process/p1/logs", nullptr, sent_as_json, dialect::a, true},
      {"GET", "/api/process/p1/logs", nullptr, {}, dialect::b, true},
      {"DELETE", "/api/process/p1", nullptr, sent_as_json, dialect::a, true},
      {"DELETE", "/api/process/p1", nullptr, {}, dialect::b, true},
      {"GET", "/api/ping", nullptr, sent_as_json, dialect::a, true},
      {"GET", "/api/ping", nullptr, {}, dialect::b, true},
      // by Accept
      {"GET", "/api/process/p1/stream", nullptr, events, dialect::a, true},
      {"GET", "/api/process/p1/stream", nullptr, sent_as_json, dialect::b, true},
      {"POST", "/api/execute/code", R"({"context_id":"c","code":"1"})", events, dialect::unknown, false},
      {"POST", "/api/execute/code", R"({"context_id":"c","code":"1"})", {}, dialect::b, true},
      // no evidence
      {"GET", "/", nullptr, {{"Host", "ping"}}, dialect::unknown, false},
      {"GET", "/api/session/list", nullptr, sent_as_json, dialect::unknown, false},
      {"POST", "/api/contexts", R"({"language":"python"})", sent_as_json, dialect::unknown, false},
  });
}

/// Every row of HTTP.md 2.3.
TEST(dialect, weak_evidence_by_the_order_of_the_keys) {
  check({
      {"POST",
       "/api/write",
       R"({"content":"c","encoding":"utf8","path":"p","sessionId":"s"})",
       {},
       dialect::a,
       false},
      {"POST", "/api/write", R"({"content":"c","path":"p","sessionId":"s"})", {}, dialect::a, false},
      {"POST",
       "/api/write",
       R"({"path":"p","content":"c","sessionId":"s","encoding":"utf8"})",
       {},
       dialect::b,
       false},
      {"POST", "/api/write", R"({"path":"p","content":"c","sessionId":"s"})", {}, dialect::b, false},
      {"POST", "/api/read", R"({"encoding":"utf8","path":"p","sessionId":"s"})", {}, dialect::a, false},
      {"POST", "/api/read", R"({"path":"p","sessionId":"s","encoding":"utf8"})", {}, dialect::b, false},
      {"POST", "/api/read", R"({"path":"p","sessionId":"s"})", {}, dialect::unknown, false},
      {"POST", "/api/mkdir", R"({"path":"p","recursive":true,"sessionId":"s"})", {}, dialect::a, false},
      {"POST", "/api/mkdir", R"({"path":"p","sessionId":"s","recursive":true})", {}, dialect::b, false},
      {"POST", "/api/mkdir", R"({"path":"p","sessionId":"s"})", {}, dialect::unknown, false},
      {"POST", "/api/rename", R"({"newPath":"n","oldPath":"o","sessionId":"s"})", {}, dialect::a, false},
      {"POST", "/api/rename", R"({"oldPath":"o","newPath":"n","sessionId":"s"})", {}, dialect::b, false},
      {"POST",
       "/api/move",
       R"({"destinationPath":"d","sourcePath":"o","sessionId":"s"})",
       {},
       dialect::a,
       false},
      {"POST",
       "/api/move",
       R"({"sourcePath":"o","destinationPath":"d","sessionId":"s"})",
       {},
       dialect::b,
       false},
      {"POST", "/api/list-files", R"({"path":"p","options":{},"sessionId":"s"})", {}, dialect::a, false},
      {"POST", "/api/list-files", R"({"path":"p","sessionId":"s","options":{}})", {}, dialect::b, false},
      {"POST",
       "/api/git/checkout",
       R"({"branch":"b","repoUrl":"r","targetDir":"t","sessionId":"s"})",
       {},
       dialect::a,
       false},
      {"POST", "/api/git/checkout", R"({"branch":"b","repoUrl":"r","sessionId":"s"})", {}, dialect::a, false},
      {"POST",
       "/api/git/checkout",
       R"({"repoUrl":"r","sessionId":"s","targetDir":"t","branch":"b"})",
       {},
       dialect::b,
       false},
      {"POST",
       "/api/git/checkout",
       R"({"repoUrl":"r","sessionId":"s","depth":1,"timeoutMs":9})",
       {},
       dialect::b,
       false},
      {"POST", "/api/delete", R"({"path":"p","sessionId":"s"})", {}, dialect::unknown, false},
      {"POST", "/api/read/stream", R"({"path":"p","sessionId":"s"})", {}, dialect::unknown, false},
      {"POST", "/api/contexts", R"({"language":"l","cwd":"/"})", {}, dialect::unknown, false},
      {"POST", "/api/write", R"({"content":"c","unknown":1,"path":"p"})", {}, dialect::a, false},
      {"POST", "/api/write", R"([1])", {}, dialect::unknown, false},
  });
}

TEST(dialect, weak_evidence_only_breaks_ties_and_strong_evidence_always_counts) {
  const auto strong = [](dialect d) { return dialect_evidence{d, true}; };
  const auto weak = [](dialect d) { return dialect_evidence{d, false}; };
  const dialect_evidence none{};
  for (const dialect known : {dialect::unknown, dialect::a, dialect::b}) {
    EXPECT_EQ(learn(known, none), known);
    EXPECT_EQ(learn(known, strong(dialect::a)), dialect::a);
    EXPECT_EQ(learn(known, strong(dialect::b)), dialect::b);
  }
  EXPECT_EQ(learn(dialect::unknown, weak(dialect::a)), dialect::a);
  EXPECT_EQ(learn(dialect::unknown, weak(dialect::b)), dialect::b);
  EXPECT_EQ(learn(dialect::a, weak(dialect::b)), dialect::a);
  EXPECT_EQ(learn(dialect::b, weak(dialect::a)), dialect::b);
}

TEST(dialect_memory, answers_in_the_new_dialect_at_once_and_tells_of_a_flip) {
  dialect_memory memory;
  const auto automatic = config::http_dialect::automatic;
  auto decision = memory.decide(automatic, {});
  EXPECT_EQ(decision.spoken, dialect::unknown);
  decision = memory.decide(automatic, {dialect::a, true});
  EXPECT_EQ(decision.spoken, dialect::a);
  EXPECT_FALSE(decision.flipped());
  decision = memory.decide(automatic, {dialect::b, false});
  EXPECT_EQ(decision.spoken, dialect::a);
  decision = memory.decide(automatic, {dialect::b, true});
  EXPECT_EQ(decision.spoken, dialect::b);
  EXPECT_TRUE(decision.flipped());
  decision = memory.decide(automatic, {});
  EXPECT_EQ(decision.spoken, dialect::b);
  EXPECT_FALSE(decision.flipped());
}

TEST(dialect_memory, obeys_the_configuration) {
  dialect_memory memory;
  EXPECT_EQ(memory.decide(config::http_dialect::a, {dialect::b, true}).spoken, dialect::a);
  EXPECT_EQ(memory.decide(config::http_dialect::b, {dialect::a, true}).spoken, dialect::b);
  EXPECT_FALSE(memory.decide(config::http_dialect::b, {dialect::a, true}).flipped());
  EXPECT_EQ(memory.decide(config::http_dialect::automatic, {}).spoken, dialect::unknown)
      << "nothing was learnt";
}

} // namespace
} // namespace sandboxd::http
