#pragma once

#include "inspector/call.hpp"

/// What people do to the running tree. All of it is noted in the journal.
namespace sandboxd::inspector::action_resource {

/// POST /inspector/api/actor/restart: an actor ends, and its supervisor starts it again.
void restart(const call& incoming);

/// POST /inspector/api/actor/stop: its supervisor stops an actor.
void stop(const call& incoming);

/// POST /inspector/api/actor/signal: the processes of an actor get a signal.
void signal(const call& incoming);

/// POST /inspector/api/breaker: a circuit breaker is opened or closed by hand.
void turn_breaker(const call& incoming);

/// POST /inspector/api/request/cut: the connection of a request that is under way is closed.
void cut_request(const call& incoming);

/// POST /inspector/api/drain: the daemon ends when nothing is under way.
void drain(const call& incoming);

} // namespace sandboxd::inspector::action_resource
