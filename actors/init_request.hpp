#pragma once

#include "actors/interfaces.hpp"
#include "actors/paths.hpp"
#include "actors/services.hpp"
#include "supervision/errors.hpp"

#include <caf/send.hpp>

#include <string>
#include <utility>

namespace sandboxd::actors {

/// Makes the handle of an init that tells `receiver` (an actor that takes `init_ready` and `init_lost`) its
/// fate.
template <class Receiver>
init_handle make_init(const services_ptr& context, const init_socket& socket, const Receiver& receiver) {
  return launcher::session_process::create(
      context->io, std::move(*socket),
      {[receiver](const launcher::init_identity& identity) {
         caf::anon_send(receiver, init_ready{identity});
       },
       [receiver](const std::string& reason) { caf::anon_send(receiver, init_lost{reason}); }});
}

/// Asks the launcher for an init whose fate `receiver`, the handle of `self`, is told; `then(init_handle)`
/// runs in `self`, or `give_up(caf::error)` when there is none to be had.
template <class Self, class Receiver, class Then, class GiveUp>
void request_init(Self* self, const services_ptr& context, const spawn_init& wanted, const Receiver& receiver,
                  Then then, GiveUp give_up) {
  const auto launcher = self->observer()->actors->template find<launcher_actor>(paths::launcher);
  if (!launcher)
    return give_up(supervision::make_supervision_error(supervision::supervision_error::start_failed,
                                                       "the launcher is being restarted"));
  self->request(launcher, context->settings()->launcher.spawn_timeout, wanted)
      .then([context, receiver,
             then](const init_socket& socket) { then(make_init(context, socket, receiver)); },
            give_up);
}

} // namespace sandboxd::actors
