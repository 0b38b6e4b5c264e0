#include "launcher/session_process.hpp"

#include "launcher/group_directory.hpp"
#include "launcher/hunt.hpp"
#include "launcher/process_tree.hpp"
#include "launcher/unix_message.hpp"

#include <asio/bind_executor.hpp>
#include <asio/dispatch.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace sandboxd::launcher {

using protocol::command_kind;
using protocol::event_kind;

namespace {

/// What an init has for its own end after the grace it gives to others.
constexpr std::chrono::milliseconds time_to_end{500};

/// After the grace, for an init to say that nothing is left of a program.
constexpr std::chrono::seconds time_to_answer{5};

/// Events handled before others of the strand and the I/O thread have their turn.
constexpr int events_per_turn = 64;

} // namespace

std::shared_ptr<session_process> session_process::create(asio::io_context& io, descriptor socket,
                                                         callbacks events) {
  std::shared_ptr<session_process> made(new session_process(io, std::move(socket), std::move(events)));
  asio::post(made->strand_, [made] { made->wait(); });
  return made;
}

session_process::session_process(asio::io_context& io, descriptor socket, callbacks events)
    : io_(io), strand_(io.get_executor()), socket_(io, socket.release()), events_(std::move(events)),
      end_timer_(io) {}

session_process::~session_process() {
  if (socket_.is_open())
    end_init();
}

std::uint64_t session_process::out_of_memory_kills() const {
  return read_out_of_memory_kills(memory_events_);
}

std::uint32_t session_process::start(const program& what, std::span<const int> descriptors,
                                     program_events events) {
  const descriptor file = encode(what);
  const std::uint32_t id = enter(std::move(events));
  std::vector<int> passed(descriptors.begin(), descriptors.end());
  passed.push_back(file.get());
  send({command_kind::start, id, 0, 0, lineage_ | id}, passed);
  return id;
}

/// A program of an init that is gone already ends as the others did.
std::uint32_t session_process::enter(program_events events) {
  const std::uint32_t id = ++last_id_;
  if (socket_.is_open())
    programs_.emplace(id, known_program{std::move(events)});
  else if (events.ended)
    asio::post(strand_, [ended = std::move(events.ended)] { ended(std::nullopt); });
  return id;
}

std::uint32_t session_process::adopt(pid_t in_session, program_events events,
                                     std::shared_ptr<lent_group> group) {
  const std::uint32_t id = enter(std::move(events));
  std::vector<int> passed;
  if (group)
    std::ranges::transform(group->entrances(), std::back_inserter(passed), &descriptor::get);
  send({command_kind::adopt, id, in_session, 0, lineage_ | id, static_cast<std::uint32_t>(passed.size())},
       passed);
  if (group)
    group->close_entrances(); // the kernel has copied them
  if (const auto found = programs_.find(id); found != programs_.end())
    found->second.group = std::move(group);
  return id;
}

/// A program of which nobody has heard yet has started nothing. One that is gone, or has become another's by
/// execve(2) of a set-user-ID file, starts nothing for us any more.
void session_process::mark(std::uint32_t id) {
  const auto found = programs_.find(id);
  if (found == programs_.end())
    return;
  auto& program = found->second;
  program.is_marked = true;
  if (program.on_host == 0)
    return;
  if (!program.handle)
    program.handle = handle_of(program.on_host);
  if (program.handle)
    set_lineage(program.on_host, program.handle.get(), lineage_ | ++last_id_);
}

/// It may have ended, and its number be another's, before anything was told. Who else has our init for a
/// parent is of this session, too.
descriptor session_process::handle_of(pid_t program) const {
  descriptor handle(static_cast<int>(::syscall(SYS_pidfd_open, program, 0)));
  const auto entry = read_process(program);
  return entry && entry->parent == init_number_ ? std::move(handle) : descriptor();
}

void session_process::interrupt(std::uint32_t id, std::chrono::milliseconds grace,
                                std::function<void()> settled) {
  settled_ = std::move(settled);
  send(command_kind::interrupt, id, grace);
}

void session_process::end_interrupt() {
  send(command_kind::end_interrupt);
}

void session_process::terminate(std::uint32_t id, std::chrono::milliseconds grace,
                                std::function<void()> gone) {
  if (gone && !socket_.is_open())
    return gone();
  if (gone) {
    // An init that was stopped answers nothing.
    const auto timer = std::make_shared<asio::steady_timer>(io_, grace + time_to_answer);
    timer->async_wait(asio::bind_executor(strand_, [weak = weak_from_this()](const std::error_code& error) {
      if (const auto self = weak.lock(); self && !error)
        self->lose("the session's init does not end a program");
    }));
    terminations_.emplace(id, [timer, gone = std::move(gone)] {
      timer->cancel();
      gone();
    });
  }
  send(command_kind::terminate, id, grace);
}

void session_process::shut_down(std::chrono::milliseconds grace) {
  asio::dispatch(strand_, [self = shared_from_this(), grace] {
    self->send(command_kind::shut_down, 0, grace);
    self->end_timer_.expires_after(grace + time_to_end);
    self->end_timer_.async_wait(
        asio::bind_executor(self->strand_, [weak = std::weak_ptr(self)](const std::error_code& error) {
          if (const auto late = weak.lock(); late && !error)
            late->lose("the session's init did not end in time");
        }));
  });
}

void session_process::give_up(const std::string& reason) {
  asio::dispatch(strand_, [self = shared_from_this(), reason] { self->lose(reason); });
}

void session_process::kill() {
  asio::dispatch(strand_, [self = shared_from_this()] {
    self->events_ = {};
    self->lose("killed");
  });
}

