#pragma once

#include "supervision/actor_detail.hpp"
#include "supervision/mailbox_meter.hpp"
#include "supervision/supervisor_figures.hpp"
#include "supervision/trace.hpp"
#include "supervision/traced_messages.hpp"

#include <caf/actor_control_block.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace sandboxd::supervision {

enum class actor_phase {
  starting, ///< spawned, its start not yet confirmed
  running,  ///< works
  stopping, ///< was asked to stop
  exited,   ///< ended; its supervisor has not yet replaced or removed it
};

std::string_view to_string(actor_phase phase) noexcept;

/// Everything about one actor at one moment.
struct actor_snapshot {
  std::string path; ///< place in the tree, e.g. "/root/sandbox/workload/sessions/7"
  std::string kind; ///< what sort of actor it is, e.g. "session"
  actor_phase phase = actor_phase::starting;
  std::string status; ///< the actor's own words, e.g. "idle"
  actor_details details;
  bool may_block = false; ///< it has a thread of its own
  pid_t process = 0;      ///< the OS process that it stands for, as this process sees its number; 0 = none
  std::shared_ptr<const supervisor_figures> supervisor; ///< null unless it is one
  std::optional<restart_type> restart;                  ///< of a child: when it is started again
  /// When it, or what it stands for, is started again, if that waits.
  std::optional<std::chrono::system_clock::time_point> restart_due;
  std::string last_error;     ///< of this or, if this one had none, of the incarnation before
  std::uint64_t restarts = 0; ///< earlier incarnations at this path that were replaced
  std::uint64_t actor_id = 0; ///< CAF's number of this incarnation, 0 before it is spawned
  std::chrono::system_clock::time_point started{};
  mailbox_figures mailbox;
};

/// What the outside may know of one incarnation of one actor, kept up to date by the actor base. Every member
/// may be called from any thread; readers never wait for the actor.
class actor_record {
public:
  using clock = mailbox_meter::clock;

  /// Longest status or error text kept, in bytes; longer ones are cut at a UTF-8 character.
  static constexpr std::size_t max_text_bytes = 240;

  /// `path` may be empty: the actor is then counted but not listed in any directory.
  explicit actor_record(std::string path, std::string kind = {}, std::uint64_t restarts = 0,
                        const std::string& last_error = {});

  const std::string& path() const noexcept { return *path_; }
  /// The same for those who keep it. Never null.
  const actor_path& shared_path() const noexcept { return path_; }
  std::uint64_t restarts() const noexcept { return restarts_; }

  std::string kind() const;
  /// Names the kind unless it has a name.
  void default_kind(std::string_view kind);

  actor_phase phase() const noexcept { return phase_.load(std::memory_order_relaxed); }
  /// What has ended stands for no process any more.
  void phase(actor_phase phase) noexcept;
  /// Changes the phase to stopping, unless the actor has ended already. Returns whether it did.
  bool mark_stopping() noexcept;

  std::string status() const;
  void status(std::string_view text);

  /// Texts among the details are bounded like the status.
  void details(actor_details all);

  void process(pid_t number) noexcept;

  void supervisor(std::shared_ptr<const supervisor_figures> figures);

  /// Before the actor is spawned: it has a thread of its own, which it may block.
  void allow_to_block() noexcept { may_block_ = true; }

  /// Before the actor is spawned.
  void restart(restart_type type) noexcept { restart_ = type; }

  /// Of the actor, or of the process that it stands for; nothing: none is waited for.
  void restart_due(std::optional<std::chrono::system_clock::time_point> when);

  std::string last_error() const;
  void last_error(std::string_view text);

  /// Another number after each change of anything but the figures of the mailbox.
  std::uint64_t version() const noexcept { return version_.load(std::memory_order_acquire); }

  /// The actor itself, or null when it is gone. Do not keep it longer than needed: a restart makes a new one.
  caf::strong_actor_ptr actor() const;
  void actor(const caf::strong_actor_ptr& actor);

  mailbox_meter& mailbox() noexcept { return mailbox_; }
  const mailbox_meter& mailbox() const noexcept { return mailbox_; }

  /// Which messages of the mailbox are traced.
  traced_messages& traced() noexcept { return traced_; }

  /// The process that it stands for; 0: none.
  pid_t process() const noexcept { return process_.load(std::memory_order_relaxed); }

  actor_snapshot snapshot(clock::time_point now = clock::now()) const;

  /// Whether there is anything for those who watch over the tree: a message waits, a handler once took long,
  /// a child was restarted within the supervisor's period, or a restart is due. Costs less than a snapshot.
  bool is_conspicuous(clock::time_point now = clock::now()) const;

private:
  void has_changed() noexcept { version_.fetch_add(1, std::memory_order_release); }

  const actor_path path_;
  const std::uint64_t restarts_;
  const std::chrono::system_clock::time_point started_ = std::chrono::system_clock::now();
  std::atomic<actor_phase> phase_{actor_phase::starting};
  std::atomic<std::uint64_t> version_{0};
  std::optional<restart_type> restart_;
  std::atomic<bool> may_block_{false};
  std::atomic<pid_t> process_{0};
  mailbox_meter mailbox_;
  traced_messages traced_;
  mutable std::mutex mutex_; // of what follows; held for copies of short strings only
  std::string kind_;
  std::string status_;
  actor_details details_;
  std::shared_ptr<const supervisor_figures> supervisor_;
  std::optional<std::chrono::system_clock::time_point> restart_due_;
  std::string last_error_;
  caf::weak_actor_ptr actor_;
  std::uint64_t actor_id_ = 0;
};

} // namespace sandboxd::supervision
