#include "actors/executor.hpp"

#include "actors/init_request.hpp"
#include "actors/interpreter_programs.hpp"
#include "launcher/exit_code.hpp"
#include "launcher/hunt.hpp"
#include "supervision/errors.hpp"

#include <asio/post.hpp>
#include <caf/exit_reason.hpp>
#include <caf/send.hpp>
#include <fmt/format.h>

#include <array>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <utility>

namespace sandboxd::actors {

namespace {

using self_pointer = supervision::typed_stateful_pointer<executor_state, executor_actor>;

/// What an executor's own text around the values of a MIME bundle may take, and how many values of the
/// largest size one event may hold.
constexpr std::size_t event_frame_bytes = 1u << 20;
constexpr std::size_t values_of_an_event = 8;

/// More than the fork server has, whose fault it is when it does not answer.
constexpr std::chrono::milliseconds time_beyond_the_fork_server{500};

launcher::executor_channels open_dialogue(self_pointer self) {
  auto& state = self->state;
  const auto settings = state.context->settings();
  auto channels = launcher::make_executor_channels();
  const executor_actor me(self);
  executor_dialogue::callbacks events;
  events.ready = [me](const std::string& version) { caf::anon_send(me, executor_is_up{version}); };
  events.gone = [me](const executor_end& end) {
    caf::anon_send(me, executor_is_gone{end.cause, end.blameless});
  };
  state.dialogue = executor_dialogue::create(
      state.context->io, std::move(channels.ours),
      {event_frame_bytes + values_of_an_event * settings->interpreter.result_max_bytes,
       settings->interpreter.interrupt_grace},
      std::move(events), state.context->message_reader);
  return std::move(channels.theirs);
}

/// Below its own init, on the init's strand.
void start_program(self_pointer self) {
  auto& state = self->state;
  auto theirs = std::make_shared<launcher::executor_channels>(open_dialogue(self));
  asio::post(state.init->executor(), [context = state.context, init = state.init, dialogue = state.dialogue,
                                      theirs, me = executor_actor(self)] {
    const launcher::descriptor null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    launcher::program_events fate;
    fate.started = [dialogue](launcher::process_ids, int error) {
      if (error != 0)
        dialogue->not_started(std::strerror(error));
    };
    fate.ended = [dialogue, me, parent = std::weak_ptr(init)](std::optional<int> status) {
      if (status && launcher::exit_code_of(*status) == no_such_program)
        caf::anon_send(me, executor_has_no_program{});
      const auto living = parent.lock(); // it holds this function
      dialogue->process_ended(status, living && living->out_of_memory_kills() > 0);
    };
    init->start(node_executor_program(*context),
                std::array{null.get(), theirs->output.get(), theirs->errors.get(), theirs->requests.get(),
                           theirs->events.get()},
                std::move(fate));
  });
}

void start_fork(self_pointer self) {
  auto& state = self->state;
  auto theirs = open_dialogue(self);
  state.lineage = launcher::new_session_lineage();
  state.start.fork_server.link->fork(
      state.lineage, std::move(theirs),
      {[dialogue = state.dialogue](const std::string& problem, bool server_is_gone) {
         dialogue->not_started(problem, server_is_gone);
       },
       [dialogue = state.dialogue](int status, bool out_of_memory) {
         dialogue->process_ended(status, out_of_memory);
       },
       [dialogue = state.dialogue] { dialogue->orphaned(); },
       [dialogue = std::weak_ptr(state.dialogue)] { // kept for as long as the fork server's namespace
         if (const auto living = dialogue.lock())
           living->doomed();
       }});
}

void leave(self_pointer self, const std::string& cause, bool blameless = false) {
  auto& state = self->state;
  self->send(state.start.pool,
             executor_leaves{state.start.number, cause, state.ready, state.has_no_program, blameless});
  self->quit();
}

} // namespace

executor_state::~executor_state() {
  if (dialogue)
    dialogue->kill("with the server's record of it");
  if (init)
    init->kill();
  else if (lineage != 0 && !start.fork_server.isolated)
    launcher::hunt(context->io, lineage);
}

executor_actor::behavior_type executor_behavior(self_pointer self, services_ptr context,
                                                executor_start start) {
  auto& state = self->state;
  state.context = std::move(context);
  state.start = std::move(start);
  self->set_status("starting");
  const auto settings = state.context->settings();
  state.time_to_start = settings->interpreter.start_timeout;
  if (state.start.fork_server.link) {
    state.time_to_start += time_beyond_the_fork_server;
    start_fork(self);
  } else {
    request_init(
        self, state.context, {settings->isolation.level != config::isolation_level::none},
        executor_actor(self), [self](init_handle init) { self->state.init = std::move(init); },
        [self](const caf::error& reason) { leave(self, "because " + supervision::describe(reason)); });
  }
  self->delayed_send(self, state.time_to_start, executor_overdue{});
  return {
      [self](const init_ready&) { start_program(self); },
      [self](const init_lost& event) { leave(self, "because " + event.reason); },
      [self](const executor_is_up& event) {
        self->state.ready = true;
        self->set_status(event.version.empty() ? "ready" : "ready, " + event.version);
        self->set_process(self->state.dialogue->process_id());
        self->send(self->state.start.pool,
                   executor_joins{std::make_shared<const executor_lease>(
                       self->state.start.number, self->state.dialogue, self->record()->shared_path())});
      },
      [self](const executor_is_gone& event) { leave(self, event.cause, event.blameless); },
      [self](executor_has_no_program) { self->state.has_no_program = true; },
      [self](executor_overdue) {
        if (!self->state.ready)
          leave(self,
                fmt::format("after {} ms in which it did not start", self->state.time_to_start.count()));
      },
  };
}

} // namespace sandboxd::actors
