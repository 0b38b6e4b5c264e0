#pragma once

#include "config/settings.hpp"
#include "http/exchange.hpp"

#include <nlohmann/json_fwd.hpp>

#include <atomic>
#include <cstdint>
#include <string_view>

namespace sandboxd::http {

/// The generation of the SDK that speaks: A is 0.3.x, B is 0.4.x to 0.12.x (HTTP.md section 2).
enum class dialect : std::uint8_t { unknown, a, b };

/// The session id by which a client of dialect B asks for execution outside of any session (HTTP.md 4.7).
inline constexpr std::string_view sessionless_token = "__DISABLE_SESSION__";

/// What one request says about its dialect.
struct dialect_evidence {
  dialect verdict = dialect::unknown;
  /// Whether one dialect alone can have sent it. Weak evidence counts only while nothing is known.
  bool strong = false;

  friend bool operator==(const dialect_evidence&, const dialect_evidence&) = default;
};

/// Looks the request up in the tables of HTTP.md 2.2 and 2.3. `body` is null where none was parsed.
[[nodiscard]] dialect_evidence find_evidence(const request& sent, const nlohmann::ordered_json* body);

/// What is known after a request: strong evidence always counts, weak evidence breaks ties.
[[nodiscard]] dialect learn(dialect known, dialect_evidence evidence);

/// The dialect of the daemon's one client, learnt from its requests. Thread-safe.
class dialect_memory {
public:
  struct decision {
    /// How to answer the request at hand.
    dialect spoken = dialect::unknown;
    /// What was known before; differs from `spoken` and from `unknown` when the client changed its
    /// generation.
    dialect before = dialect::unknown;

    [[nodiscard]] bool flipped() const { return before != dialect::unknown && before != spoken; }
  };

  /// Learns from a request; the request that carries the evidence is answered accordingly. A configured
  /// dialect overrides everything.
  decision decide(config::http_dialect configured, dialect_evidence evidence);

private:
  std::atomic<dialect> known_{dialect::unknown};
};

[[nodiscard]] std::string_view to_string(dialect spoken);

} // namespace sandboxd::http
