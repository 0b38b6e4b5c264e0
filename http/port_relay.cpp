#include "http/port_relay.hpp"

#include "ports/loopback.hpp"

#include <asio/bind_executor.hpp>
#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/write.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <sys/socket.h>
#include <utility>
#include <variant>

namespace sandboxd::http {

namespace {

/// Each way. Large enough that system calls cost little beside the copying.
constexpr std::size_t buffer_bytes = 64u << 10;

/// Of the framing of a relayed body; the body itself has no bound.
request_limits framing_limits() {
  constexpr std::size_t most = 16u << 10;
  return {most, most, std::numeric_limits<std::uint64_t>::max(), 100};
}

} // namespace

port_relay::port_relay(std::shared_ptr<port_relays> shared, std::shared_ptr<relay_client> client,
                       request_head head, std::string input, relay_origin from,
                       std::chrono::milliseconds stall_timeout, bool may_keep)
    : shared_(std::move(shared)), client_(std::move(client)), head_(std::move(head)), from_(std::move(from)),
      stall_timeout_(stall_timeout), keep_(may_keep && wants_keep_alive(head_)), input_(std::move(input)),
      body_left_(head_.content_length), chunks_(framing_limits()) {}

/// A handler that runs on the strand, and only while the relay is not over.
template <typename Step>
auto port_relay::guarded(Step step) {
  return asio::bind_executor(client_->strand(),
                             [self = shared_from_this(), client = client_, step](const auto&... results) {
                               if (self->stage_ != stage::over)
                                 step(*self, results...);
                             });
}

void port_relay::start() {
  auto target = read_relay_target(head_.target);
  if (const auto* wrong = std::get_if<refusal>(&target))
    return client_->relay_refused(*wrong);
  to_ = std::move(std::get<relay_target>(target));
  asio::error_code gone;
  const bool is_our_own = to_.port == client_->socket().local_endpoint(gone).port();
  if (is_our_own || !shared_->is_exposed(to_.port))
    return client_->relay_refused({404, fmt::format("Port {} is not exposed", to_.port), "PORT_NOT_EXPOSED"});
  permit_ = shared_->enter();
  if (!permit_)
    return client_->relay_refused({503, "Too many connections are being relayed; try again"});
  connect();
}

/// A connection that was kept may be closing just now, which only a request that can be repeated may meet.
void port_relay::connect() {
  stage_ = stage::connecting;
  restart_clock();
  service_ = may_be_repeated(head_) && !reused_ ? shared_->take(to_.port) : nullptr;
  reused_ = service_ != nullptr;
  if (reused_)
    return exchange();
  service_ = std::make_shared<asio::ip::tcp::socket>(client_->strand().get_inner_executor());
  ports::connect_to_loopback(service_, client_->strand(), to_.port,
                             guarded([](port_relay& self, const asio::error_code& fault) {
                               fault ? self.refuse(502, fault.message()) : self.exchange();
                             }));
}

void port_relay::exchange() {
  stage_ = stage::awaiting_head;
  reader_.emplace(head_.method == "HEAD");
  if (!service_buffer_)
    service_buffer_ = std::make_unique_for_overwrite<char[]>(buffer_bytes);
  to_service_ = relayed_request(head_, to_, from_);
  read_service();
  pump_request();
}

/// Passes on what there is of the request; then reads more of it, or looks out for the client's leaving.
void port_relay::pump_request() {
  restart_clock();
  to_service_ += take_request();
  if (chunks_.refused())
    return writing_client_ || stage_ != stage::awaiting_head ? client_->relay_broken(outcome::cut)
                                                             : client_->relay_refused(*chunks_.refused());
  if (!to_service_.empty()) {
    asio::async_write(*service_, asio::buffer(to_service_),
                      guarded([service = service_](port_relay& self, const asio::error_code& fault,
                                                   std::size_t) { self.service_wrote(service, fault); }));
  } else if (request_done_ && stage_ != stage::tunnel) {
    watch_client();
  } else {
    reading_client_ = true;
    if (!client_buffer_)
      client_buffer_ = std::make_unique_for_overwrite<char[]>(buffer_bytes);
    client_->socket().async_read_some(asio::buffer(client_buffer_.get(), buffer_bytes),
                                      guarded([](port_relay& self, const asio::error_code& fault,
                                                 std::size_t count) { self.client_read(fault, count); }));
  }
}

std::string port_relay::take_request() {
  if (stage_ == stage::tunnel)
    return std::exchange(input_, {});
  if (head_.framing == body_framing::chunked && !request_done_)
    return take_chunks();
  auto piece = input_.substr(0, std::min<std::uint64_t>(input_.size(), body_left_));
  input_.erase(0, piece.size());
  body_left_ -= piece.size();
  request_done_ = body_left_ == 0;
  return piece;
}

/// In chunks of our own: two parsers could read the client's differently.
std::string port_relay::take_chunks() {
  std::string body;
  input_.erase(0, chunks_.feed(input_, body));
  request_done_ = chunks_.complete();
  std::string framed = body.empty() ? std::string() : fmt::format("{:x}\r\n", body.size()) + body + "\r\n";
  return request_done_ ? framed + "0\r\n\r\n" : framed;
}

void port_relay::service_wrote(const service_socket& service, const asio::error_code& fault) {
  if (service != service_)
    return; // an earlier attempt
  to_service_.clear();
  if (!fault)
    return pump_request();
  // It may have answered without waiting for the whole request, or be about to.
  request_broken_ = true;
  if (stage_ == stage::tunnel)
    client_->relay_broken(outcome::cut);
}

void port_relay::client_read(const asio::error_code& fault, std::size_t count) {
  reading_client_ = false;
  if (fault == asio::error::eof && stage_ == stage::tunnel) {
    client_ended_ = true;
    asio::error_code ignored;
    service_->shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    return half_ended();
  }
  if (fault)
    return client_->relay_broken(outcome::client_gone);
  bytes_in_ += count;
  input_.append(client_buffer_.get(), count);
  pump_request();
}

/// While the answer is awaited or on its way nothing is read, so that what the client sends next stays where
/// it is; but its leaving is noticed.
void port_relay::watch_client() {
  if (std::exchange(watching_client_, true))
    return;
  client_->socket().async_wait(asio::ip::tcp::socket::wait_read,
                               guarded([](port_relay& self, const asio::error_code& fault) {
                                 self.watching_client_ = false;
                                 if (!fault && self.stage_ != stage::tunnel)
                                   self.client_stirred();
                               }));
}

void port_relay::client_stirred() {
  char byte = 0;
  const auto count = ::recv(client_->socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR))
    return watch_client();
  if (count < 0)
    return client_->relay_broken(outcome::client_gone);
  if (count > 0)
    return; // its next request
  client_ended_ = true;
  keep_ = false;
  restart_clock();
}

