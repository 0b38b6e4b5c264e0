#include "launcher/fork_server_link.hpp"

#include "launcher/unix_message.hpp"

#include <asio/bind_executor.hpp>
#include <asio/dispatch.hpp>
#include <asio/post.hpp>
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <optional>
#include <span>
#include <sys/socket.h>
#include <utility>

namespace sandboxd::launcher {

namespace {

/// LARGEST_DATAGRAM of fork_server.py.
constexpr std::size_t largest_datagram = 4096;

constexpr std::string_view has_ended = "the fork server has ended";

/// Cuts the first word off.
std::string_view take_word(std::string_view& text) {
  const auto end = text.find_first_of(" \n");
  const auto word = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return word;
}

std::optional<int> number_of(std::string_view word) {
  int number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  return error == std::errc() && end == word.data() + word.size() ? std::optional(number) : std::nullopt;
}

} // namespace

std::shared_ptr<fork_server_link> fork_server_link::create(asio::io_context& io, descriptor socket,
                                                           std::chrono::milliseconds answer_timeout,
                                                           callbacks events) {
  std::shared_ptr<fork_server_link> made(
      new fork_server_link(io, std::move(socket), answer_timeout, std::move(events)));
  asio::post(made->strand_, [made] { made->wait(); });
  return made;
}

fork_server_link::fork_server_link(asio::io_context& io, descriptor socket,
                                   std::chrono::milliseconds answer_timeout, callbacks events)
    : strand_(io.get_executor()), socket_(io, socket.release()), answer_timeout_(answer_timeout),
      answer_timer_(io), call_(std::move(events)) {}

fork_server_link::~fork_server_link() = default;

void fork_server_link::fork(lineage number, executor_channels theirs, fork_events events) {
  auto channels = std::make_shared<executor_channels>(std::move(theirs));
  asio::dispatch(strand_,
                 [self = shared_from_this(), number, channels, events = std::move(events)]() mutable {
                   if (!self->socket_.is_open()) {
                     self->was_asked_ = true;
                     return events.failed(std::string(has_ended), true);
                   }
                   const auto request = fmt::format("fork {}", number);
                   const std::array passed{channels->requests.get(), channels->events.get(),
                                           channels->output.get(), channels->errors.get()};
                   const int error = send_bytes(self->socket_.native_handle(),
                                                std::as_bytes(std::span(request)), passed, 0, MSG_DONTWAIT);
                   const bool is_gone = error == EPIPE || error == ECONNRESET;
                   self->was_asked_ = self->was_asked_ || error == 0 || is_gone;
                   if (error != 0 && !is_gone)
                     return events.failed(std::strerror(error), false);
                   self->asked_.push_back(std::move(events));
                   if (self->asked_.size() == 1)
                     self->wait_for_answer();
                   if (is_gone)
                     self->read(); // what it has still said, and its end
                 });
}

/// While it starts it answers nobody: its start has a limit of its own.
void fork_server_link::wait_for_answer() {
  answer_timer_.expires_after(answer_timeout_);
  answer_timer_.async_wait(
      asio::bind_executor(strand_, [weak = weak_from_this()](const std::error_code& error) {
        if (const auto self = weak.lock(); self && !error && !self->asked_.empty())
          self->lose("it does not answer");
      }));
}

void fork_server_link::wait() {
  if (!socket_.is_open())
    return;
  socket_.async_wait(asio::posix::stream_descriptor::wait_read,
                     asio::bind_executor(strand_, [weak = weak_from_this()](const std::error_code& error) {
                       if (const auto self = weak.lock(); self && !error) {
                         self->read();
                         self->wait();
                       }
                     }));
}

void fork_server_link::read() {
  char buffer[largest_datagram];
  while (socket_.is_open()) {
    const auto count = ::recv(socket_.native_handle(), buffer, sizeof(buffer), MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN)
      return;
    if (count < 0 &&
        (errno == EINTR || errno == ECONNRESET)) // which comes once, before what is still to be read
      continue;
    if (count <= 0)
      return lose({});
    if (!handle({buffer, static_cast<std::size_t>(count)}))
      return lose("the fork server says what is no message");
  }
}

/// Whether it was a message.
bool fork_server_link::handle(std::string_view message) {
  const auto word = take_word(message);
  if (word == "ready") {
    const auto version = take_word(message);
    if (call_.ready)
      call_.ready(std::string(version), std::string(message));
    return true;
  }
  if (word == "stale") {
    if (call_.stale)
      call_.stale();
    return true;
  }
  if (word == "ended") {
    const auto pid = number_of(take_word(message));
    const auto status = number_of(take_word(message));
    const auto kills = number_of(message);
    if (!pid || !status || !kills)
      return false;
    if (const auto found = running_.extract(*pid); !found.empty() && found.mapped().ended)
      found.mapped().ended(*status, *kills > 0);
    return true;
  }
  if (asked_.empty() && word == "failed") { // to start
    lose(std::string(message));
    return true;
  }
  if (asked_.empty() || (word != "forked" && word != "failed"))
    return false;
  auto events = std::move(asked_.front());
  asked_.pop_front();
  answer_timer_.cancel();
  if (!asked_.empty())
    wait_for_answer();
  if (word == "failed") {
    events.failed(std::string(message), false);
    return true;
  }
  const auto pid = number_of(message);
  if (!pid)
    return false;
  has_forked_ = true;
  running_.emplace(*pid, std::move(events));
  return true;
}

void fork_server_link::doom() {
  asio::dispatch(strand_, [self = shared_from_this()] {
    self->lose("its init has ended");
    for (const auto& tell : std::exchange(self->orphans_, {}))
      tell();
  });
}

void fork_server_link::lose(const std::string& problem) {
  socket_.close();
  answer_timer_.cancel();
  for (auto& [pid, events] : std::exchange(running_, {})) {
    if (events.orphaned)
      events.orphaned();
    if (events.doomed)
      orphans_.push_back(std::move(events.doomed));
  }
  for (const auto& events : std::exchange(asked_, {}))
    events.failed(problem.empty() ? std::string(has_ended) : problem, true);
  if (const auto call = std::exchange(call_, {}); call.lost)
    call.lost(problem);
}

} // namespace sandboxd::launcher
