#include "launcher/executor_link.hpp"

#include "launcher/unix_message.hpp"

#include <asio/bind_executor.hpp>
#include <asio/dispatch.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <poll.h>
#include <signal.h>
#include <span>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace sandboxd::launcher {

namespace {

/// Most bytes one read takes: others of the I/O thread have their turn after each.
constexpr std::size_t piece_bytes = 32u << 10;

descriptor_pair make_stream_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
    throw std::system_error(errno, std::generic_category(), "socketpair");
  return {descriptor(ends[0]), descriptor(ends[1])};
}

} // namespace

executor_channel_pair make_executor_channels() {
  auto requests = make_stream_pair();
  auto events = make_stream_pair();
  auto output = make_pipe();
  auto errors = make_pipe();
  receive_sender_pids(events.first.get());
  ::fcntl(output.first.get(), F_SETFL, O_NONBLOCK);
  ::fcntl(errors.first.get(), F_SETFL, O_NONBLOCK);
  return {
      {std::move(requests.first), std::move(events.first), std::move(output.first), std::move(errors.first)},
      {std::move(requests.second), std::move(events.second), std::move(output.second),
       std::move(errors.second)}};
}

std::shared_ptr<executor_link> executor_link::create(asio::io_context& io, executor_channels ours,
                                                     std::size_t largest_event, callbacks events) {
  std::shared_ptr<executor_link> made(
      new executor_link(io, std::move(ours), largest_event, std::move(events)));
  asio::post(made->strand_, [made] { made->wait_for_all(); });
  return made;
}

executor_link::executor_link(asio::io_context& io, executor_channels ours, std::size_t largest_event,
                             callbacks events)
    : strand_(io.get_executor()),
      requests_(io, ours.requests.release()), events_{{io, ours.events.release()}},
      output_{{io, ours.output.release()}}, errors_{{io, ours.errors.release()}}, call_(std::move(events)),
      frames_(largest_event) {}

executor_link::~executor_link() = default;

void executor_link::send(std::string payload) {
  unsent_.push_back(make_frame(payload));
  if (!writing_)
    write_requests();
}

/// One byte, for which there is always room: the executor waits for each before it asks for the next.
void executor_link::acknowledge() {
  if (events_.descriptor.is_open())
    ::send(events_.descriptor.native_handle(), "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void executor_link::begin_run() {
  drain_output();
  dropping_ = false;
  credit_ = 0;
}

void executor_link::end_run() {
  drop_output();
}

void executor_link::grant(std::size_t bytes) {
  credit_ += static_cast<std::int64_t>(bytes);
  wait_for_all();
}

void executor_link::hold() {
  held_ = true;
}

void executor_link::go_on() {
  held_ = false;
  wait_for_all();
}

void executor_link::drop_output() {
  dropping_ = true;
  wait_for_all();
}

void executor_link::interrupt() {
  asio::dispatch(strand_, [self = shared_from_this()] { self->signal(SIGINT); });
}

void executor_link::wake() {
  asio::dispatch(strand_, [self = shared_from_this()] { self->signal(SIGURG); });
}

void executor_link::kill() {
  asio::dispatch(strand_, [self = shared_from_this()] { self->signal(SIGKILL); });
}

void executor_link::wait_for_all() {
  hand_over_events();
  for (auto* from : {&events_, &output_, &errors_})
    wait(*from);
}

void executor_link::wait(source& from) {
  if (from.waiting || !from.descriptor.is_open() || !may_read())
    return;
  from.waiting = true;
  from.descriptor.async_wait(
      asio::posix::stream_descriptor::wait_read,
      asio::bind_executor(strand_, [weak = weak_from_this(), &from](const std::error_code& error) {
        const auto self = weak.lock();
        if (!self || error)
          return;
        from.waiting = false;
        if (&from == &self->events_)
          self->read_events();
        else if (self->may_read())
          self->read_output(from, piece_bytes);
        self->wait(from);
      }));
}

void executor_link::read_events() {
  if (!may_read())
    return;
  if (!process_)
    identify_executor();
  char buffer[piece_bytes];
  const auto count = ::recv(events_.descriptor.native_handle(), buffer, sizeof(buffer), MSG_DONTWAIT);
  if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR))
    return close(false);
  if (count > 0)
    frames_.append({buffer, static_cast<std::size_t>(count)});
  hand_over_events();
}

