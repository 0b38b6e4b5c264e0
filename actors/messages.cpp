#include "actors/messages.hpp"

#include <exception>
#include <mutex>

namespace sandboxd::actors {

/// Calls come from the I/O threads and, when a session is closed, from actors: the mutex lets one call in at
/// a time, and nothing after the end.
struct observer_handle::state {
  explicit state(std::shared_ptr<command_observer> given) : observer(std::move(given)) {}
  state(const state&) = delete;
  state& operator=(const state&) = delete;
  ~state() {
    if (ended)
      return;
    try {
      observer->failed({error_code::internal_error, "The command was lost inside the server"});
    } catch (const std::exception&) { // NOLINT(bugprone-empty-catch): no memory; the observer dies untold
    }
  }

  template <class Call>
  void call(bool is_the_end, Call call) {
    const std::lock_guard guard(mutex);
    if (ended)
      return;
    ended = is_the_end;
    call(*observer);
    if (is_the_end)
      held = nullptr;
  }

  const std::shared_ptr<command_observer> observer;
  std::mutex mutex;
  bool ended = false;
  std::shared_ptr<const void> held;
};

observer_handle::observer_handle(std::shared_ptr<command_observer> observer)
    : state_(std::make_shared<state>(std::move(observer))) {}

bool observer_handle::wants_live_output() const {
  return state_ && state_->observer->wants_live_output();
}

void observer_handle::started(command_control control) const {
  if (state_)
    state_->call(false, [&](command_observer& observer) { observer.started(std::move(control)); });
}

void observer_handle::output(output_stream stream, std::string bytes) const {
  if (state_)
    state_->call(false, [&](command_observer& observer) { observer.output(stream, std::move(bytes)); });
}

void observer_handle::finished(command_outcome outcome) const {
  if (state_)
    state_->call(true, [&](command_observer& observer) { observer.finished(std::move(outcome)); });
}

void observer_handle::hold(std::shared_ptr<const void> what) const {
  if (state_)
    state_->held = std::move(what);
}

void observer_handle::failed(failure reason) const {
  if (state_)
    state_->call(true, [&](command_observer& observer) { observer.failed(std::move(reason)); });
}

} // namespace sandboxd::actors
