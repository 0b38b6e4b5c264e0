#pragma once

#include "supervision/trace.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sandboxd::supervision {

/// The traces of requests: of those under way, and of the last that have ended. Every member may be called
/// from any thread.
class trace_log {
public:
  /// How many of those that have ended are kept, the oldest are dropped; 0: nothing is traced.
  void keep(std::size_t most);

  /// Begins one, which is to be finished. `per_second`: so many of those that began in each second are
  /// recorded, the others are known only while they are under way. Who names a sampled `parent` has it
  /// recorded in any case. `began`: when its first byte came. Null when nothing is kept.
  [[nodiscard]] trace_ptr begin(traced_request about, std::optional<trace_parent> parent,
                                std::uint64_t per_second,
                                trace::clock::time_point began = trace::clock::now());

  /// What becomes of it when it has ended: some are of interest to nobody.
  enum class keeping { kept, dropped };

  /// The answer has left, or never will.
  void finish(const trace_ptr& one, int status, std::uint64_t bytes_out, std::string outcome,
              keeping what = keeping::kept);

  /// Those of that request id or trace (32 hexadecimal digits), or the one whose span that is (16 of them).
  /// Those under way come first, and of these and the others the newest.
  [[nodiscard]] std::vector<trace_ptr> find(std::string_view id) const;

  /// Those under way, the oldest first.
  [[nodiscard]] std::vector<trace_ptr> open() const;

  /// Those that have ended, the newest first.
  [[nodiscard]] std::vector<trace_ptr> ended() const;

private:
  std::uint64_t new_number();
  bool is_within(std::uint64_t per_second, trace::clock::time_point began);

  mutable std::mutex mutex_;
  std::size_t most_ = 0;
  trace::clock::time_point second_; // when the one began in which so many were recorded
  std::uint64_t recorded_in_second_ = 0;
  // One whose request was lost before it could be finished is left out, and forgotten by the next look.
  mutable std::unordered_map<const trace*, std::weak_ptr<trace>> open_;
  std::deque<trace_ptr> ended_; // the newest last
  std::mt19937_64 random_{std::random_device{}()};
};

} // namespace sandboxd::supervision
