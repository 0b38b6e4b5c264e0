#pragma once

#include "bench/client.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sandboxd::bench {

/// What a command must print or a file must hold, with its form on the wire made once.
struct expected_text {
  explicit expected_text(std::string text);

  std::string text;
  std::string on_wire; ///< the text as a JSON string
};

/// Every check returns what is wrong with an answer, in one line; an empty string when nothing is.
using answer_check = std::function<std::string(const answer&)>;

/// A JSON object that has each of these fields with this value, status 200. `what` names anything else.
std::string check_fields(const answer& whole, const nlohmann::json& fields, std::string_view what);

/// Exactly this body, status 200.
std::string check_body(const answer& whole, std::string_view expected);

/// A pong.
std::string check_ping(const answer& whole);

/// A created session of this id.
std::string check_created(const answer& whole, std::string_view session);

/// A command that ran to its end with exit code 0, this stdout and an empty stderr. Large outputs that are
/// plain ASCII are compared in place instead of being parsed.
std::string check_executed(const answer& whole, const expected_text& expected);

/// A file that was read as text. Compared in place as above.
std::string check_read(const answer& whole, const expected_text& expected);

/// A listing of so many entries, one of this name. Looked at in place.
std::string check_listed(const answer& whole, std::size_t count, std::string_view name);

/// A background process of this id that runs.
std::string check_started(const answer& whole, std::string_view process);

/// A Server-Sent-Events answer of a command that printed exactly `expected_stdout` and ended with exit code
/// 0: begins with `start`, ends with one `complete`.
std::string check_streamed(const answer& whole, std::string_view expected_stdout);

/// The union error body with this status line, nominal status and code.
std::string check_error(const answer& whole, int status, int nominal_status, std::string_view code);

/// The events received so far, whole ones only; nothing when one of them is not `data: ` and a JSON object.
std::optional<std::vector<nlohmann::json>> received_events(std::string_view body);

/// True as soon as a `stdout` event has begun to arrive.
bool has_output(std::string_view body);

/// The body in one line of at most 200 characters, for messages.
std::string excerpt(std::string_view body);

} // namespace sandboxd::bench
