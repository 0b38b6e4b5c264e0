#pragma once

#include "actors/interfaces.hpp"
#include "actors/services.hpp"
#include "actors/watch_source.hpp"
#include "supervision/actor_base.hpp"

#include <caf/actor_clock.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sandboxd::actors {

/// What one watch knows: its readers with what waits for them, and how far it is. Knows no actor system.
class watch_state {
public:
  static inline const char* name = "watch";
  using time = caf::actor_clock::time_point;

  void configure(std::string watch_id, watch_options wanted, services_ptr context,
                 std::shared_ptr<watch_source> source);

  // Turns: one at a time.

  /// Whether a turn is to begin now; else it follows the one under way.
  [[nodiscard]] bool begin_turn();
  /// One has ended well: readers are told, and who compares.
  void turned(files::watch_turn turn, time now);
  /// One has failed for good.
  void failed(const failure& reason);
  /// One could not be had for the moment; none is wanted until `retry`.
  void refused();
  void retry();
  /// Whether what comes next shall gather for a moment, until `retry`: something has just come.
  [[nodiscard]] bool begin_pause();
  /// Whether another is to follow at once.
  [[nodiscard]] bool wants_turn() const;
  /// Whether the source is to be asked to call when it has something.
  [[nodiscard]] bool begin_await();
  void await_ended() {
    awaiting_ = false;
    again_ = true;
  }
  [[nodiscard]] const std::shared_ptr<watch_source>& source() const noexcept { return source_; }

  // Who is interested.

  void subscribe(watch_reader_handle handle, const std::function<watch_control(std::uint64_t)>& control);
  void take_more(std::uint64_t number);
  void leave(std::uint64_t number, time now);
  /// Compares when a turn that begins after this has ended.
  void check(check_watch request);

  /// Gives each reader that has room what waits for it.
  void flush();
  /// Whether that is to be done, and nobody is about to.
  [[nodiscard]] bool begin_flush();

  // Its end.

  /// The setup has taken its time.
  void overdue();
  /// Whether nobody is interested (any more).
  [[nodiscard]] bool is_unused(time now) const;
  /// Whether somebody is to look again at `expires`, and nobody is about to.
  [[nodiscard]] bool begin_expiry();
  void expiry_ended() { expiring_ = false; }
  [[nodiscard]] time expires() const;
  /// Ends it: readers are told.
  void end(const watch_end& how);
  /// The same, when everything ends.
  void shut_down();
  [[nodiscard]] bool is_over() const noexcept { return over_; }
  /// Whether it is over and the registry does not know; afterwards it does.
  [[nodiscard]] bool begin_leaving() { return over_ && !std::exchange(leaving_, true); }
  [[nodiscard]] bool is_leaving() const noexcept { return leaving_; }
  /// Comparisons that must go to another watch, since this one is over.
  [[nodiscard]] std::vector<check_watch> take_unanswered() { return std::exchange(unanswered_, {}); }

  [[nodiscard]] std::string describe() const;

private:
  struct reader {
    watch_reader_handle handle;
    watch_control control;
    files::change_batch waiting;
    bool has_room = false;
  };
  struct pending_check {
    check_watch request;
    std::uint64_t turn; ///< that must have ended
  };

  void keep(const std::vector<watch_change>& changes);
  void answer_checks(time now);
  void end_with(const failure& reason);

  std::string id_;
  watch_options wanted_;
  services_ptr context_;
  std::shared_ptr<watch_source> source_;
  bool running_ = false;
  bool over_ = false;
  bool turning_ = false;
  bool again_ = true; ///< the first turn begins with the first request, which hears what comes of it
  bool waiting_for_pool_ = false;
  bool has_told_ = false; ///< the last turn
  bool pausing_ = false;
  bool awaiting_ = false;
  bool flushing_ = false;
  bool expiring_ = false;
  bool leaving_ = false;
  std::uint64_t turns_ = 0; ///< begun
  std::uint64_t cursor_ = 0;
  std::size_t directories_ = 0;
  std::uint64_t last_reader_ = 0;
  std::map<std::uint64_t, reader> readers_;
  std::vector<pending_check> checks_;
  std::vector<check_watch> unanswered_;
  /// Whether the request has come for which it was made.
  bool used_ = false;
  bool retained_ = false;
  time last_use_{};
};

/// Watches one path for all who want to know the same of it. Its turns run on the workers of the pool, one at
/// a time; between them it waits for the descriptor on the I/O threads. Each reader is told what has come
/// every 75 ms. Ends normally when nobody is interested any more, when there is nothing left to watch, and
/// when events were lost: not before the registry knows, so that no request is lost with it.
watch_actor::behavior_type watch_behavior(supervision::typed_stateful_pointer<watch_state, watch_actor> self,
                                          services_ptr context, std::string watch_id,
                                          const watch_options& wanted, const watch_source_factory& sources);

} // namespace sandboxd::actors
