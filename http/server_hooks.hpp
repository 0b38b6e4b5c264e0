#pragma once

#include "http/exchange.hpp"
#include "http/peer.hpp"
#include "http/request_head.hpp"
#include "ports/socket_source.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace sandboxd::http {

/// How a request ended.
enum class outcome {
  complete,    ///< the whole answer is in the kernel's buffer
  client_gone, ///< the client left before that
  stalled,     ///< the client took no byte for `http.stream-stall-timeout`
  refused,     ///< the guard answered before any handler saw the request
  cut,         ///< we ended it: a stream was dropped unfinished, or the server stopped
};

/// For example "client-gone".
[[nodiscard]] std::string_view to_string(outcome how);

/// One finished request, for the access log.
struct access_record {
  std::string request_id;
  std::string client;                    ///< as `name_of(peer)` says
  std::string method;                    ///< as sent; empty when the head was not understood so far
  std::string path;                      ///< without the query; empty when the head was not understood so far
  int status = 0;                        ///< 0 = the request ended before an answer
  std::uint64_t bytes_in = 0;            ///< of the request, head and framing included
  std::uint64_t bytes_out = 0;           ///< of the answer, head and framing included, handed to the kernel
  std::chrono::microseconds duration{0}; ///< from the first byte of the request to the end
  outcome ended = outcome::complete;
  std::string code = {};             ///< of an error answer
  std::string sandbox_id = {};       ///< the client's `X-Sandbox-Id`, unchecked, of at most 128 bytes
  std::string trace_id = {};         ///< its `X-Trace-Id`, the same
  bool internal = false;             ///< housekeeping of the SDK
  supervision::trace_ptr trace = {}; ///< as `server_hooks::trace` has begun it
};

/// Who a connection belongs to.
enum class origin {
  client,
  workload, ///< what runs in the sandbox
  untold,   ///< nobody can tell at the moment
};

/// What the server calls. All are called on I/O threads (`report` on any), maybe on several at once, and must
/// not block. Only `handle` and `refuse` are needed.
struct server_hooks {
  /// Serves a request. An exception is answered with 500.
  request_handler handle;

  /// Begins the trace of a request from that client before it is served, whose id is known; null: it has
  /// none. Empty = none has.
  std::function<supervision::trace_ptr(const request& arrived, const std::string& client,
                                       std::chrono::steady_clock::time_point began)>
      trace;

  /// Makes the body (and its Content-Type) of an answer that no handler gives: a refusal of the guard, or a
  /// 500.
  std::function<response(const refusal& why)> refuse;

  /// Who a connection belongs to; asked once, with its first request. Empty = a client.
  std::function<origin(const peer& from)> origin_of;

  /// Whether a connection is surely a workload's; asked when half of `http.max-connections` are taken: from
  /// there on none of those is let in. Empty = none is.
  std::function<bool(const peer& from)> is_surely_workload;

  /// Why a request may not pass; nothing = it may. Empty = all may.
  std::function<std::optional<refusal>(origin from, const request_head& head)> judge;

  /// Whether the Authorization of a request is for this server alone, and so for no service behind the proxy.
  /// Empty = none is.
  std::function<bool(std::string_view authorization)> is_own_authorization;

  /// Whether the proxy may reach the service at this port; empty = there is no proxy.
  std::function<bool(std::uint16_t port)> is_exposed;

  /// Of the network in which those services are.
  ports::socket_source service_sockets;

  /// Whether pages of any origin may read the answers (CORS), as they may of the sandbox's (HTTP.md 1.3).
  bool any_origin = true;

  /// Told of every request once, when it has ended.
  std::function<void(const access_record& record)> access_log;

  /// Told of faults of this program or its surroundings: a second answer, a handler that threw, no
  /// descriptors left.
  std::function<void(std::string_view text)> report;
};

} // namespace sandboxd::http
