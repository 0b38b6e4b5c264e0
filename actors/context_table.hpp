#pragma once

#include "actors/code_messages.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace sandboxd::actors {

/// All code contexts, for whoever asks without asking an actor. Any thread.
class context_table {
public:
  /// One context and where its actor is.
  struct entry {
    context_record record;
    std::string child; ///< below the supervisor of contexts
  };

  /// False when there are `most` already.
  bool enter(const entry& context, std::size_t most);
  void remove(const std::string& id);
  /// It is being used.
  void touch(const std::string& id, std::chrono::system_clock::time_point now);

  [[nodiscard]] std::optional<entry> find(const std::string& id) const;
  /// In order of their creation.
  [[nodiscard]] std::vector<context_record> all() const;

private:
  mutable std::mutex mutex_;
  std::map<std::string, entry> contexts_;
};

} // namespace sandboxd::actors
