#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace sandboxd::http {

/// Why a request is refused before any handler sees it. `message` is for the client.
struct refusal {
  int status = 400;
  std::string message;
  std::string code = {};   ///< of the SDK; empty: the usual one for this status
  std::string a_text = {}; ///< what clients of dialect A show; empty: the message
  std::uint16_t port = 0;  ///< of the service concerned, if any
};

/// Bounds of one request.
struct request_limits {
  std::size_t url_bytes = 0;    ///< of the request target as sent
  std::size_t header_bytes = 0; ///< of all header lines (trailer lines of a chunked body count anew)
  std::uint64_t body_bytes = 0; ///< after the chunk framing is removed
  std::size_t header_fields = 0;
};

/// How the end of the body is told (RFC 9112 section 6.3).
enum class body_framing { none, counted, chunked };

/// What the guard needs to know of a request head, and the head to pass on.
struct request_head {
  std::string method;
  std::string target; ///< in origin form: an absolute URL has lost its scheme and authority
  int minor_version = 1;
  body_framing framing = body_framing::none;
  std::uint64_t content_length = 0; ///< when counted
  bool expects_continue = false;
  std::string request_id;    ///< the client's X-Request-Id, unchecked; empty = none
  std::string authorization; ///< the value of Authorization, unchecked; empty = none

  /// The whole head as RESTinio gets it, empty line included, without Content-Length, Transfer-Encoding,
  /// Expect and any Upgrade but to WebSocket.
  std::string forwarded;
};

/// Reads field lines (`name: value` CRLF) up to and including the empty line, strictly after RFC 9112 section
/// 5: no line folding, no white space before the colon, no bare CR or LF, no control characters.
class field_scanner {
public:
  enum class step { more, field, end, malformed };

  /// Takes one byte. After `field`, `name` and `value` are valid until the next byte.
  step feed(char byte);

  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const std::string& value() const { return value_; }
  /// Bytes of the line in memory.
  [[nodiscard]] std::size_t held_bytes() const { return name_.size() + value_.size(); }
  /// What is wrong, after `malformed`.
  [[nodiscard]] std::string_view problem() const { return problem_; }

private:
  enum class state { line_start, name, before_value, value, line_feed, last_line_feed };

  step fail(std::string_view problem);
  step feed_line_start(char byte);

  state state_ = state::line_start;
  std::string name_;
  std::string value_;
  std::string_view problem_;
};

/// Scans one request head fed in arbitrary pieces. Pure: knows no socket and no clock. The verdict depends on
/// the bytes alone, never on how they were cut. Refuses whatever two parsers could read differently.
class head_scanner {
public:
  explicit head_scanner(const request_limits& limits);

  /// Takes bytes up to the end of the head, to the first fault or to the end of `bytes`; returns how many.
  std::size_t feed(std::string_view bytes);

  /// Whether the head has begun.
  [[nodiscard]] bool started() const { return state_ != state::start; }
  [[nodiscard]] bool complete() const { return state_ == state::complete; }
  [[nodiscard]] const std::optional<refusal>& refused() const { return refused_; }

  /// Whole once `complete`; before, what is known so far (for the log).
  [[nodiscard]] const request_head& head() const { return head_; }
  /// Bytes in memory that the client decides on: the head so far, and the line that is being read.
  [[nodiscard]] std::size_t held_bytes() const {
    return head_.target.size() + head_.request_id.size() + head_.authorization.size() +
           head_.forwarded.size() + fields_.held_bytes();
  }
  [[nodiscard]] std::string take_forwarded() { return std::exchange(head_.forwarded, {}); }

private:
  enum class state { start, empty_line, method, target, version, line_feed, fields, complete };

  void feed(char byte);
  void refuse(int status, std::string message);
  void end_target();
  void end_version();
  void feed_field(char byte);
  void end_field(const std::string& name, const std::string& value);
  void end_head();

  request_limits limits_;
  state state_ = state::start;
  bool skipped_empty_line_ = false;
  std::string version_;
  field_scanner fields_;
  std::size_t header_bytes_ = 0;
  int hosts_ = 0;
  bool has_content_length_ = false;
  bool has_transfer_encoding_ = false;
  std::size_t field_count_ = 0;
  request_head head_;
  std::optional<refusal> refused_;
};

} // namespace sandboxd::http
