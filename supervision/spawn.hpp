#pragma once

#include "supervision/actor_base.hpp"
#include "supervision/child_spec.hpp"
#include "supervision/spawn_scope.hpp"

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/spawn_options.hpp>

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
    const spawn_scope::offer offer{spawn_scope{
        context.record, context.observer, caf::actor_cast<caf::weak_actor_ptr>(context.supervisor), {}}};
    return caf::actor_cast<caf::strong_actor_ptr>(
        context.system.template spawn<Options>(function, arguments...));
  };
}

/// Spawns an actor that no supervisor watches at `path` of the tree (the root supervisor, an actor in a
/// test); it is listed in the directory as long as it lives. Returns its handle.
template <caf::spawn_options Options = caf::no_spawn_options, class Function, class... Arguments>
auto spawn_unsupervised(caf::actor_system& system, const observer_ptr& observer, std::string path,
                        Function function, Arguments&&... arguments) {
  auto record = std::make_shared<actor_record>(std::move(path));
  const spawn_scope::offer offer{spawn_scope{record, observer, nullptr, observer->actors->enter(record)}};
  return system.template spawn<Options>(function, std::forward<Arguments>(arguments)...);
}

} // namespace sandboxd::supervision
