#include "launcher/session_process.hpp"

#include "launcher/unix_message.hpp"

#include <asio/bind_executor.hpp>
#include <asio/dispatch.hpp>
#include <asio/post.hpp>

#include <array>
#include <cstring>
#include <utility>

namespace sandboxd::launcher {

using protocol::command_kind;
using protocol::event_kind;

std::shared_ptr<session_process> session_process::create(asio::io_context& io, descriptor socket,
                                                         callbacks events) {
  std::shared_ptr<session_process> made(new session_process(io, std::move(socket), std::move(events)));
  asio::post(made->strand_, [made] { made->wait(); });
  return made;
}

session_process::session_process(asio::io_context& io, descriptor socket, callbacks events)
    : strand_(io.get_executor()), socket_(io, socket.release()), events_(std::move(events)) {}

std::uint32_t session_process::start(const program& what, int standard_input, int standard_output,
                                     int standard_error, program_events events) {
  const descriptor file = encode(what);
  const std::uint32_t id = enter(std::move(events));
  protocol::command order{command_kind::start, id, 0, 0};
  const std::array passed{standard_input, standard_output, standard_error, file.get()};
  if (socket_.is_open())
    send_message(socket_.native_handle(), order, passed, 0, MSG_DONTWAIT);
  return id;
}

/// A program of an init that is gone already ends as the others did.
std::uint32_t session_process::enter(program_events events) {
  const std::uint32_t id = ++last_id_;
  if (socket_.is_open())
    programs_.emplace(id, std::move(events));
  else if (events.ended)
    asio::post(strand_, [ended = std::move(events.ended)] { ended(std::nullopt); });
  return id;
}

std::uint32_t session_process::adopt(pid_t in_session, program_events events) {
  const std::uint32_t id = enter(std::move(events));
  send(command_kind::adopt, id, in_session);
  return id;
}

void session_process::mark(std::function<void()> marked) {
  marked_ = std::move(marked);
  send(command_kind::mark, 0);
}

void session_process::interrupt(std::uint32_t id, std::chrono::milliseconds grace,
                                std::function<void()> settled) {
  settled_ = std::move(settled);
  send(command_kind::interrupt, id, 0, grace);
}

void session_process::end_interrupt() {
  send(command_kind::end_interrupt, 0);
}

void session_process::terminate(std::uint32_t id, std::chrono::milliseconds grace) {
  send(command_kind::terminate, id, 0, grace);
}

void session_process::shut_down(std::chrono::milliseconds grace) {
  asio::dispatch(strand_,
                 [self = shared_from_this(), grace] { self->send(command_kind::shut_down, 0, 0, grace); });
}

void session_process::kill() {
  asio::dispatch(strand_, [self = shared_from_this()] {
    self->events_ = {};
    self->lose("killed");
  });
}

/// A full buffer means that the init does not read any more, which its end (`lose`) will tell.
void session_process::send(command_kind kind, std::uint32_t id, pid_t pid, std::chrono::milliseconds time) {
  const protocol::command order{kind, id, pid, static_cast<std::uint32_t>(time.count())};
  if (socket_.is_open())
    send_message(socket_.native_handle(), order, {}, 0, MSG_DONTWAIT);
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
  while (socket_.is_open()) {
    protocol::event event;
    received_extras extras;
    switch (receive_message(socket_.native_handle(), event, extras, MSG_DONTWAIT)) {
    case receive_result::would_block:
      return;
    case receive_result::closed:
      return lose("the session's init ended");
    case receive_result::message:
      handle(event, extras.sender);
    }
  }
}

void session_process::handle(const protocol::event& event, pid_t sender) {
  const auto found = programs_.find(event.id);
  switch (event.kind) {
  case event_kind::hello:
    if (events_.ready)
      events_.ready({sender, event.isolated, event.value == 0 ? "" : std::strerror(event.value)});
    return;
  case event_kind::refused:
    return lose(std::string("no init: ") + std::strerror(event.value));
  case event_kind::started:
  case event_kind::adopted:
    if (found != programs_.end() && found->second.started)
      found->second.started({event.pid, sender}, event.value);
    if (event.value != 0)
      programs_.erase(event.id);
    return;
  case event_kind::exited:
    if (found != programs_.end()) {
      const auto events = std::move(found->second);
      programs_.erase(found);
      if (events.ended)
        events.ended(event.value);
    }
    return;
  case event_kind::marked:
    if (const auto marked = std::exchange(marked_, {}))
      marked();
    return;
  case event_kind::settled:
    if (const auto settled = std::exchange(settled_, {}))
      settled();
    return;
  }
}

void session_process::lose(const std::string& reason) {
  if (!socket_.is_open())
    return;
  socket_.close();
  marked_ = {};
  settled_ = {};
  for (const auto& [id, events] : std::exchange(programs_, {}))
    if (events.ended)
      events.ended(std::nullopt);
  if (const auto events = std::exchange(events_, {}); events.lost)
    events.lost(reason);
}

} // namespace sandboxd::launcher
