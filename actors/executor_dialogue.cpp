#include "actors/executor_dialogue.hpp"

#include "launcher/exit_code.hpp"

#include <asio/bind_executor.hpp>
#include <asio/dispatch.hpp>
#include <asio/post.hpp>
#include <fmt/format.h>

#include <csignal>
#include <new>
#include <string_view>
#include <sys/wait.h>
#include <utility>
#include <variant>

namespace sandboxd::actors {

namespace {

using interpreters::executor_outcome;

/// A process and its sockets do not end at the same moment: so long one waits for the other.
constexpr std::chrono::milliseconds time_to_end{20};

/// A line that is not finished waits so long for its rest, unless it is long.
constexpr std::chrono::milliseconds time_for_a_line{50};
constexpr std::size_t longest_wait_bytes = 8u << 10;

/// To the first reminder of an interrupt that may have been missed; each further pause is twice as long.
constexpr std::chrono::milliseconds time_to_hear{100};

/// Bytes of a message; reading as many takes some milliseconds.
constexpr std::size_t longest_to_read_here = 128u << 10;

/// For the status of a process that was killed.
constexpr std::chrono::milliseconds time_to_die{1000};

/// Nobody tells the status of one whose fork server has ended. Had their namespace ended, that would be on
/// its way here already: process 1 closes its socket before the kernel kills what is left in it.
constexpr std::chrono::milliseconds time_for_a_doom{10};

/// It is killed for it, unless it was about to end and has an end of its own.
constexpr std::string_view let_go = "after it had closed its connection to the server";

bool was_killed(std::optional<int> status) {
  return !status || (WIFSIGNALED(*status) && WTERMSIG(*status) == SIGKILL);
}

std::string describe(std::optional<int> status) {
  return status ? launcher::describe_status(*status) : "for an unknown reason";
}

/// With the place in the user's code, where it is known.
executor_outcome::exception time_error(std::chrono::milliseconds limit,
                                       const std::optional<executor_outcome::exception>& interrupt) {
  auto error = interrupt.value_or(executor_outcome::exception{});
  error.name = "TimeoutError";
  error.text = fmt::format("The run took longer than {} ms", limit.count());
  if (!error.traceback.empty())
    error.traceback.pop_back(); // the name and text of the interrupt
  error.traceback.push_back(fmt::format("{}: {}", error.name, error.text));
  return error;
}

/// Nothing for what is no event, and where there is no room to read it.
std::optional<interpreters::executor_event> read(const std::string& payload) {
  try {
    return interpreters::parse_executor_event(payload);
  } catch (const std::bad_alloc&) {
    return std::nullopt;
  }
}

executor_outcome::exception exception(std::string name, std::string text) {
  return {std::move(name), text, {text}, std::nullopt};
}

} // namespace

std::shared_ptr<executor_dialogue>
executor_dialogue::create(asio::io_context& io, launcher::executor_channels ours, const limits& bounds,
                          callbacks events, std::shared_ptr<launcher::background_worker> reader) {
  std::shared_ptr<executor_dialogue> made(
      new executor_dialogue(io, bounds, std::move(events), std::move(reader)));
  const std::weak_ptr<executor_dialogue> weak = made;
  launcher::executor_link::callbacks from_link;
  from_link.event = [weak](std::string payload) {
    if (const auto self = weak.lock())
      self->on_event(std::move(payload));
  };
  from_link.output = [weak](bool is_error_stream, std::string_view bytes) {
    if (const auto self = weak.lock())
      self->on_output(is_error_stream, bytes);
  };
  from_link.process_gone = [weak] {
    if (const auto self = weak.lock())
      self->on_process_gone();
  };
  from_link.closed = [weak](bool broken) {
    if (const auto self = weak.lock())
      self->on_closed(broken);
  };
  made->link_ =
      launcher::executor_link::create(io, std::move(ours), bounds.largest_event, std::move(from_link));
  return made;
}

executor_dialogue::executor_dialogue(asio::io_context& io, const limits& bounds, callbacks events,
                                     std::shared_ptr<launcher::background_worker> reader)
    : limits_(bounds), call_(std::move(events)), reader_(std::move(reader)), run_timer_(io),
      interrupt_timer_(io), end_timer_(io), line_timer_(io) {}

executor_dialogue::~executor_dialogue() = default;

template <class Call>
void executor_dialogue::on_strand(Call call) {
  asio::dispatch(link_->executor(),
                 [self = shared_from_this(), call = std::move(call)]() mutable { call(*self); });
}

template <class Call>
void executor_dialogue::after(asio::steady_timer& timer, std::chrono::milliseconds time, Call call) {
  timer.expires_after(time);
  timer.async_wait(
      asio::bind_executor(link_->executor(), [weak = weak_from_this(), call](const std::error_code& error) {
        if (const auto self = weak.lock(); self && !error)
          call(*self);
      }));
}

/// A timer may have expired already when it is cancelled: the number keeps it from the next run.
template <class Call>
void executor_dialogue::in_this_run_after(asio::steady_timer& timer, std::chrono::milliseconds time,
                                          Call call) {
  after(timer, time, [number = runs_, call](executor_dialogue& self) {
    if (self.run_ && self.runs_ == number)
      call(self);
  });
}

void executor_dialogue::configure(const interpreters::configure_executor& order) {
  on_strand([text = to_text(order)](executor_dialogue& self) mutable { self.link_->send(std::move(text)); });
}

void executor_dialogue::on_gone(std::function<void(const executor_end&)> told) {
  on_strand([told = std::move(told)](executor_dialogue& self) mutable {
    if (self.ended_)
      return told({self.cause_, self.is_blameless_});
    self.told_gone_ = std::move(told);
  });
}

void executor_dialogue::run(const interpreters::run_cell& order, const run_options& options,
                            run_handle observer, std::function<void(run_end)> done) {
  on_strand([text = to_text(order), options, observer = std::move(observer),
             done = std::move(done)](executor_dialogue& self) mutable {
    if (self.is_ending())
      return done(run_end::not_begun);
    self.run_ = current_run{std::move(observer), std::move(done), options};
    ++self.runs_;
    self.begin(std::move(text));
  });
}

void executor_dialogue::begin(std::string text) {
  link_->begin_run();
  run_->observer->tell(
      [this](run_observer& observer) { observer.started(make_control(), run_->options.state_lost); });
  if (run_->options.timeout.count() > 0)
    in_this_run_after(run_timer_, run_->options.timeout,
                      [](executor_dialogue& self) { self.limit_is_reached(); });
  link_->send(std::move(text));
}

/// The number of the run keeps a control from steering the next one.
run_control executor_dialogue::make_control() {
  const auto steer = [weak = weak_from_this(), number = runs_](auto act) {
    if (const auto self = weak.lock())
      self->on_strand([number, act](executor_dialogue& inside) {
        if (inside.run_ && inside.runs_ == number)
          act(inside);
      });
  };
  run_control control;
  control.grant = [steer](std::size_t bytes) {
    steer([bytes](executor_dialogue& self) { self.link_->grant(bytes); });
  };
  control.detach = [steer] { steer([](executor_dialogue& self) { self.client_left(); }); };
  return control;
}

void executor_dialogue::interrupt() {
  on_strand([](executor_dialogue& self) {
    if (self.run_)
      self.begin_interrupt();
  });
}

void executor_dialogue::kill(const std::string& why) {
  on_strand([why](executor_dialogue& self) {
    self.had_last_words_ = true; // nobody wants to hear them
    self.give_up(why);
  });
}

void executor_dialogue::not_started(const std::string& problem, bool blameless) {
  on_strand([problem, blameless](executor_dialogue& self) {
    self.cause_ = "before it began: " + problem;
    self.is_blameless_ = blameless;
    self.end();
  });
}

void executor_dialogue::process_ended(std::optional<int> status, bool out_of_memory) {
  const bool lacked_memory = out_of_memory && was_killed(status);
  on_strand([status, lacked_memory](executor_dialogue& self) {
    if (self.cause_.empty() || (self.cause_ == let_go && (lacked_memory || !was_killed(status))))
      self.cause_ = describe(status) + (lacked_memory ? ": there was no memory for it" : "");
    self.process_ended_ = true;
    if (self.closed_)
      return self.end();
    // Its last words may still be on their way; or somebody it started keeps the sockets.
    self.after(self.end_timer_, time_to_end, [](executor_dialogue& late) { late.end(); });
  });
}

void executor_dialogue::on_event(std::string payload) {
  if (payload.size() > longest_to_read_here)
    return read_elsewhere(std::move(payload));
  on_event_read(interpreters::parse_executor_event(payload), payload.size());
}

void executor_dialogue::read_elsewhere(std::string payload) {
  reader_->run([weak = weak_from_this(), strand = link_->executor(), run = run_ ? runs_ : 0,
                payload = std::move(payload)] {
    auto event = std::make_shared<std::optional<interpreters::executor_event>>(read(payload));
    asio::post(strand, [weak, event, run, size = payload.size()] {
      if (const auto self = weak.lock())
        self->was_read(std::move(*event), size, run);
    });
  });
  is_reading_ = true;
  link_->hold();
}

/// `run`: the number of the run that was under way when the event came; 0: none.
void executor_dialogue::was_read(std::optional<interpreters::executor_event> event, std::size_t size,
                                 std::uint64_t run) {
  is_reading_ = false;
  if (!event || run == (run_ ? runs_ : 0))
    on_event_read(std::move(event), size);
  else if (const auto* result = std::get_if<interpreters::executor_result>(&*event); result && result->waits)
    link_->acknowledge(); // nobody is to be shown what came between two runs
  link_->go_on();
  if (run_ && std::exchange(run_->waits_for_reading, false))
    in_this_run_after(run_timer_, time_to_end, [](executor_dialogue& self) { self.time_is_over(); });
  if (ends_when_read_)
    after(end_timer_, time_to_end, [](executor_dialogue& self) {
      self.had_last_words_ = true;
      self.end();
    });
}

void executor_dialogue::on_event_read(std::optional<interpreters::executor_event> event, std::size_t size) {
  if (!event)
    return give_up("after it had sent what is no message");
  if (auto* result = std::get_if<interpreters::executor_result>(&*event))
    result->shown.credit = size;
  else
    link_->grant(size);
  std::visit([this](auto& one) { handle(std::move(one)); }, *event);
}

void executor_dialogue::handle(const interpreters::executor_ready& event) {
  repeat_interrupts_ = event.repeat_interrupts;
  if (call_.ready)
    call_.ready(event.version);
}

void executor_dialogue::handle(interpreters::executor_running) {
  if (!run_)
    return;
  run_->hears_interrupts = true;
  if (run_->is_interrupted)
    begin_interrupt();
}

void executor_dialogue::handle(interpreters::executor_synchronizes) {
  link_->acknowledge();
}

void executor_dialogue::handle(interpreters::executor_result event) {
  pass_on_output();
  if (run_ && !run_->only_end_counts)
    run_->observer->tell([&](run_observer& observer) { observer.shown(std::move(event.shown)); });
  if (event.waits)
    link_->acknowledge();
}

void executor_dialogue::handle(executor_outcome event) {
  execution_count_ = event.execution_count;
  if (run_)
    end_run({std::move(event.error), event.execution_count});
}

/// Whole lines at once; what is not yet one waits a moment for its rest, since many programs write a line in
/// pieces (HTTP.md 9.4).
void executor_dialogue::on_output(bool is_error_stream, std::string_view bytes) {
  const auto stream = is_error_stream ? output_stream::err : output_stream::out;
  if (stream != unfinished_stream_)
    pass_on_output();
  const bool waits_already = !unfinished_line_.empty();
  unfinished_stream_ = stream;
  unfinished_line_ += bytes;
  if (unfinished_line_.ends_with('\n') || unfinished_line_.size() > longest_wait_bytes)
    return pass_on_output();
  if (waits_already)
    return;
  after(line_timer_, time_for_a_line, [](executor_dialogue& self) { self.pass_on_output(); });
}

void executor_dialogue::pass_on_output() {
  line_timer_.cancel();
  auto bytes = std::exchange(unfinished_line_, {});
  if (run_ && !bytes.empty())
    run_->observer->tell(
        [&](run_observer& observer) { observer.output(unfinished_stream_, std::move(bytes)); });
}

void executor_dialogue::on_closed(bool broken) {
  closed_ = true;
  if (broken && cause_.empty())
    cause_ = fmt::format("after it had sent a message of more than {} bytes", limits_.largest_event);
  if (process_ended_)
    return end();
  if (is_gone_)
    return; // its status is waited for
  after(end_timer_, time_to_end, [](executor_dialogue& self) {
    if (self.cause_.empty())
      self.cause_ = let_go;
    self.link_->kill();
    self.after(self.end_timer_, time_to_die, [](executor_dialogue& late) { late.end(); });
  });
}

void executor_dialogue::on_process_gone() {
  if (std::exchange(is_gone_, true))
    return; // doomed, and so waited for
  if (!process_ended_)
    wait_for_status(is_orphan_ ? time_for_a_doom : time_to_die);
}

void executor_dialogue::orphaned() {
  on_strand([](executor_dialogue& self) {
    self.is_orphan_ = true;
    if (self.is_gone_ && !self.process_ended_)
      self.wait_for_status(time_for_a_doom);
  });
}

void executor_dialogue::doomed() {
  on_strand([](executor_dialogue& self) {
    if (self.cause_.empty() || self.cause_ == let_go) {
      self.cause_ = "with the namespace of Python's fork server";
      self.is_blameless_ = true;
    }
    self.is_orphan_ = self.is_gone_ = true;
    if (!self.process_ended_)
      self.wait_for_status(time_to_end);
  });
}

/// The process is gone, but somebody else may keep its sockets open.
void executor_dialogue::wait_for_status(std::chrono::milliseconds time) {
  after(end_timer_, time, [](executor_dialogue& self) {
    if (self.cause_.empty())
      self.cause_ = describe(std::nullopt);
    self.end();
  });
}

/// A cell may have ended in time although nothing says so yet: that waits behind the event that is being
/// read.
void executor_dialogue::limit_is_reached() {
  if (!is_reading_)
    return time_is_over();
  run_->waits_for_reading = true;
  in_this_run_after(run_timer_, limits_.interrupt_grace,
                    [](executor_dialogue& self) { self.time_is_over(); });
}

void executor_dialogue::time_is_over() {
  run_->timed_out = true;
  interrupt_or_kill();
}

void executor_dialogue::client_left() {
  link_->drop_output();
  if (run_->options.interrupt_when_left)
    interrupt_or_kill();
}

/// An executor that goes on all the same is killed.
void executor_dialogue::interrupt_or_kill() {
  begin_interrupt();
  in_this_run_after(run_timer_, limits_.interrupt_grace, [](executor_dialogue& self) {
    if (!self.is_reading_)
      return self.hear_out_and_kill();
    self.in_this_run_after(self.run_timer_, self.limits_.interrupt_grace,
                           [](executor_dialogue& late) { late.hear_out_and_kill(); });
  });
}

/// It may have obeyed, or been over for long: what it says of that waits for a client that takes nothing.
void executor_dialogue::hear_out_and_kill() {
  run_->only_end_counts = true;
  in_this_run_after(run_timer_, time_to_end,
                    [](executor_dialogue& self) { self.give_up("because it did not heed an interrupt"); });
  link_->drop_output();
}

/// Even if it comes to its senses in this very moment no other run begins in it.
void executor_dialogue::give_up(const std::string& cause) {
  if (cause_.empty())
    cause_ = cause;
  is_given_up_ = true;
  link_->kill();
}

void executor_dialogue::begin_interrupt() {
  if (std::exchange(run_->is_interrupted, true) && repeat_interrupts_)
    return; // that goes on by itself
  if (!repeat_interrupts_ && !run_->hears_interrupts)
    return;
  send_interrupt();
  remind_of_interrupt(time_to_hear);
}

void executor_dialogue::send_interrupt() {
  link_->interrupt();
  if (repeat_interrupts_)
    link_->send(std::string(interpreters::interrupt_notice));
}

/// Who handles signals between two steps does not notice one that comes just before a system call that waits,
/// until another signal ends that call.
void executor_dialogue::remind_of_interrupt(std::chrono::milliseconds pause) {
  in_this_run_after(interrupt_timer_, pause, [pause](executor_dialogue& self) {
    if (self.repeat_interrupts_)
      self.send_interrupt();
    else
      self.link_->wake();
    self.remind_of_interrupt(2 * pause);
  });
}

void executor_dialogue::end_run(run_outcome outcome) {
  pass_on_output();
  auto ended = std::move(*run_);
  run_.reset();
  run_timer_.cancel();
  interrupt_timer_.cancel();
  link_->end_run();
  if (ended.timed_out) // whatever the cell has made of its interrupt
    outcome.error = time_error(ended.options.timeout, outcome.error);
  ended.observer->tell_end([&](run_observer& observer) { observer.finished(std::move(outcome)); });
  ended.done(is_ending() ? run_end::died : run_end::survived);
}

void executor_dialogue::end() {
  if (is_reading_ && !had_last_words_) {
    ends_when_read_ = true;
    return;
  }
  if (std::exchange(ended_, true))
    return;
  end_timer_.cancel();
  link_->kill(); // a process that has let go of its sockets may live on
  if (run_)
    end_run({exception("ExecutorTerminated", "The executor ended " + cause_), execution_count_ + 1});
  for (const auto& tell : {std::exchange(told_gone_, {}), std::exchange(call_, {}).gone})
    if (tell)
      tell({cause_, is_blameless_});
}

} // namespace sandboxd::actors
