#pragma once

#include "tests/support/raw_client.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sandboxd::testing {

using nlohmann::json;

/// The two generations of the SDK (HTTP.md, table at the top).
enum class generation { a, b };

/// An answer whose body is JSON.
struct json_answer {
  int status = 0;
  json body;
};

/// The text of an HTTP/1.1 request with a JSON body (none when `body` is null).
inline std::string request_text(std::string_view method, std::string_view path, const json& body,
                                std::string_view more_headers = "") {
  const std::string content = body.is_null() ? "" : body.dump();
  std::string text(method);
  text.append(" ").append(path).append(" HTTP/1.1\r\nHost: localhost:3000\r\n").append(more_headers);
  text.append("Content-Type: application/json\r\nContent-Length: ").append(std::to_string(content.size()));
  return text.append("\r\n\r\n").append(content);
}

/// The events of one streamed answer (HTTP.md 1.5). Every wait has the deadline of `raw_client`.
class event_stream {
public:
  /// Sends `request` on a connection of its own and reads the head of the answer. `receive_buffer`: bytes
  /// the kernel may hold for us, 0 for its default.
  event_stream(std::uint16_t port, std::string_view request, int receive_buffer = 0)
      : connection_(port, receive_buffer) {
    connection_.send(request);
    head_ = connection_.read_until("\r\n\r\n");
    if (!head_.starts_with("HTTP/1.1 200"))
      read_refusal();
  }

  /// The answer, when it is no stream; there are no events then.
  [[nodiscard]] const std::optional<json_answer>& refusal() const { return refusal_; }

  [[nodiscard]] const std::string& head() const { return head_; }

  /// The next event, or nothing when the body has ended in good order. Comments are skipped. Throws when the
  /// connection ends inside, or when something is no event.
  std::optional<json> next() {
    for (;;) {
      std::size_t end;
      while ((end = text_.find("\n\n")) == std::string::npos)
        if (!read_chunk()) {
          if (!text_.empty())
            throw std::runtime_error("the stream ended inside an event: " + text_);
          return std::nullopt;
        }
      const std::string event = text_.substr(0, end);
      text_.erase(0, end + 2);
      if (event.starts_with(':'))
        continue;
      if (!event.starts_with("data: "))
        throw std::runtime_error("not an event: " + event);
      return json::parse(event.substr(6));
    }
  }

  /// All further events up to the end.
  std::vector<json> rest() {
    std::vector<json> events;
    while (auto event = next())
      events.push_back(std::move(*event));
    return events;
  }

  /// Leaves without a word.
  void leave() { connection_.reset(); }

private:
  void read_refusal() {
    const std::string field = "Content-Length: ";
    const std::size_t length = std::stoull(head_.substr(head_.find(field) + field.size()));
    while (connection_.buffered().size() < length && connection_.receive()) {
    }
    refusal_ = json_answer{std::stoi(head_.substr(9)), json::parse(connection_.buffered())};
    ended_ = true;
  }

  /// A chunk's data is JSON in ASCII, which holds no line end of CR and LF.
  bool read_chunk() {
    if (ended_)
      return false;
    const std::size_t size = std::stoull(connection_.read_until("\r\n"), nullptr, 16);
    const std::string data = connection_.read_until("\r\n");
    if (data.size() != size + 2)
      throw std::runtime_error("a chunk is not as long as it says");
    text_.append(data, 0, size);
    ended_ = size == 0;
    return !ended_;
  }

  raw_client connection_;
  std::string head_;
  std::optional<json_answer> refusal_;
  std::string text_;
  bool ended_ = false;
};

/// The text of all `stdout` (or `stderr`) events.
inline std::string text_of(const std::vector<json>& events, std::string_view type) {
  std::string text;
  for (const json& event : events)
    if (event.at("type") == type)
      text += event.at("data").get<std::string>();
  return text;
}

/// What a cell prints on standard output, in a code context (HTTP.md 9.4).
inline std::string printed_by_code(std::uint16_t port, const std::string& context, const std::string& code) {
  event_stream events(port,
                      request_text("POST", "/api/execute/code", {{"context_id", context}, {"code", code}},
                                   "X-Sandbox-Id: tests\r\n"));
  std::string text;
  for (const json& event : events.rest())
    if (event.at("type") == "stdout")
      text += event.at("text").get<std::string>();
  return text;
}

/// Speaks to the server as the SDK of one generation does, over one kept-alive connection. Calls block until
/// the answer is there or the deadline of `raw_client` has passed. Not for two threads at once.
class sdk_client {
public:
  sdk_client(std::uint16_t port, generation spoken) : port_(port), spoken_(spoken) {}

  json_answer request(std::string_view method, std::string_view path, const json& body = nullptr) {
    send(request_text(method, path, body, headers()));
    return answer();
  }

  json_answer post(std::string_view path, const json& body) { return request("POST", path, body); }

  /// Sends a request whose answer is fetched later; one at a time.
  void send(std::string_view text) {
    if (!connection_)
      connection_ = std::make_unique<raw_client>(port_);
    connection_->send(text);
  }

  /// The answer to the oldest request sent.
  json_answer answer() {
    const raw_reply reply = connection_->read_reply();
    if (!reply.complete)
      throw std::runtime_error("the connection ended inside an answer");
    if (reply.header("connection") == "close")
      connection_.reset();
    return {reply.status, json::parse(reply.body)};
  }

  json_answer create(const std::string& session, json options = json::object()) {
    options["id"] = session;
    if (spoken_ == generation::a && !options.contains("isolation"))
      options["isolation"] = true;
    return post("/api/session/create", options);
  }

  json_answer remove(const std::string& session) {
    return post("/api/session/delete", {{"sessionId", session}});
  }

  json_answer execute(const std::string& session, const std::string& command, json more = json::object()) {
    return post("/api/execute", command_body(session, command, std::move(more)));
  }

  /// Sends a command without waiting; `answer` fetches what becomes of it.
  void begin(const std::string& session, const std::string& command, json more = json::object()) {
    send(request_text("POST", "/api/execute", command_body(session, command, std::move(more)), headers()));
  }

  /// What a command prints; throws unless it is answered with 200.
  std::string output(const std::string& session, const std::string& command, json more = json::object()) {
    const auto answered = execute(session, command, std::move(more));
    if (answered.status != 200)
      throw std::runtime_error("'" + command.substr(0, 200) + "' was answered " + answered.body.dump());
    return answered.body.at("stdout");
  }

  event_stream stream(const std::string& session, const std::string& command, json more = json::object(),
                      int receive_buffer = 0) const {
    return {port_,
            request_text("POST", "/api/execute/stream", command_body(session, command, std::move(more)),
                         headers()),
            receive_buffer};
  }

  /// Whether the server has sent more than the answers fetched so far.
  [[nodiscard]] bool has_more() const { return connection_ && !connection_->buffered().empty(); }

  [[nodiscard]] json command_body(const std::string& session, const std::string& command, json more) const {
    more["command"] = command;
    more[spoken_ == generation::a ? "id" : "sessionId"] = session;
    return more;
  }

private:
  [[nodiscard]] std::string_view headers() const {
    return spoken_ == generation::b ? "X-Sandbox-Id: tests\r\n" : "";
  }

  std::uint16_t port_;
  generation spoken_;
  std::unique_ptr<raw_client> connection_;
};

} // namespace sandboxd::testing
