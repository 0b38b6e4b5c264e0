#pragma once

#include "files/watch_change.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace sandboxd::files {

/// Changes as a reader gets them at a time.
struct watch_changes {
  std::vector<watch_change> changes;
  /// How many more there were, for which there was no room.
  std::uint64_t dropped = 0;
};

/// Changes that wait for their reader. Of several of one type and path there is one, at the place of the
/// first and with the time of the last (HTTP.md 10.1).
class change_batch {
public:
  /// Holds `most` at a time.
  explicit change_batch(std::size_t most) : most_(most) {}

  void add(const watch_change& change);

  [[nodiscard]] bool empty() const noexcept { return waiting_.changes.empty() && waiting_.dropped == 0; }

  /// Takes all.
  [[nodiscard]] watch_changes take();

private:
  std::size_t most_;
  watch_changes waiting_;
  std::map<std::tuple<std::string, change_type, bool>, std::size_t> places_;
};

} // namespace sandboxd::files
