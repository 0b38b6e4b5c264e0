#pragma once

#include "supervision/actor_record.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_control_block.hpp>

#include <cstddef>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sandboxd::supervision {

/// Who lives where: path in the tree -> record of the actor that lives there now. Every member may be called
/// from any thread. Supervisors fill it; callers hold paths and look the handle up when they need it, because
/// a restarted actor is a new handle at the same path.
///
///     auto session = directory.find<session_actor>("/root/sandbox/workload/sessions/7/session");
///     if (!session) ... // not there, or between two incarnations
class directory : public std::enable_shared_from_this<directory> {
public:
  /// A path's entry; it is removed when this is destroyed or reset. Move-only.
  class registration {
  public:
    registration() = default;
    registration(std::shared_ptr<directory> owner, std::shared_ptr<actor_record> record);
    registration(registration&&) noexcept = default;
    registration& operator=(registration&& other) noexcept;
    ~registration() { reset(); }

    /// Removes the entry, unless somebody else has registered at the path meanwhile.
    void reset() noexcept;

    const std::shared_ptr<actor_record>& record() const noexcept { return record_; }

  private:
    std::shared_ptr<directory> owner_;
    std::shared_ptr<actor_record> record_;
  };

  /// Lists `record` at its path in place of whatever was there. A record without a path is not listed.
  [[nodiscard]] registration enter(std::shared_ptr<actor_record> record);

  /// The record at `path`, or null.
  std::shared_ptr<actor_record> record(const std::string& path) const;

  /// The living actor at `path`, or null when nobody lives there at the moment.
  caf::strong_actor_ptr find(const std::string& path) const;

  /// The same as a handle of type `Handle`, which must be the type of the actor spawned there.
  template <class Handle>
  Handle find(const std::string& path) const {
    return caf::actor_cast<Handle>(find(path));
  }

  /// The records of all entries, in no order. Costs little more than a pointer for each.
  std::vector<std::shared_ptr<actor_record>> records() const;

  /// All entries, sorted by path. For people and tests; costs time in proportion to the number of actors.
  std::vector<actor_snapshot> snapshot() const;

  /// The kinds of actors listed at the moment, sorted, each once.
  std::vector<std::string> kinds() const;

  std::size_t size() const;

  /// For tests: the actor at `path` throws `std::runtime_error(text)` while it handles its next message,
  /// whatever kind of actor it is. Returns false when nobody lives there. There is no way to this from
  /// outside the process.
  bool inject_fault(const std::string& path, std::string text = "injected fault") const;

private:
  void leave(const std::shared_ptr<actor_record>& record) noexcept;

  mutable std::shared_mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<actor_record>> records_;
};

} // namespace sandboxd::supervision
