#include "actors/port_watch.hpp"

#include <caf/send.hpp>
#include <fmt/format.h>

#include <utility>

namespace sandboxd::actors {

namespace {

using self_pointer = supervision::typed_stateful_pointer<port_watch_state, port_watch_actor>;

void probe(self_pointer self, const services_ptr& context) {
  if (!self->state.goes_on())
    return self->quit();
  self->set_status(self->state.describe());
  ports::probe_port(context->io, self->state.request().probe, context->service_sockets(),
                    [me = port_watch_actor(self)](ports::probe_result result) {
                      caf::anon_send(me, port_probed{std::move(result)});
                    });
}

} // namespace

void port_watch_state::follow_process(std::function<void()> ended) {
  if (process_)
    following_ = process_->log.follow([log = std::weak_ptr(process_), ended = std::move(ended)] {
      if (const auto process = log.lock(); process && process->finished())
        ended();
    });
}

bool port_watch_state::goes_on() {
  if (wanted_.interest.expired())
    return false;
  if (!process_ || !process_->finished())
    return true;
  wanted_.done.deliver(port_watch_result{false, std::nullopt, process_->record().exit_code});
  return false;
}

bool port_watch_state::take(const ports::probe_result& result) {
  ++probes_;
  if (!result.ready)
    return goes_on();
  wanted_.done.deliver(port_watch_result{true, result.status, std::nullopt});
  return false;
}

std::string port_watch_state::describe() const {
  return fmt::format("port {}, {} probes", wanted_.request.probe.port, probes_);
}

port_watch_actor::behavior_type port_watch_behavior(self_pointer self, services_ptr context,
                                                    watch_port wanted, tracked_process_ptr process) {
  self->state.configure(std::move(wanted), std::move(process));
  self->state.follow_process([me = port_watch_actor(self)] { caf::anon_send(me, watched_process_ended{}); });
  self->send(self, probe_now{});
  return {
      [self, context = std::move(context)](probe_now) { probe(self, context); },
      [self](const port_probed& event) {
        if (self->state.take(event.result))
          self->delayed_send(self, self->state.request().interval, probe_now{});
        else
          self->quit();
      },
      [self](watched_process_ended) {
        if (!self->state.goes_on())
          self->quit();
      },
  };
}

} // namespace sandboxd::actors
