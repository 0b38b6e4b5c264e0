#pragma once

#include "inspector/sandboxctl/documents.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sandboxd::sandboxctl {

/// As the schema Pool.
struct pool {
  std::string language;
  std::uint64_t idle = 0;
  std::uint64_t starting = 0;
  std::uint64_t lent = 0;
  std::uint64_t waiting = 0;
  std::string circuit;
  std::uint64_t retry_after_milliseconds = 0;
  std::string problem;
  std::uint64_t minimum = 0;
  std::uint64_t maximum = 0; ///< 0: no limit
};

/// As the schema Lint.
struct lint {
  std::string rule;
  std::string level;
  std::string path; ///< empty: the whole daemon
  std::string text;
  std::string setting; ///< that could be changed; may be empty
};

/// What is used here of the schema Overview.
struct overview {
  std::string version;
  std::int64_t pid = 0;
  std::string started_at;
  std::uint64_t uptime_milliseconds = 0;
  std::uint64_t rss_bytes = 0;
  std::uint64_t cpu_milliseconds = 0;
  std::uint64_t descriptors = 0;
  std::uint64_t threads = 0;
  std::uint64_t connections = 0;
  std::uint64_t actors = 0; ///< of all kinds
  std::vector<pool> pools;
  std::vector<lint> lints;
};

[[nodiscard]] overview read_overview(const json& document);

/// Processor time per time between two looks; nothing when they are not of the same daemon.
[[nodiscard]] std::optional<double> cpu_share(const overview& before, const overview& now);

} // namespace sandboxd::sandboxctl