void port_relay::read_service() {
  service_->async_read_some(
      asio::buffer(service_buffer_.get(), buffer_bytes),
      guarded([service = service_](port_relay& self, const asio::error_code& fault, std::size_t count) {
        if (service == self.service_)
          self.service_read(fault, count);
      }));
}

void port_relay::service_read(const asio::error_code& fault, std::size_t count) {
  if (fault)
    return service_ended();
  heard_ = true;
  take_answer({service_buffer_.get(), count});
}

void port_relay::take_answer(std::string_view bytes) {
  if (stage_ == stage::awaiting_head)
    take_heads(bytes);
  if (stage_ == stage::over)
    return; // refused
  if (stage_ == stage::answering) {
    const auto used = reader_->feed(bytes);
    speaks_early_ = used < bytes.size();
    bytes = bytes.substr(0, used);
    if (reader_->where() == ports::response_reader::progress::failed)
      return client_->relay_broken(outcome::cut);
  }
  if (bytes.empty() && to_client_.empty())
    return read_service();
  write_client(bytes);
}

/// Takes the head of the answer, and those that come before it, off `bytes`.
void port_relay::take_heads(std::string_view& bytes) {
  using progress = ports::response_reader::progress;
  while (!bytes.empty() && stage_ == stage::awaiting_head) {
    bytes.remove_prefix(reader_->feed(bytes));
    if (reader_->where() == progress::failed)
      return refuse(502, "its answer is no HTTP");
    if (reader_->where() == progress::in_head)
      return;
    if (!reader_->head().is_informational()) {
      begin_answer();
    } else {
      if (head_.minor_version > 0)
        to_client_ += relayed_response(reader_->head(), {head_.minor_version, true, {}});
      reader_.emplace(head_.method == "HEAD");
    }
  }
}

