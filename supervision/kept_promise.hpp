#pragma once

#include <caf/error.hpp>
#include <caf/make_message.hpp>
#include <caf/result.hpp>
#include <caf/typed_response_promise.hpp>
#include <caf/unit.hpp>

#include <memory>
#include <utility>

namespace sandboxd::supervision {

/// A response promise that is always kept. CAF 0.17.6 sends nothing when a promise is dropped, and whoever
/// asked waits for ever; this one answers with an error when its last copy is destroyed unanswered, for
/// instance with the state of an actor that crashed. Copies share the one answer. Belongs to one actor, which
/// returns it from the handler:
///
///     auto promise = kept_promise<chunk>{self, make_error(exec_error::shell_died)};
///     state.waiting.push_back(promise);
///     return promise.result();
template <class... Ts>
class kept_promise {
public:
  /// Takes over the answer to the message that `self` is handling. `if_forgotten` must be a real error.
  template <class Self>
  kept_promise(Self* self, caf::error if_forgotten)
      : state_(std::make_shared<state>(self->template make_response_promise<Ts...>(),
                                       std::move(if_forgotten))) {}

  /// Answers, unless that has been done already.
  template <class... Us>
  void deliver(Us&&... values) const {
    if constexpr (sizeof...(Us) == 0)
      static_cast<caf::response_promise&>(state_->promise)
          .deliver(caf::unit); // typed promises of void cannot
    else
      state_->promise.deliver(std::forward<Us>(values)...);
  }

  /// Whether the answer is still open.
  bool pending() const { return state_->promise.pending(); }

  /// What the handler returns.
  caf::result<Ts...> result() const { return state_->promise; }

private:
  struct state {
    state(caf::typed_response_promise<Ts...> open, caf::error error)
        : promise(std::move(open)), if_forgotten(std::move(error)) {}
    state(const state&) = delete;
    state& operator=(const state&) = delete;
    ~state() {
      if (promise.pending())
        promise.deliver(std::move(if_forgotten));
    }
    caf::typed_response_promise<Ts...> promise;
    caf::error if_forgotten;
  };
  std::shared_ptr<state> state_;
};

} // namespace sandboxd::supervision
