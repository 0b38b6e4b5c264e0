#pragma once

#include "supervision/actor_base.hpp"
#include "supervision/child_spec.hpp"
#include "supervision/spawn_scope.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/spawn_options.hpp>
#include <caf/unit.hpp>

#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace sandboxd::supervision {

namespace detail {

template <class T>
struct is_supervised : std::false_type {};
template <class Base>
struct is_supervised<supervised_actor<Base>> : std::true_type {};
template <class State, class Base>
struct is_supervised<caf::stateful_actor<State, Base>> : is_supervised<Base> {};

/// `system.spawn<Options>(function, arguments...)`. Without arguments CAF 0.17.6 dereferences a null pointer
/// (to an empty tuple, harmless but for UBSan), so there is always one.
template <caf::spawn_options Options, class Function, class... Arguments>
auto spawn(caf::actor_system& system, Function function, const Arguments&... arguments) {
  if constexpr (sizeof...(Arguments) > 0) {
    return system.spawn<Options>(function, arguments...);
  } else {
    using implementation = caf::infer_impl_from_fun_t<Function>;
    return system.spawn<Options>(
        [function](implementation* self, const caf::unit_t&) { return function(self); }, caf::unit);
  }
}

} // namespace detail

/// The start function of an actor written as a function. `arguments` are copied for every incarnation.
///
///     child_spec spec;
///     spec.id = "files";
///     spec.start = supervised(files_actor, settings, worker_count);
///
/// `Options`: e.g. `caf::detached` for an actor that may block its own thread.
template <caf::spawn_options Options = caf::no_spawn_options, class Function, class... Arguments>
start_function supervised(Function function, Arguments... arguments) {
  using implementation = caf::infer_impl_from_fun_t<Function>;
  static_assert(detail::is_supervised<implementation>::value,
                "the actor's self pointer must be of one of the types of actor_base.hpp");
  return [=](const spawn_context& context) -> caf::expected<caf::strong_actor_ptr> {
    if constexpr (caf::has_detach_flag(Options))
      context.record->allow_to_block();
    const spawn_scope::offer offer{spawn_scope{
        context.record, context.observer, caf::actor_cast<caf::weak_actor_ptr>(context.supervisor), {}}};
    return caf::actor_cast<caf::strong_actor_ptr>(
        detail::spawn<Options>(context.system, function, arguments...));
  };
}

/// Spawns an actor that no supervisor watches at `path` of the tree (the root supervisor, an actor in a
/// test); it is listed in the directory as long as it lives. Returns its handle.
template <caf::spawn_options Options = caf::no_spawn_options, class Function, class... Arguments>
auto spawn_unsupervised(caf::actor_system& system, const observer_ptr& observer, std::string path,
                        Function function, const Arguments&... arguments) {
  auto record = std::make_shared<actor_record>(std::move(path));
  const spawn_scope::offer offer{spawn_scope{record, observer, nullptr, observer->actors->enter(record)}};
  return detail::spawn<Options>(system, function, arguments...);
}

} // namespace sandboxd::supervision