/// Without credit the rest waits until there is some. Who takes an event may grant more: the loop that is
/// under way goes on with it, so that no event overtakes another.
void executor_link::hand_over_events() {
  if (std::exchange(handing_over_, true))
    return;
  const std::unique_ptr<bool, void (*)(bool*)> until_the_end(&handing_over_,
                                                             [](bool* flag) { *flag = false; });
  while (events_.descriptor.is_open() && may_read()) {
    auto payload = frames_.next();
    if (!payload)
      break;
    drain_output();
    credit_ -= static_cast<std::int64_t>(payload->size());
    call_.event(std::move(*payload));
  }
  if (frames_.broken() && !held_ && events_.descriptor.is_open())
    close(true);
}

/// What is there now and no more, or somebody who prints without end would hold up what comes after.
void executor_link::drain_output() {
  drain(output_);
  drain(errors_);
}

void executor_link::drain(source& pipe) {
  int available = 0;
  if (pipe.descriptor.is_open())
    ::ioctl(pipe.descriptor.native_handle(), FIONREAD, &available);
  for (auto left = static_cast<std::size_t>(available); left > 0;) {
    const auto most = std::min(left, piece_bytes);
    if (!read_output(pipe, most))
      return;
    left -= most;
  }
}

/// Whether there may be more.
bool executor_link::read_output(source& pipe, std::size_t most) {
  if (!pipe.descriptor.is_open())
    return false;
  char buffer[piece_bytes];
  const auto count = ::read(pipe.descriptor.native_handle(), buffer, most);
  if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR))
    pipe.descriptor.close(); // the last writer is gone
  if (count <= 0)
    return false;
  if (!dropping_) {
    credit_ -= count;
    call_.output(&pipe == &errors_, std::string(buffer, static_cast<std::size_t>(count)));
  }
  return true;
}

void executor_link::write_requests() {
  writing_ = false;
  while (!unsent_.empty() && requests_.is_open()) {
    const std::string_view rest = std::string_view(unsent_.front()).substr(sent_of_first_);
    const auto count =
        ::send(requests_.native_handle(), rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count >= 0) {
      sent_of_first_ += static_cast<std::size_t>(count);
      if (sent_of_first_ == unsent_.front().size()) {
        unsent_.pop_front();
        sent_of_first_ = 0;
      }
    } else if (errno == EAGAIN) {
      writing_ = true;
      requests_.async_wait(
          asio::posix::stream_descriptor::wait_write,
          asio::bind_executor(strand_, [weak = weak_from_this()](const std::error_code& error) {
            if (const auto self = weak.lock(); self && !error)
              self->write_requests();
          }));
      return;
    } else if (errno != EINTR) {
      return; // it is gone, which the other socket tells
    }
  }
}

/// Whoever sends first is the executor; the number is its own as long as its socket is open.
void executor_link::identify_executor() {
  std::byte first{};
  received_extras extras;
  const int socket = events_.descriptor.native_handle();
  if (receive_bytes(socket, std::span(&first, 1), extras, MSG_PEEK | MSG_DONTWAIT) != receive_result::message)
    return;
  descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, extras.sender, 0)));
  pollfd other_end{socket, POLLRDHUP, 0};
  if (!process || (::poll(&other_end, 1, 0) > 0 && (other_end.revents & (POLLHUP | POLLRDHUP)) != 0))
    return;
  process_id_ = extras.sender;
  process_.emplace(strand_.get_inner_executor(), process.release());
  process_->async_wait(asio::posix::stream_descriptor::wait_read,
                       asio::bind_executor(strand_, [weak = weak_from_this()](const std::error_code& error) {
                         if (const auto self = weak.lock(); self && !error && self->call_.process_gone)
                           self->call_.process_gone();
                       }));
}

void executor_link::close(bool broken) {
  drain_output();
  requests_.close();
  events_.descriptor.close();
  output_.descriptor.close();
  errors_.descriptor.close();
  if (const auto tell = std::exchange(call_.closed, {}))
    tell(broken);
}

void executor_link::signal(int number) {
  if (process_)
    ::syscall(SYS_pidfd_send_signal, process_->native_handle(), number, nullptr, 0);
  else if (number == SIGKILL && events_.descriptor.is_open())
    close(false); // an executor whose sockets are closed ends
}

} // namespace sandboxd::launcher
