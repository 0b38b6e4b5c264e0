#pragma once

#include "actors/errors.hpp"
#include "actors/reply.hpp"
#include "files/change_batch.hpp"
#include "files/watch_options.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sandboxd::actors {

using files::change_type;
using files::longest_pattern;
using files::most_patterns;
using files::watch_change;
using files::watch_changes;
using files::watch_end;
using files::watch_options;

/// How the reader of a watch steers it. Any thread.
struct watch_control {
  /// The reader has room for another batch; before the first call it gets none.
  std::function<void()> take_more;
  /// The reader is gone and hears nothing more.
  std::function<void()> leave;
};

/// Reads a watch. Either `failed` is called, alone, or `watching` first and `ended` last. Calls come from
/// actors, never two at once, and must not block.
class watch_reader {
public:
  virtual ~watch_reader() = default;

  /// Everything is watched from now on.
  virtual void watching(const std::string& watch_id, watch_control control) = 0;
  /// What has happened, one batch for each `take_more`. Never empty.
  virtual void changed(watch_changes batch) = 0;
  /// The watch is over; what had not been told before comes along.
  virtual void ended(watch_changes rest, watch_end how) = 0;

  virtual void failed(failure reason) = 0;
};

/// A `watch_reader` as it travels in messages: when the last copy is destroyed before the end was told, the
/// reader is told that the watch was lost.
class watch_reader_handle {
public:
  watch_reader_handle() = default;
  explicit watch_reader_handle(std::shared_ptr<watch_reader> reader);

  void watching(const std::string& watch_id, watch_control control) const;
  void changed(watch_changes batch) const;
  void ended(watch_changes rest, watch_end how) const;
  void failed(failure reason) const;

  /// Keeps something until the end.
  void hold(std::shared_ptr<const void> what) const;

private:
  struct state;
  std::shared_ptr<state> state_;
};

/// The absolute path that a client means, by its text alone: a relative one counts from the workspace.
[[nodiscard]] std::string watched_path(std::string_view workspace, std::string_view given);
[[nodiscard]] bool is_in_workspace(std::string_view workspace, std::string_view path);

/// How far a watch was when somebody looked (HTTP.md 10.2).
struct watch_version {
  std::string watch_id;
  std::uint64_t cursor = 0; ///< raw changes since its start
};

/// `<id>:<cursor>`, and back; nothing when it is not of that form.
[[nodiscard]] std::string to_string(const watch_version& version);
[[nodiscard]] std::optional<watch_version> read_watch_version(std::string_view text);

/// What became of a path since a version.
struct watch_check {
  enum class outcome : std::uint8_t {
    unchanged, ///< also: nothing was asked
    changed,
    expired,   ///< the version is of a watch that is no more
    restarted, ///< the same, and another watches already
    ahead,     ///< the version is newer than this
  };
  outcome status = outcome::unchanged;
  watch_version now;
};

/// Compares. `created`: whether the watch was made for this comparison.
[[nodiscard]] watch_check compare(const std::optional<watch_version>& since, watch_version now, bool created);

/// The front door to watches for code that is no actor. Every function returns at once and may be called from
/// any thread. `wanted` need not be normalized.
///
/// Failures: `file_not_found`, `permission_denied` (with `failure::path` where the path leads to, when that
/// is out of the workspace), `watch_start_failed`, `too_busy`, `unavailable`.
class watch_client {
public:
  virtual ~watch_client() = default;

  /// Has a path watched. Equal watches are one, as long as somebody reads it.
  virtual void watch(watch_options wanted, std::shared_ptr<watch_reader> reader) = 0;

  /// Tells whether a path has changed since a version; what happened before the call counts. The watch is
  /// kept for `watch.retention` after its last use.
  virtual void check(watch_options wanted, std::optional<watch_version> since, reply<watch_check> done) = 0;
};

} // namespace sandboxd::actors
