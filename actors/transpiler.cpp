#include "actors/transpiler.hpp"

#include "actors/init_request.hpp"
#include "actors/interpreter_programs.hpp"
#include "config/settings.hpp"
#include "supervision/errors.hpp"

#include <asio/post.hpp>
#include <caf/send.hpp>

#include <array>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <optional>
#include <utility>

namespace sandboxd::actors {

namespace {

using self_pointer = supervision::typed_stateful_pointer<transpiler_state, transpiler_actor>;

/// Largest answer, in bytes: code of the largest request and its source map.
constexpr std::size_t largest_answer = 256u << 20;

/// A cell of usual size takes two milliseconds.
constexpr std::chrono::seconds longest_wait{30};

constexpr std::chrono::seconds looking_interval{5};

failure no_transpiler(const std::string& detail) {
  failure reason(error_code::interpreter_not_ready, "The TypeScript transpiler is starting up");
  reason.retry_after = 1;
  reason.detail = detail;
  return reason;
}

void fail_all(transpiler_state& state, const std::string& problem) {
  state.unsent.clear();
  for (const auto& [number, one] : std::exchange(state.waiting, {}))
    one.done.deliver(no_transpiler(problem));
}

void send(const std::shared_ptr<launcher::executor_link>& link, interpreters::transpile_order order) {
  asio::post(link->executor(), [link, text = to_text(order)]() mutable { link->send(std::move(text)); });
}

void send_all(transpiler_state& state) {
  for (auto& order : std::exchange(state.unsent, {}))
    send(state.link, std::move(order));
}

void on_lost(self_pointer self, const std::string& problem) {
  auto& state = self->state;
  const auto now = transpiler_state::clock::now();
  const auto delay = state.retry.next_delay(state.link ? state.alive_since : now, now);
  ++state.generation;
  state.begun = false;
  state.link.reset();
  if (const auto init = std::exchange(state.init, nullptr))
    init->kill();
  fail_all(state, problem);
  self->set_last_error(problem);
  self->set_status("waiting to start again: " + problem);
  self->set_process(0);
  self->set_restart_due(std::chrono::system_clock::now() + delay);
  self->delayed_send(self, delay, start_transpiler{});
}

void start(self_pointer self) {
  auto& state = self->state;
  const auto generation = state.generation;
  const transpiler_actor me(self);
  auto channels = launcher::make_executor_channels();
  launcher::executor_link::callbacks events;
  events.event = [me, generation](std::string text) {
    caf::anon_send(me, transpiler_says{generation, std::move(text)});
  };
  events.output = [](bool, const std::string&) {};
  events.closed = [me, generation](bool) { caf::anon_send(me, transpiler_lost{generation, "it has ended"}); };
  state.link = launcher::executor_link::create(state.context->io, std::move(channels.ours), largest_answer,
                                               std::move(events));
  state.alive_since = transpiler_state::clock::now();
  auto theirs = std::make_shared<launcher::executor_channels>(std::move(channels.theirs));
  asio::post(state.init->executor(), [context = state.context, init = state.init, theirs, me, generation] {
    const launcher::descriptor null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    launcher::program_events fate;
    fate.started = [me, generation](launcher::process_ids, int error) {
      if (error != 0)
        caf::anon_send(me, transpiler_lost{generation, std::strerror(error)});
    };
    fate.ended = [me, generation](std::optional<int>) {
      caf::anon_send(me, transpiler_lost{generation, "it has ended"});
    };
    init->start(transpiler_program(*context),
                std::array{null.get(), theirs->output.get(), theirs->errors.get(), theirs->requests.get(),
                           theirs->events.get()},
                std::move(fate));
  });
  send_all(state);
}

void begin(self_pointer self) {
  auto& state = self->state;
  state.begun = true;
  self->set_status("starting");
  const bool isolate = state.context->settings()->isolation.level != config::isolation_level::none;
  request_init(
      self, state.context, {isolate}, transpiler_actor(self),
      [self](init_handle init) { self->state.init = std::move(init); },
      [self](const caf::error& reason) { on_lost(self, supervision::describe(reason)); });
}

/// What comes before there is a transpiler waits for it, as long as for an answer.
void on_order(self_pointer self, transpile order) {
  auto& state = self->state;
  const auto number = ++state.last_order;
  state.waiting.emplace(
      number, transpiler_state::waiting_code{std::move(order.done), transpiler_state::clock::now()});
  state.unsent.push_back({number, std::move(order.code)});
  if (state.link)
    send_all(state);
  else if (!state.begun)
    begin(self);
}

/// The first word of a transpiler is none.
void on_answer(self_pointer self, const std::string& text) {
  auto answer = interpreters::parse_transpiled(text);
  if (!answer) {
    self->set_process(self->state.link->process_id());
    self->set_restart_due({});
    return self->set_status("ready");
  }
  if (const auto found = self->state.waiting.extract(answer->id); !found.empty())
    found.mapped().done.deliver(std::move(*answer));
}

void look_for_late(self_pointer self) {
  const auto now = transpiler_state::clock::now();
  for (const auto& [number, one] : self->state.waiting)
    if (now - one.since > longest_wait)
      return on_lost(self, "it does not answer");
}

} // namespace

transpiler_state::~transpiler_state() {
  if (init)
    init->kill();
}

transpiler_actor::behavior_type transpiler_behavior(self_pointer self, services_ptr context) {
  const auto settings = context->settings();
  self->state.retry = supervision::backoff(
      {.initial = settings->supervision.backoff_base, .maximum = settings->supervision.backoff_max});
  self->state.context = std::move(context);
  self->set_status("not wanted yet");
  self->delayed_send(self, looking_interval, look_for_late_code{});
  return {
      [self](transpile& order) { on_order(self, std::move(order)); },
      [self](const init_ready&) {
        if (self->state.init)
          start(self);
      },
      [self](const init_lost& event) {
        if (std::exchange(self->state.init, nullptr))
          on_lost(self, event.reason);
      },
      [self](const transpiler_says& event) {
        if (event.generation == self->state.generation)
          on_answer(self, event.text);
      },
      [self](const transpiler_lost& event) {
        if (event.generation == self->state.generation)
          on_lost(self, event.problem);
      },
      [self](start_transpiler) {
        if (!self->state.begun)
          begin(self);
      },
      [self](look_for_late_code) {
        look_for_late(self);
        self->delayed_send(self, looking_interval, look_for_late_code{});
      },
  };
}

} // namespace sandboxd::actors
