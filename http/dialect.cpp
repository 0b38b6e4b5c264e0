#include "http/dialect.hpp"

#include "http/url.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <vector>

namespace sandboxd::http {

namespace {

using nlohmann::ordered_json;

/// What a row of the evidence table looks at.
enum class trait : std::uint8_t {
  always,
  has_header,
  lacks_header,
  accepts_events, // Accept: text/event-stream
  accepts_others,
  has_key, // of the body
  lacks_key,
  has_query,    // the named parameter
  has_no_query, // at all
  disables_session,
};

struct evidence_row {
  std::string_view method; // empty: any
  std::string_view path;   // {} is one segment, a final * any non-empty rest; empty: any path
  trait looks_at;
  std::string_view name;
  dialect verdict; // unknown: the row ends the search without a verdict
};

/// HTTP.md 2.2, first match wins. What marks B beyond doubt stands first. Where a client could contradict
/// itself (a body with `id` and `sessionId`) the row of A wins: A requires its key, B merely allows its own.
constexpr std::array strong_evidence{
    evidence_row{"", "", trait::has_header, "X-Sandbox-Id", dialect::b},
    evidence_row{"", "", trait::has_header, "X-Session-Id", dialect::b},
    evidence_row{"", "", trait::disables_session, "", dialect::b},

    evidence_row{"POST", "/api/execute", trait::has_key, "id", dialect::a},
    evidence_row{"POST", "/api/execute", trait::has_key, "sessionId", dialect::b},
    evidence_row{"POST", "/api/execute", trait::has_key, "timeoutMs", dialect::b},
    evidence_row{"POST", "/api/execute", trait::has_key, "origin", dialect::b},
    evidence_row{"POST", "/api/execute", trait::has_key, "background", dialect::b},
    evidence_row{"POST", "/api/execute/stream", trait::has_key, "id", dialect::a},
    evidence_row{"POST", "/api/execute/stream", trait::has_key, "sessionId", dialect::b},
    evidence_row{"POST", "/api/execute/stream", trait::has_key, "timeoutMs", dialect::b},
    evidence_row{"POST", "/api/execute/stream", trait::has_key, "origin", dialect::b},
    evidence_row{"POST", "/api/execute/stream", trait::has_key, "background", dialect::b},
    evidence_row{"POST", "/api/execute/code", trait::accepts_others, "", dialect::b},

    evidence_row{"POST", "/api/session/create", trait::has_key, "isolation", dialect::a},
    evidence_row{"POST", "/api/session/create", trait::has_key, "commandTimeoutMs", dialect::b},
    evidence_row{"POST", "/api/session/delete", trait::always, "", dialect::b},

    evidence_row{"POST", "/api/process/start", trait::has_key, "options", dialect::a},
    evidence_row{"POST", "/api/process/start", trait::lacks_key, "options", dialect::b},
    evidence_row{"GET", "/api/process/list", trait::has_query, "session", dialect::a},
    evidence_row{"GET", "/api/process/list", trait::has_no_query, "", dialect::b},
    evidence_row{"GET", "/api/process/list", trait::always, "", dialect::unknown},
    evidence_row{"DELETE", "/api/process/kill-all", trait::has_query, "session", dialect::a},
    evidence_row{"DELETE", "/api/process/kill-all", trait::has_no_query, "", dialect::b},
    evidence_row{"DELETE", "/api/process/kill-all", trait::always, "", dialect::unknown},
    evidence_row{"GET", "/api/process/{}/stream", trait::accepts_events, "", dialect::a},
    evidence_row{"GET", "/api/process/{}/stream", trait::accepts_others, "", dialect::b},
    evidence_row{"GET", "/api/process/{}/logs", trait::has_header, "Content-Type", dialect::a},
    evidence_row{"GET", "/api/process/{}/logs", trait::lacks_header, "Content-Type", dialect::b},
    evidence_row{"GET", "/api/process/{}", trait::has_header, "Content-Type", dialect::a},
    evidence_row{"GET", "/api/process/{}", trait::lacks_header, "Content-Type", dialect::b},
    evidence_row{"DELETE", "/api/process/{}", trait::has_header, "Content-Type", dialect::a},
    evidence_row{"DELETE", "/api/process/{}", trait::lacks_header, "Content-Type", dialect::b},

    evidence_row{"DELETE", "/api/unexpose-port", trait::always, "", dialect::a},
    evidence_row{"DELETE", "/api/exposed-ports/{}", trait::always, "", dialect::b},
    evidence_row{"GET", "/api/exposed-ports", trait::has_query, "session", dialect::b},
    evidence_row{"GET", "/api/exposed-ports", trait::has_no_query, "", dialect::a},
    evidence_row{"POST", "/api/expose-port", trait::lacks_key, "sessionId", dialect::a},
    evidence_row{"POST", "/api/expose-port", trait::has_key, "sessionId", dialect::b},

    evidence_row{"GET", "/api/ping", trait::has_header, "Content-Type", dialect::a},
    evidence_row{"GET", "/api/ping", trait::lacks_header, "Content-Type", dialect::b},
    evidence_row{"GET", "/api/version", trait::always, "", dialect::b},
    evidence_row{"GET", "/api/commands", trait::always, "", dialect::b},
    evidence_row{"GET", "/api/interpreter/health", trait::always, "", dialect::b},
    evidence_row{"POST", "/api/exists", trait::always, "", dialect::b},
    evidence_row{"POST", "/api/port-check", trait::always, "", dialect::b},
    evidence_row{"POST", "/api/port-watch", trait::always, "", dialect::b},
    evidence_row{"POST", "/api/watch", trait::always, "", dialect::b},
    evidence_row{"POST", "/api/watch/*", trait::always, "", dialect::b},
    evidence_row{"POST", "/api/backup/*", trait::always, "", dialect::b},
    evidence_row{"POST", "/api/desktop/*", trait::always, "", dialect::b},
};

using key_order = std::span<const std::string_view>;

struct order_row {
  std::string_view path;
  key_order a;
  key_order b;
};

constexpr std::array<std::string_view, 4> write_a{"content", "encoding", "path", "sessionId"};
constexpr std::array<std::string_view, 4> write_b{"path", "content", "sessionId", "encoding"};
constexpr std::array<std::string_view, 3> read_a{"encoding", "path", "sessionId"};
constexpr std::array<std::string_view, 3> read_b{"path", "sessionId", "encoding"};
constexpr std::array<std::string_view, 3> mkdir_a{"path", "recursive", "sessionId"};
constexpr std::array<std::string_view, 3> mkdir_b{"path", "sessionId", "recursive"};
constexpr std::array<std::string_view, 3> rename_a{"newPath", "oldPath", "sessionId"};
constexpr std::array<std::string_view, 3> rename_b{"oldPath", "newPath", "sessionId"};
constexpr std::array<std::string_view, 3> move_a{"destinationPath", "sourcePath", "sessionId"};
constexpr std::array<std::string_view, 3> move_b{"sourcePath", "destinationPath", "sessionId"};
constexpr std::array<std::string_view, 3> list_a{"path", "options", "sessionId"};
constexpr std::array<std::string_view, 3> list_b{"path", "sessionId", "options"};
constexpr std::array<std::string_view, 4> checkout_a{"branch", "repoUrl", "targetDir", "sessionId"};
constexpr std::array<std::string_view, 6> checkout_b{"repoUrl", "sessionId", "targetDir",
                                                     "branch",  "depth",     "timeoutMs"};

/// HTTP.md 2.3: the order in which each generation writes the keys. Paths whose orders are the same are not
/// listed.
constexpr std::array weak_evidence{
    order_row{"/api/write", write_a, write_b},
    order_row{"/api/read", read_a, read_b},
    order_row{"/api/mkdir", mkdir_a, mkdir_b},
    order_row{"/api/rename", rename_a, rename_b},
    order_row{"/api/move", move_a, move_b},
    order_row{"/api/list-files", list_a, list_b},
    order_row{"/api/git/checkout", checkout_a, checkout_b},
};

bool path_matches(std::string_view pattern, std::string_view path) {
  while (!pattern.empty()) {
    if (pattern == "*")
      return !path.empty();
    if (pattern.starts_with("{}")) {
      const std::size_t end = std::min(path.find('/'), path.size());
      if (end == 0)
        return false;
      pattern.remove_prefix(2);
      path.remove_prefix(end);
      continue;
    }
    if (path.empty() || pattern.front() != path.front())
      return false;
    pattern.remove_prefix(1);
    path.remove_prefix(1);
  }
  return path.empty();
}

bool has_key(const ordered_json* body, std::string_view key) {
  return body != nullptr && body->is_object() && body->contains(key);
}

bool disables_session(const request& sent, const ordered_json* body) {
  if (has_key(body, "sessionId") && body->at("sessionId") == sessionless_token)
    return true;
  return query_value(sent.query, "session") == sessionless_token ||
         query_value(sent.query, "sessionId") == sessionless_token;
}

bool accepts_events(const request& sent) {
  const std::string* accept = sent.header("Accept");
  return accept != nullptr && accept->find("text/event-stream") != std::string::npos;
}

bool shows(const evidence_row& row, const request& sent, const ordered_json* body) {
  switch (row.looks_at) {
  case trait::always:
    return true;
  case trait::has_header:
    return sent.header(row.name) != nullptr;
  case trait::lacks_header:
    return sent.header(row.name) == nullptr;
  case trait::accepts_events:
    return accepts_events(sent);
  case trait::accepts_others:
    return !accepts_events(sent);
  case trait::has_key:
    return has_key(body, row.name);
  case trait::lacks_key:
    return body != nullptr && body->is_object() && !body->contains(row.name);
  case trait::has_query:
    return query_value(sent.query, row.name).has_value();
  case trait::has_no_query:
    return sent.query.empty();
  case trait::disables_session:
    return disables_session(sent, body);
  }
  return false;
}

/// Whether `keys`, which hold only keys of one of the two orders, can come from a client that writes in
/// `order`.
bool follows(std::span<const std::string_view> keys, key_order order) {
  auto next = order.begin();
  for (const std::string_view key : keys) {
    next = std::find(next, order.end(), key);
    if (next == order.end())
      return false;
    ++next;
  }
  return true;
}

dialect compare_key_order(const order_row& row, const ordered_json& body) {
  const auto contains = [](key_order order, std::string_view key) {
    return std::find(order.begin(), order.end(), key) != order.end();
  };
  std::vector<std::string_view> keys;
  for (const auto& member : body.get_ref<const ordered_json::object_t&>())
    if (contains(row.a, member.first) || contains(row.b, member.first))
      keys.emplace_back(member.first);
  const bool fits_a = follows(keys, row.a);
  const bool fits_b = follows(keys, row.b);
  if (fits_a == fits_b)
    return dialect::unknown;
  return fits_a ? dialect::a : dialect::b;
}

} // namespace

dialect_evidence find_evidence(const request& sent, const ordered_json* body) {
  for (const evidence_row& row : strong_evidence) {
    if (!row.method.empty() && row.method != sent.method)
      continue;
    if (!row.path.empty() && !path_matches(row.path, sent.path))
      continue;
    if (shows(row, sent, body))
      return {row.verdict, row.verdict != dialect::unknown};
  }
  if (body == nullptr || !body->is_object() || sent.method != "POST")
    return {};
  for (const order_row& row : weak_evidence)
    if (row.path == sent.path)
      return {compare_key_order(row, *body), false};
  return {};
}

dialect learn(dialect known, dialect_evidence evidence) {
  if (evidence.verdict == dialect::unknown)
    return known;
  return evidence.strong || known == dialect::unknown ? evidence.verdict : known;
}

dialect_memory::decision dialect_memory::decide(config::http_dialect configured, dialect_evidence evidence) {
  if (configured == config::http_dialect::a)
    return {dialect::a, dialect::a};
  if (configured == config::http_dialect::b)
    return {dialect::b, dialect::b};
  dialect before = known_.load();
  dialect after = learn(before, evidence);
  while (after != before && !known_.compare_exchange_weak(before, after))
    after = learn(before, evidence);
  return {after, before};
}

std::string_view to_string(dialect spoken) {
  switch (spoken) {
  case dialect::a:
    return "a";
  case dialect::b:
    return "b";
  case dialect::unknown:
    break;
  }
  return "unknown";
}

} // namespace sandboxd::http
