#include "http/port_relay.hpp"

#include "ports/loopback.hpp"

#include <asio/bind_executor.hpp>
#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>
#include <asio/write.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <utility>
#include <variant>

namespace sandboxd::http {

namespace {

/// Each way. Large enough that system calls cost little beside the copying.
constexpr std::size_t buffer_bytes = 64u << 10;

/// What is left of a counted body is spliced if it is longer: a pipe is not worth its while for less.
constexpr std::uint64_t least_spliced = 1u << 20;

/// Bytes of one turn; others on the thread come between.
constexpr std::uint64_t most_spliced = 1u << 20;

constexpr std::string_view last_chunk = "0\r\n\r\n";

/// Announcements (`100 Continue`) before an answer.
constexpr int most_informational = 16;

using progress = ports::response_reader::progress;

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

/// The service's end in one attempt. Operations under way keep it, with the bytes they send.
struct port_relay::service_end {
  port_relays::service_socket socket;
  std::string in_flight;
  bool writing = false;
};

/// A handler that runs on the strand, and only while the relay is not over. A step that fails (memory) has
/// left nobody to go on.
template <typename Step>
auto port_relay::guarded(Step step) {
  return asio::bind_executor(client_->strand(),
                             [self = shared_from_this(), client = client_, step](const auto&... results) {
                               if (self->stage_ == stage::over)
                                 return;
                               try {
                                 step(*self, results...);
                               } catch (...) {
                                 client->relay_broken(outcome::cut);
                                 throw;
                               }
                             });
}

void port_relay::start() {
  auto target = read_relay_target(head_.target);
  if (const auto* wrong = std::get_if<refusal>(&target))
    return refuse(*wrong);
  to_ = std::move(std::get<relay_target>(target));
  if (to_.port == shared_->own_port || !shared_->is_exposed(to_.port))
    return withdrawn();
  permit_ = shared_->enter(to_.port, [weak = weak_from_this(), strand = client_->strand()] {
    asio::post(strand, [weak] {
      if (const auto self = weak.lock(); self && self->stage_ != stage::over)
        self->withdrawn();
    });
  });
  if (!permit_)
    return refuse({503, "Too many connections are being relayed; try again"});
  connect();
}

/// A connection that was kept may be closing just now, which only a request that can be repeated may meet.
void port_relay::connect() {
  asio::error_code ignored;
  if (service_)
    service_->socket->close(ignored);
  stage_ = stage::connecting;
  request_broken_ = false;
  auto kept = may_be_repeated(head_) && !reused_ ? shared_->take(to_.port) : nullptr;
  reused_ = kept != nullptr;
  service_ = std::make_shared<service_end>();
  service_->socket = std::move(kept);
  restart_clock();
  if (reused_)
    return exchange();
  service_->socket = std::make_shared<asio::ip::tcp::socket>(client_->strand().get_inner_executor());
  ports::connect_to_loopback(service_->socket, client_->strand(), to_.port, shared_->sockets,
                             guarded([](port_relay& self, const asio::error_code& fault) {
                               fault ? self.connect_failed(fault) : self.exchange();
                             }));
}

void port_relay::connect_failed(const asio::error_code& fault) {
  using asio::error::no_descriptors;
  const bool is_ours = fault == no_descriptors || fault == asio::error::no_memory ||
                       fault == asio::error::no_buffer_space || fault.value() == ENFILE;
  if (is_ours)
    return refuse({503, fmt::format("The proxy cannot open a connection: {}", fault.message())});
  refuse(502, fault.message());
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

/// Passes on what there is of the request, and reads more of it. When there is no more, the client is read
/// all the same, to see it leave.
void port_relay::pump_request() {
  if (service_->writing || finishing_)
    return restart_clock();
  if (!request_broken_)
    to_service_ += take_request();
  if (chunks_.refused())
    return stage_ == stage::awaiting_head ? refuse(*chunks_.refused()) : client_->relay_broken(outcome::cut);
  if (!to_service_.empty() && !request_broken_)
    write_service();
  else
    read_client();
  restart_clock();
}

std::string port_relay::take_request() {
  if (stage_ == stage::tunnel)
    return std::exchange(input_, {});
  if (request_done_)
    return {};
  if (head_.framing == body_framing::chunked)
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
  return request_done_ ? framed + last_chunk.data() : framed;
}

/// Whether the service has all of the request, as far as we can know.
bool port_relay::request_sent() const {
  return request_done_ && !request_broken_ && to_service_.empty() && !service_->writing;
}

void port_relay::write_service() {
  service_->writing = true;
  service_->in_flight = std::exchange(to_service_, {});
  asio::async_write(*service_->socket, asio::buffer(service_->in_flight),
                    guarded([end = service_](port_relay& self, const asio::error_code& fault, std::size_t) {
                      end->writing = false;
                      if (end != self.service_)
                        return; // an earlier attempt
                      // It may have answered without waiting for the whole request, or be about to.
                      self.request_broken_ = self.request_broken_ || fault;
                      if (fault && self.stage_ == stage::tunnel)
                        return self.client_->relay_broken(outcome::cut);
                      self.pump_request();
                    }));
}

void port_relay::read_client() {
  if (reading_client_ || client_ended_ || input_.size() >= buffer_bytes)
    return;
  reading_client_ = true;
  if (!client_buffer_)
    client_buffer_ = std::make_unique_for_overwrite<char[]>(buffer_bytes);
  client_->socket().async_read_some(asio::buffer(client_buffer_.get(), buffer_bytes),
                                    guarded([](port_relay& self, const asio::error_code& fault,
                                               std::size_t count) { self.client_read(fault, count); }));
}

void port_relay::client_read(const asio::error_code& fault, std::size_t count) {
  reading_client_ = false;
  input_.append(client_buffer_.get(), count);
  if (finishing_)
    return finish();
  if (fault == asio::error::eof)
    return client_ended();
  if (fault)
    return client_->relay_broken(outcome::client_gone);
  if (!request_done_ || stage_ == stage::tunnel)
    bytes_in_ += count;
  pump_request();
}

void port_relay::client_ended() {
  client_ended_ = true;
  keep_ = false;
  if (stage_ == stage::tunnel) {
    asio::error_code ignored;
    service_->socket->shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    return half_ended();
  }
  if (!request_done_)
    return client_->relay_broken(outcome::client_gone);
  restart_clock();
}

void port_relay::read_service() {
  is_to_splice() ? splice_answer() : read_piece();
}

void port_relay::read_piece() {
  service_->socket->async_read_some(
      asio::buffer(service_buffer_.get(), buffer_bytes),
      guarded([end = service_](port_relay& self, const asio::error_code& fault, std::size_t count) {
        if (end != self.service_ || self.finishing_)
          return;
        if (fault)
          return self.service_ended();
        self.heard_ = true;
        self.take_answer({self.service_buffer_.get(), count});
      }));
}

/// The bytes of a long body need not come to us. Without descriptors for the pipe they do.
bool port_relay::is_to_splice() {
  const auto end = reader_->head().end;
  if (stage_ != stage::answering || end != ports::response_end::counted)
    return false;
  if (!splice_ && reader_->body_left() > least_spliced) {
    asio::error_code ignored;
    service_->socket->native_non_blocking(true, ignored);
    client_->socket().native_non_blocking(true, ignored);
    if (auto pipe = splice_pipe::open())
      splice_.emplace(std::move(*pipe));
  }
  return splice_ && (!splice_->is_empty() || reader_->body_left() > buffer_bytes);
}

/// The last buffer of the body takes the usual way, which ends the answer.
void port_relay::splice_answer() {
  const auto most = std::min(reader_->body_left() - buffer_bytes, most_spliced);
  const auto moved =
      splice_->move(service_->socket->native_handle(), client_->socket().native_handle(), most);
  reader_->pass_over(moved.taken);
  bytes_out_ += moved.sent;
  writing_client_ = !splice_->is_empty();
  restart_clock();
  const auto go_on = [this] {
    return guarded([](port_relay& self, const asio::error_code& fault = {}) {
      fault ? self.client_->relay_broken(outcome::cut) : self.read_service();
    });
  };
  switch (moved.why) {
  case splice_pipe::stop::done:
    asio::post(go_on());
    return;
  case splice_pipe::stop::source_empty:
    // splice(2) stops for ever at an urgent byte, which poll(2) calls readable; recv(2) steps over it.
    if (moved.taken == 0)
      return read_piece();
    return service_->socket->async_wait(asio::ip::tcp::socket::wait_read, go_on());
  case splice_pipe::stop::sink_full:
    return client_->socket().async_wait(client_socket::wait_write, go_on());
  case splice_pipe::stop::source_ended:
    return service_ended();
  case splice_pipe::stop::sink_failed:
    return client_->relay_broken(outcome::client_gone);
  }
}

void port_relay::take_answer(std::string_view bytes) {
  if (stage_ == stage::awaiting_head)
    take_heads(bytes);
  if (stage_ == stage::over)
    return; // refused
  if (stage_ == stage::answering) {
    bytes = take_body(bytes);
    if (reader_->where() == progress::failed)
      return client_->relay_broken(outcome::cut);
  }
  if (bytes.empty() && to_client_.empty())
    return read_service();
  write_client(bytes);
}

/// Takes the head of the answer, and those that come before it, off `bytes`.
void port_relay::take_heads(std::string_view& bytes) {
  while (!bytes.empty() && stage_ == stage::awaiting_head) {
    bytes.remove_prefix(reader_->feed(bytes));
    if (reader_->where() == progress::failed)
      return refuse(502, "its answer is no HTTP");
    if (reader_->where() == progress::in_head)
      return;
    if (!reader_->head().is_informational()) {
      begin_answer();
    } else {
      if (++informational_ > most_informational)
        return refuse(502, "it announces answers without end");
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
  keep_ =
      keep_ && stage_ == stage::answering && request_sent() && head.end != ports::response_end::end_of_input;
  to_client_ += relayed_response(head, {head_.minor_version, keep_, from_.request_id});
}

/// What of these bytes goes to the client as it is; chunks are framed anew, since two parsers could read the
/// service's differently, and the client's next answer may be one of ours.
std::string_view port_relay::take_body(std::string_view bytes) {
  const bool had_ended = reader_->where() == progress::complete;
  const auto used = reader_->feed(bytes);
  speaks_early_ = used < bytes.size();
  if (had_ended)
    return {};
  if (reader_->head().end != ports::response_end::chunked)
    return bytes.substr(0, used);
  const auto& content = reader_->content();
  std::size_t size = 0;
  for (const auto piece : content)
    size += piece.size();
  if (size > 0)
    to_client_ += fmt::format("{:x}\r\n", size);
  for (const auto piece : content)
    to_client_ += piece;
  if (size > 0)
    to_client_ += "\r\n";
  if (reader_->where() == progress::complete)
    to_client_ += last_chunk;
  return {};
}

void port_relay::service_ended() {
  service_ended_ = true;
  if (stage_ == stage::tunnel) {
    asio::error_code ignored;
    client_->socket().shutdown(client_socket::shutdown_send, ignored);
    return half_ended();
  }
  reader_->end_of_input();
  if (stage_ == stage::answering)
    return reader_->where() == progress::complete ? answer_ended() : client_->relay_broken(outcome::cut);
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
  to_client_.clear();
  if (stage_ == stage::answering && reader_->where() == progress::complete)
    return answer_ended();
  read_service();
  pump_request(); // a tunnel may have begun
}

void port_relay::answer_ended() {
  const auto& head = reader_->head();
  if (head.keep_alive && head.end != ports::response_end::end_of_input && request_sent() && !speaks_early_)
    shared_->give(to_.port, std::exchange(service_->socket, nullptr));
  if (!keep_ || !reading_client_)
    return finish();
  // What the client sends next may have been read already.
  finishing_ = true;
  asio::error_code ignored;
  client_->socket().cancel(ignored);
}

void port_relay::finish() {
  auto input = keep_ ? std::optional(std::move(input_)) : std::nullopt;
  const auto client = client_;
  cancel();
  client->relay_over(std::move(input));
}

/// One direction of a tunnel has ended.
void port_relay::half_ended() {
  if (!client_ended_ || !service_ended_)
    return restart_clock();
  keep_ = false;
  finish();
}

void port_relay::withdrawn() {
  refuse({404, fmt::format("Port {} is not exposed", to_.port), "PORT_NOT_EXPOSED", {}, to_.port});
}

void port_relay::refuse(int status, std::string_view cause) {
  auto what = fmt::format("Service on port {} is not responding", to_.port);
  refuse({status, fmt::format("{}: {}", what, cause), "SERVICE_NOT_RESPONDING", what, to_.port});
}

/// Answers in the service's stead, if nothing of its answer has left.
void port_relay::refuse(const refusal& why) {
  if (stage_ > stage::awaiting_head || writing_client_)
    client_->relay_broken(outcome::cut);
  else
    client_->relay_refused(why);
}

void port_relay::restart_clock() {
  using std::chrono::milliseconds;
  const bool is_half = client_ended_ || service_ended_ || input_.size() >= buffer_bytes;
  const bool waits = writing_client_ || finishing_ || (service_ && service_->writing) || is_half;
  switch (stage_) {
  case stage::connecting:
    return client_->relay_clock(shared_->settings.connect_timeout);
  case stage::awaiting_head:
    return client_->relay_clock(shared_->settings.response_timeout);
  case stage::answering:
  case stage::tunnel:
    return client_->relay_clock(waits ? stall_timeout_ : milliseconds(0));
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
  if (!request_done_ && reading_client_)
    return refuse({408, "The request body arrives too slowly"});
  refuse(504, "it does not answer in time");
}

void port_relay::cancel() {
  if (stage_ == stage::over)
    return;
  stage_ = stage::over;
  asio::error_code ignored;
  if (service_ && service_->socket)
    service_->socket->close(ignored);
  client_->socket().cancel(ignored);
  client_.reset();
  permit_.reset();
  // Operations under way still use the buffers.
}

} // namespace sandboxd::http
