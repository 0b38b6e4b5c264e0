#pragma once

#include "actors/errors.hpp"

#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace sandboxd::actors {

/// Stands between an observer and everybody who tells it something: lets one call in at a time, nothing after
/// the end, and, when it is destroyed before that, tells the end itself: `failed(internal_error)`.
///
/// `Observer` has a function `failed(failure)`. Any thread.
template <class Observer>
class guarded_observer {
public:
  /// `lost_text`: what a client is told when the end was never told.
  guarded_observer(std::shared_ptr<Observer> observer, std::string lost_text)
      : observer_(std::move(observer)), lost_text_(std::move(lost_text)) {}
  guarded_observer(const guarded_observer&) = delete;
  guarded_observer& operator=(const guarded_observer&) = delete;
  ~guarded_observer() {
    if (ended_)
      return;
    try {
      observer_->failed({error_code::internal_error, std::move(lost_text_)});
    } catch (const std::exception&) { // NOLINT(bugprone-empty-catch): no memory; the observer dies untold
    }
  }

  [[nodiscard]] const Observer& observer() const { return *observer_; }

  /// `call(observer)`, unless the end was told before.
  template <class Call>
  void tell(Call call) {
    const std::lock_guard guard(mutex_);
    if (!ended_)
      call(*observer_);
  }

  /// The same for the last call.
  template <class Call>
  void tell_end(Call call) {
    const std::lock_guard guard(mutex_);
    if (std::exchange(ended_, true))
      return;
    call(*observer_);
    held_ = nullptr;
  }

  /// Keeps something until the end is told. Before anything is told.
  void hold(std::shared_ptr<const void> what) { held_ = std::move(what); }

private:
  const std::shared_ptr<Observer> observer_;
  std::string lost_text_;
  std::mutex mutex_;
  bool ended_ = false;
  std::shared_ptr<const void> held_;
};

} // namespace sandboxd::actors
