#pragma once

#include "inspector/sandboxctl/documents.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sandboxd::sandboxctl {

/// As the interface's schema Request; what is not there is empty. Times in microseconds.
struct traced_request {
  std::string request_id;
  std::string trace_id; ///< other requests may be of the same trace
  std::string span_id;  ///< of this request alone
  std::string method;
  std::string path;
  std::string client;
  std::string started_at;
  bool is_recorded = false;
  std::optional<std::uint64_t> duration; ///< nothing: it is under way
  std::uint64_t status = 0;              ///< 0: it ended before an answer
  std::uint64_t bytes_out = 0;
  std::string outcome;
  std::optional<std::uint64_t> client_stalls; ///< for so long its client has taken nothing
};

/// As the interface's schema Span. Times in microseconds.
struct traced_span {
  std::uint64_t id = 0;
  std::uint64_t parent = 0;
  std::string name;
  std::int64_t start = 0;                ///< after the request began
  std::optional<std::uint64_t> duration; ///< nothing: it is under way
  std::optional<std::uint64_t> waited;   ///< of a message, in the mailbox
  std::string path;                      ///< of the actor; empty: none
  std::uint64_t pid = 0;                 ///< 0: none
  std::string text;
};

/// As the interface's schema Trace.
struct trace {
  traced_request request;
  std::vector<traced_span> spans;
  std::uint64_t lost_spans = 0;
};

[[nodiscard]] traced_request read_request(const json& document);

/// An array of the schema Request; of anything else none.
[[nodiscard]] std::vector<traced_request> read_requests(const json& documents);

[[nodiscard]] trace read_trace(const json& document);

} // namespace sandboxd::sandboxctl
