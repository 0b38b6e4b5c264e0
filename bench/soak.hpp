#pragma once

#include "bench/connection.hpp"
#include "bench/soak_session.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <string_view>

namespace sandboxd::bench {

/// A soak: many mixed commands against one server.
struct soak_plan {
  endpoint server;
  std::size_t commands = 0; ///< in all
  std::size_t points = 10;  ///< how often the soak rests, evenly spread, so that its caller can take samples
  std::size_t connections = 0; ///< each with sessions of its own, one request at a time
  std::size_t sessions_per_connection = 0;
  std::uint64_t seed = 0;
  std::chrono::milliseconds patience;    ///< longest wait for one answer
  std::map<soak_kind, unsigned> weights; ///< how often each kind is chosen, relative to the sum
};

/// Reads `builtin=80,fork=15`; kinds not named have no weight. Throws std::invalid_argument for an unknown
/// kind or when nothing has weight.
std::map<soak_kind, unsigned> parse_weights(std::string_view text);

/// Runs the soak. Rests before the first command and at every point, with one builtin run in every session
/// (not counted among the commands) and no request under way: prints a line of JSON
/// `{"point":0..points,"commands":N,"failures":N,"seconds":S}` and goes on when a line arrives at `resume`.
/// At the end prints `{"commands":N,"failures":N,"seconds":S,"client_cpu_share":X,"kinds":{name:<summary with
/// "failures">},"messages":[first failures]}`. Returns true when no answer was wrong.
bool run_soak(const soak_plan& plan, std::istream& resume, std::ostream& report);

} // namespace sandboxd::bench