void port_relay::begin_answer() {
  const auto& head = reader_->head();
  if (head.status == 101 && !asks_for_upgrade(head_))
    return refuse(502, "it changes the protocol unasked");
  status_ = head.status;
  stage_ = head.status == 101 ? stage::tunnel : stage::answering;
  keep_ = keep_ && stage_ == stage::answering && request_done_ && !request_broken_ &&
          head.end != ports::response_end::end_of_input;
  to_client_ += relayed_response(head, {head_.minor_version, keep_, from_.request_id});
}

void port_relay::service_ended() {
  service_ended_ = true;
  if (stage_ == stage::tunnel) {
    asio::error_code ignored;
    client_->socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    return half_ended();
  }
  reader_->end_of_input();
  if (stage_ == stage::answering)
    return reader_->where() == ports::response_reader::progress::complete
               ? answer_ended()
               : client_->relay_broken(outcome::cut);
  if (!reused_ || heard_)
    return refuse(502, "it has closed the connection without an answer");
  service_ended_ = false;
  connect();
}

void port_relay::write_client(std::string_view body) {
  writing_client_ = true;
  restart_clock();
  const std::array<asio::const_buffer, 2> pieces{asio::buffer(to_client_),
                                                 asio::buffer(body.data(), body.size())};
  asio::async_write(client_->socket(), pieces,
                    guarded([](port_relay& self, const asio::error_code& fault, std::size_t count) {
                      self.client_wrote(fault, count);
                    }));
}

void port_relay::client_wrote(const asio::error_code& fault, std::size_t count) {
  writing_client_ = false;
  bytes_out_ += count;
  if (fault)
    return client_->relay_broken(outcome::client_gone);
  const bool is_first = !std::exchange(to_client_, {}).empty();
  restart_clock();
  if (stage_ == stage::answering && reader_->where() == ports::response_reader::progress::complete)
    return answer_ended();
  read_service();
  if (stage_ == stage::tunnel && is_first && request_done_)
    pump_request(); // which had come to its end with the request
}

void port_relay::answer_ended() {
  const auto& head = reader_->head();
  if (head.keep_alive && head.end != ports::response_end::end_of_input && request_done_ &&
      to_service_.empty() && !request_broken_ && !speaks_early_)
    shared_->give(to_.port, std::exchange(service_, nullptr));
  auto input = keep_ ? std::optional(std::move(input_)) : std::nullopt;
  const auto client = client_;
  cancel();
  client->relay_over(std::move(input));
}

/// One direction of a tunnel has ended.
void port_relay::half_ended() {
  if (!client_ended_ || !service_ended_)
    return restart_clock();
  const auto client = client_;
  cancel();
  client->relay_over(std::nullopt);
}

void port_relay::refuse(int status, std::string_view cause) {
  if (writing_client_)
    return client_->relay_broken(outcome::cut);
  auto what = fmt::format("Service on port {} is not responding", to_.port);
  client_->relay_refused({status, fmt::format("{}: {}", what, cause), "SERVICE_NOT_RESPONDING", what});
}

void port_relay::restart_clock() {
  using std::chrono::milliseconds;
  switch (stage_) {
  case stage::connecting:
    return client_->relay_clock(shared_->settings.connect_timeout);
  case stage::awaiting_head:
    return client_->relay_clock(shared_->settings.response_timeout);
  case stage::answering:
  case stage::tunnel:
    return client_->relay_clock(writing_client_ || client_ended_ || service_ended_ ? stall_timeout_
                                                                                   : milliseconds(0));
  case stage::over:
    return;
  }
}

void port_relay::clock_ran_out() {
  if (stage_ == stage::over)
    return;
  if (stage_ == stage::connecting)
    return refuse(504, "it does not accept the connection in time");
  if (stage_ != stage::awaiting_head || writing_client_)
    return client_->relay_broken(outcome::stalled);
  if (reading_client_)
    return client_->relay_refused({408, "The request body arrives too slowly"});
  refuse(504, "it does not answer in time");
}

void port_relay::cancel() {
  if (stage_ == stage::over)
    return;
  stage_ = stage::over;
  asio::error_code ignored;
  if (service_)
    service_->close(ignored);
  client_->socket().cancel(ignored);
  client_.reset();
  permit_.reset();
  // Operations under way still use the buffers.
}

} // namespace sandboxd::http