void session_process::send(command_kind kind, std::uint32_t id, std::chrono::milliseconds time) {
  send({kind, id, 0, static_cast<std::uint32_t>(time.count()), 0});
}

/// An init that takes no orders any more (a full buffer) is as good as lost. The end of one that is gone
/// comes as an event. Anything else concerns this order alone, which only programs wait for.
void session_process::send(const protocol::command& order, std::span<const int> descriptors) {
  if (!socket_.is_open())
    return;
  const int error = send_message(socket_.native_handle(), order, descriptors, 0, MSG_DONTWAIT);
  if (error == EAGAIN)
    asio::post(strand_, [weak = weak_from_this()] {
      if (const auto self = weak.lock())
        self->lose("the session's init takes no orders");
    });
  else if (error != 0 && error != EPIPE && error != ECONNRESET)
    asio::post(strand_, [weak = weak_from_this(), id = order.id, error] {
      protocol::event failed;
      failed.kind = event_kind::started;
      failed.id = id;
      failed.value = error;
      if (const auto self = weak.lock())
        self->on_started(failed, 0);
    });
}

void session_process::wait() {
  if (!socket_.is_open())
    return;
  // A weak reference: an init nobody holds any more is to end.
  socket_.async_wait(asio::posix::stream_descriptor::wait_read,
                     asio::bind_executor(strand_, [weak = weak_from_this()](const std::error_code& error) {
                       if (const auto self = weak.lock(); self && !error) {
                         self->read_events();
                         self->wait();
                       }
                     }));
}

void session_process::read_events() {
  for (int turn = 0; turn < events_per_turn && socket_.is_open(); ++turn) {
    protocol::event event;
    received_extras extras;
    switch (receive_message(socket_.native_handle(), event, extras, MSG_DONTWAIT)) {
    case receive_result::would_block:
      return;
    case receive_result::closed:
      return lose("the session's init ended");
    case receive_result::message:
      handle(event, extras);
    }
  }
}

void session_process::handle(const protocol::event& event, received_extras& extras) {
  switch (event.kind) {
  case event_kind::hello:
    return on_hello(event, extras);
  case event_kind::refused:
    return lose(std::string("no init: ") + std::strerror(event.value));
  case event_kind::started:
  case event_kind::adopted:
    return on_started(event, extras.sender);
  case event_kind::exited:
    return on_exited(event);
  case event_kind::terminated:
    for (auto waiting = terminations_.extract(event.id); waiting; waiting = terminations_.extract(event.id))
      waiting.mapped()();
    return;
  case event_kind::settled:
    if (const auto settled = std::exchange(settled_, {}))
      settled();
    return;
  }
}

/// As long as the socket's other end is open, the number is still the init's.
void session_process::on_hello(const protocol::event& event, received_extras& extras) {
  init_.reset(static_cast<int>(::syscall(SYS_pidfd_open, extras.sender, 0)));
  if (!init_)
    return lose(std::string("no descriptor for the session's init: ") + std::strerror(errno));
  pollfd other_end{socket_.native_handle(), 0, 0};
  if (::poll(&other_end, 1, 0) != 0)
    init_.reset();
  if (extras.descriptor_count == 0) // the kernel drops those for which we have no number left
    return lose("no descriptor for the session's root");
  init_number_ = extras.sender;
  isolated_ = event.isolated;
  root_ = std::make_shared<const descriptor>(std::move(extras.descriptors[0]));
  memory_events_ = std::move(extras.descriptors[1]);
  if (events_.ready)
    events_.ready({extras.sender, event.isolated, event.value == 0 ? "" : std::strerror(event.value)});
}

void session_process::on_started(const protocol::event& event, pid_t sender) {
  const auto found = programs_.find(event.id);
  if (found == programs_.end())
    return;
  const pid_t on_host = isolated_ ? sender : event.pid;
  found->second.on_host = on_host;
  if (found->second.is_marked)
    found->second.handle = handle_of(on_host);
  const auto started = found->second.events.started;
  if (event.value != 0)
    programs_.erase(found);
  if (started)
    started({event.pid, on_host}, event.value);
}

/// What a program has left may live on in its group as long as the session.
void session_process::on_exited(const protocol::event& event) {
  auto program = programs_.extract(event.id);
  if (program.empty())
    return;
  std::erase_if(left_groups_, [](const auto& group) { return group.expired(); });
  auto group = program.mapped().group;
  if (group)
    left_groups_.push_back(group);
  if (program.mapped().events.ended)
    program.mapped().events.ended(event.value); // who asks the group what has happened in it
  if (group)
    lent_group::leave(std::move(group));
}

void session_process::lose(const std::string& reason) {
  if (!socket_.is_open())
    return;
  end_init();
  socket_.close();
  end_timer_.cancel();
  settled_ = {};
  for (const auto& [id, gone] : std::exchange(terminations_, {}))
    gone();
  for (auto& [id, program] : std::exchange(programs_, {})) {
    if (program.group)
      program.group->kill();
    if (program.events.ended)
      program.events.ended(std::nullopt);
  }
  if (const auto events = std::exchange(events_, {}); events.lost)
    events.lost(reason);
}

/// In a namespace they end with the init.
void session_process::kill_left() const {
  for (const auto& one : left_groups_)
    if (const auto group = isolated_ ? nullptr : one.lock())
      group->kill();
}

/// Before its first message an init has nothing below it, and ends by itself when its socket does.
void session_process::end_init() const {
  kill_left();
  if (!init_)
    return;
  ::syscall(SYS_pidfd_send_signal, init_.get(), SIGKILL, nullptr, 0);
  if (!isolated_)
    hunt(io_, lineage_);
}

} // namespace sandboxd::launcher
