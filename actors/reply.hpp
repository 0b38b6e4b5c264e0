#pragma once

#include "actors/errors.hpp"
#include "supervision/trace.hpp"

#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <utility>
#include <variant>

namespace sandboxd::actors {

/// A value or the reason why there is none.
template <class T>
using result_of = std::variant<T, failure>;

/// The way back for one request: a call-back that is called exactly once, whatever dies on the way.
///
/// Copies share one call-back (CAF messages must be copyable). The first `deliver` wins and later ones are
/// ignored; when the last copy is destroyed before any `deliver`, the call-back receives an `internal_error`.
/// `deliver` and the destructor may run on any thread, so the call-back must be thread-safe and must not
/// block.
template <class T>
class reply {
public:
  using callback = std::function<void(result_of<T>)>;

  reply() = default;
  explicit reply(callback on_result) : shared_(std::make_shared<state>(std::move(on_result))) {}

  /// Answers the request. Does nothing when it is already answered.
  void deliver(result_of<T> result) const {
    if (shared_)
      shared_->deliver(std::move(result));
  }

private:
  struct state {
    explicit state(callback f) : on_result(std::move(f)), origin(supervision::current_origin()) {}
    ~state() {
      try {
        deliver(failure{error_code::internal_error, "The request was lost inside the server"});
      } catch (const std::exception&) { // NOLINT(bugprone-empty-catch): no memory; the call-back dies untold
      }
    }
    state(const state&) = delete;
    state& operator=(const state&) = delete;

    void deliver(result_of<T> result) {
      if (answered.exchange(true))
        return;
      const supervision::trace_scope here(origin);
      on_result(std::move(result));
    }

    callback on_result;
    const supervision::trace_origin origin; ///< who has asked
    std::atomic<bool> answered{false};
  };

  std::shared_ptr<state> shared_;
};

} // namespace sandboxd::actors
