#include "http/connection_guard.hpp"

#include "http/response_head.hpp"

#include <asio/post.hpp>
#include <asio/write.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <new>
#include <poll.h>
#include <utility>

namespace sandboxd::http {

namespace {

/// Enough for any usual head in one read; all an idle connection holds.
constexpr std::size_t head_buffer_bytes = 4096;
/// While a body arrives.
constexpr std::size_t body_buffer_bytes = 65'536;

/// Methods that a handler may see (the others are unknown everywhere, HTTP.md section 1.3).
constexpr std::array<std::string_view, 6> served_methods = {"GET", "HEAD",   "POST",
                                                            "PUT", "DELETE", "OPTIONS"};

/// At the end of the server a client has this long to read the last answer and close.
constexpr std::chrono::milliseconds last_linger{500};

std::string path_of(const request_head& head) {
  return head.target.substr(0, head.target.find('?'));
}

} // namespace

connection_guard::connection_guard(std::shared_ptr<transport> shared, std::uint64_t id, client_socket socket,
                                   strand_type strand, const peer& client)
    : shared_(std::move(shared)), id_(id), strand_(std::move(strand)), client_(client),
      client_name_(name_of(client_)), socket_(std::move(socket)) {}

/// Runs a step; an exception (memory) ends this connection instead of the I/O thread.
template <typename Step>
void connection_guard::guarded(Step&& step) {
  try {
    step();
  } catch (const std::exception& fault) {
    shared_->report(fmt::format("connection of {} ended by a fault: {}", client_name_, fault.what()));
    end(outcome::cut, reset::yes);
  }
}

template <typename Step>
void connection_guard::post(Step step) {
  asio::post(strand_, [self = shared_from_this(), step = std::move(step)]() mutable { self->guarded(step); });
}

void connection_guard::read(asio::mutable_buffer into, read_completion done) {
  // Posted, since RESTinio must not be called back from inside its own call.
  post([this, into, done = std::move(done)]() mutable {
    if (phase_ == phase::closed || phase_ == phase::refusing || phase_ == phase::lingering)
      return done(asio::error::connection_aborted, 0);
    reader_buffer_ = into;
    reader_ = std::move(done);
    if (phase_ != phase::in_service || service_ == service::over)
      begin_message();
    else if (service_ == service::offered && handed_over_ < head_text_.size())
      hand_over();
    else if (service_ == service::offered)
      refuse({400, "Malformed request"}); // RESTinio sees no whole request where we do
    // Else RESTinio asks early: it does when an answer is being written already. It would then start its
    // parser anew when the answer has left, in the middle of the next head. So it waits for `request_over`.
  });
}

void connection_guard::request_over() {
  service_ = service::over;
  watcher_.reset();
  trace_.reset();
  restinio_connection_.reset();
  if (reader_)
    post([this] {
      if (reader_ && phase_ == phase::in_service && service_ == service::over)
        begin_message();
    });
}

void connection_guard::begin_message() {
  phase_ = phase::idle;
  scanner_.emplace(shared_->limits);
  share_ = budget_share(shared_->budget);
  bytes_in_ = 0;
  handed_over_ = 0;
  in_body_window_ = false;
  if (unread().empty() && shared_->draining)
    return linger();
  const auto now = clock::now();
  idle_since_ = now.time_since_epoch().count();
  // Whoever connects has a request to send; only a connection that has served one is kept for later.
  set_clock(std::exchange(served_before_, true) ? shared_->settings.idle_timeout
                                                : shared_->settings.header_timeout,
            now);
  advance();
}

void connection_guard::start_reading() {
  if (reading_ || input_ended_ || phase_ == phase::closed)
    return;
  if (input_begin_ > 0) {
    std::memmove(input_.data(), input_.data() + input_begin_, unread().size());
    input_end_ -= input_begin_;
    input_begin_ = 0;
  }
  bool in_body = phase_ == phase::receiving && scanner_->where() == request_scanner::progress::in_body;
  auto wanted = in_body || input_end_ > head_buffer_bytes ? body_buffer_bytes : head_buffer_bytes;
  if (input_.size() != wanted) {
    std::vector<char> resized(wanted);
    std::copy_n(input_.begin(), input_end_, resized.begin());
    input_.swap(resized);
  }
  if (input_end_ == input_.size())
    return;
  reading_ = true;
  socket_.async_read_some(asio::buffer(input_.data() + input_end_, input_.size() - input_end_),
                          asio::bind_executor(strand_, [self = shared_from_this()](
                                                           const asio::error_code& fault, std::size_t count) {
                            self->guarded([&] { self->bytes_read(fault, count); });
                          }));
}

void connection_guard::bytes_read(const asio::error_code& fault, std::size_t count) {
  reading_ = false;
  if (phase_ == phase::closed)
    return;
  if (phase_ == phase::relayed) {
    input_end_ += count;
    return fault && fault != asio::error::operation_aborted && fault != asio::error::eof
               ? end(outcome::client_gone, reset::no)
               : begin_relay();
  }
  if (fault)
    return fault == asio::error::eof ? input_ended() : end(outcome::client_gone, reset::no);
  if (phase_ == phase::refusing || phase_ == phase::lingering) {
    input_begin_ = input_end_ = 0; // nobody wants it, but unread bytes would cost the client our answer
    return start_reading();
  }
  input_end_ += count;
  if (phase_ == phase::in_service)
    return start_reading();
  advance();
}

void connection_guard::await_more() {
  if (input_ended_)
    input_ended();
  else
    start_reading();
}

void connection_guard::input_ended() {
  input_ended_ = true;
  switch (phase_) {
  case phase::idle:
    return complete_read(asio::error::eof);
  case phase::receiving:
    return refuse({400, "Malformed request: it ended before it was complete"});
  case phase::in_service:
    if (auto watcher = watcher_.lock())
      watcher->client_stopped_sending();
    return watch_for_reset();
  case phase::lingering:
    return end(outcome::complete, reset::no);
  case phase::relayed: // its relay reads
  case phase::refusing:
  case phase::closed:
    return;
  }
}

/// After the end of input only an error event tells that the client has gone for good. Urgent data is such an
/// event, too.
void connection_guard::watch_for_reset() {
  if (phase_ == phase::closed)
    return;
  socket_.async_wait(
      client_socket::wait_error,
      asio::bind_executor(strand_, [self = shared_from_this()](const asio::error_code& fault) {
        if (fault || self->phase_ != phase::in_service)
          return;
        pollfd state{self->socket_.native_handle(), 0, 0};
        const bool gone = ::poll(&state, 1, 0) > 0;
        self->guarded([&] { gone ? self->end(outcome::client_gone, reset::no) : self->watch_for_reset(); });
      }));
}

void connection_guard::open_body_window() {
  in_body_window_ = true;
  bytes_before_window_ = bytes_in_;
  set_clock(shared_->settings.body_timeout);
}

void connection_guard::advance() try {
  for (;;) {
    auto used = scanner_->feed(unread());
    input_begin_ += used;
    bytes_in_ += used;
    if (!take_share())
      return;
    switch (scanner_->where()) {
    case request_scanner::progress::before_head:
      return await_more();
    case request_scanner::progress::in_head:
      message_began();
      return await_more();
    case request_scanner::progress::head_complete:
      message_began();
      if (!admit_head())
        return;
      break;
    case request_scanner::progress::in_body:
      if (!in_body_window_)
        open_body_window();
      return await_more();
    case request_scanner::progress::complete:
      phase_ = phase::in_service;
      service_ = service::offered;
      head_text_ = scanner_->take_forwarded();
      stop_clock();
      return hand_over();
    case request_scanner::progress::refused:
      message_began();
      return refuse(scanner_->why());
    }
  }
} catch (const std::bad_alloc&) {
  if (phase_ != phase::receiving)
    throw;
  refuse({503, "No memory is left for this request; try again"});
}

void connection_guard::message_began() {
  if (phase_ != phase::idle)
    return;
  phase_ = phase::receiving;
  idle_since_ = not_idle;
  began_ = clock::now();
  set_clock(shared_->settings.header_timeout, began_);
}

/// Whether the loop of `advance` may go on: the head is acceptable and no `100 Continue` has to leave first.
bool connection_guard::admit_head() {
  const auto& head = scanner_->head();
  if (const auto why = judge(head)) {
    refuse(*why);
    return false;
  }
  if (shared_->relays && is_relayed(head.target)) {
    begin_relay();
    return false;
  }
  if (std::find(served_methods.begin(), served_methods.end(), head.method) == served_methods.end()) {
    refuse({404, "The requested endpoint was not found"});
    return false;
  }
  scanner_->begin_body();
  if (scanner_->where() == request_scanner::progress::refused)
    return true;
  if (!shared_->budget->has_room_for(head.content_length)) {
    refuse({503, "Too many request bytes are being held; try again"});
    return false;
  }
  bool expected = head.expects_continue && head.minor_version == 1 && unread().empty();
  if (!expected || scanner_->where() != request_scanner::progress::in_body)
    return true;
  answer_continue();
  return false;
}

std::optional<refusal> connection_guard::judge(const request_head& head) {
  const auto& hooks = shared_->hooks;
  if (!hooks.judge)
    return std::nullopt;
  if (!origin_)
    origin_ = hooks.origin_of ? hooks.origin_of(client_) : origin::client;
  return hooks.judge(*origin_, head);
}

bool connection_guard::take_share() {
  if (share_.grow_to(scanner_->held_bytes()))
    return true;
  refuse({503, "Too many request bytes are being held; try again"});
  return false;
}

void connection_guard::answer_continue() {
  static constexpr std::string_view line = "HTTP/1.1 100 Continue\r\n\r\n";
  asio::async_write(
      socket_, asio::buffer(line.data(), line.size()),
      asio::bind_executor(strand_, [self = shared_from_this()](const asio::error_code& fault, std::size_t) {
        if (self->phase_ != phase::receiving)
          return;
        self->guarded([&] { fault ? self->end(outcome::client_gone, reset::no) : self->advance(); });
      }));
}

void connection_guard::begin_relay() {
  phase_ = phase::relayed;
  share_ = budget_share();
  stop_clock();
  if (reading_) { // ahead, while the request before this one was served: that has to end first
    asio::error_code ignored;
    socket_.cancel(ignored);
    return;
  }
  const auto& head = scanner_->head();
  std::string input(unread());
  input_begin_ = input_end_ = 0;
  relay_ =
      std::make_shared<port_relay>(shared_->relays, shared_from_this(), head, std::move(input),
                                   relay_origin{address_of(client_), shared_->request_id(head.request_id),
                                                shared_->hooks.is_own_authorization &&
                                                    shared_->hooks.is_own_authorization(head.authorization)},
                                   shared_->settings.stream_stall_timeout, !shared_->draining);
  const auto relay = relay_; // which may be over at once
  relay->start();
}

void connection_guard::relay_refused(const refusal& why) {
  std::exchange(relay_, nullptr)->cancel();
  refuse(why);
}

void connection_guard::relay_over(std::optional<std::string> input) {
  log_relayed(*std::exchange(relay_, nullptr), outcome::complete);
  if (!input)
    return linger();
  input_.assign(input->begin(), input->end());
  input_end_ = input_.size();
  begin_message();
}

void connection_guard::log_relayed(const port_relay& relay, outcome why) {
  const auto& head = scanner_->head();
  auto duration = std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - began_);
  shared_->log({relay.request_id(), client_name_, head.method, path_of(head), relay.status(),
                bytes_in_ + relay.bytes_in(), relay.bytes_out(), duration, why});
}

void connection_guard::hand_over() {
  auto count = std::min(reader_buffer_.size(), head_text_.size() - handed_over_);
  std::memcpy(reader_buffer_.data(), head_text_.data() + handed_over_, count);
  handed_over_ += count;
  if (handed_over_ == head_text_.size())
    head_text_ = std::string();
  auto reader = std::exchange(reader_, nullptr);
  reader({}, count);
  if (phase_ == phase::in_service)
    start_reading();
}

received_request connection_guard::take_request() {
  service_ = service::taken;
  const auto& head = scanner_->head();
  return {std::move(scanner_->body()), std::move(share_), head.request_id, head.minor_version,
          head.method == "HEAD",       bytes_in_,         began_};
}

void connection_guard::refuse(const refusal& why) {
  phase_ = phase::refusing;
  set_clock(shared_->settings.stream_stall_timeout);
  share_ = budget_share();
  refused_status_ = why.status;
  sent_before_refusal_ = bytes_sent_;
  auto answer = shared_->refuse(why);
  refused_code_ = std::move(answer.code);
  auto id = shared_->request_id(scanner_->head().request_id);
  response_form form{response_framing::counted, answer.body.size(), false, id, shared_->hooks.any_origin};
  auto text = std::make_shared<std::string>(response_head(answer.status, answer.headers, form));
  if (scanner_->head().method != "HEAD")
    text->append(answer.body);
  asio::async_write(socket_, asio::buffer(*text),
                    asio::bind_executor(strand_, [self = shared_from_this(), text,
                                                  id](const asio::error_code& fault, std::size_t count) {
                      self->bytes_sent_ += count;
                      self->guarded([&] { self->refusal_sent(id, !fault); });
                    }));
  // RESTinio lets go of the connection now; the rest is ours.
  complete_read(asio::error::connection_aborted);
}

void connection_guard::refusal_sent(const std::string& request_id, bool sent) {
  const auto& head = scanner_->head();
  auto duration = std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - began_);
  shared_->log({request_id, client_name_, head.method, path_of(head), refused_status_, bytes_in_,
                bytes_sent_ - sent_before_refusal_, duration, outcome::refused, refused_code_});
  if (phase_ == phase::closed)
    return;
  if (sent)
    linger();
  else
    end(outcome::client_gone, reset::no);
}

/// Closes so that the client can read the last answer: closing with unread input would reset the connection
/// and may destroy what is still on the way. As long as a client may take for a head, it may take for
/// leaving.
void connection_guard::linger() {
  if (input_ended_)
    return end(outcome::complete, reset::no);
  phase_ = phase::lingering;
  idle_since_ = not_idle;
  asio::error_code ignored;
  socket_.shutdown(client_socket::shutdown_send, ignored);
  input_begin_ = input_end_ = 0;
  auto patience = shared_->settings.header_timeout;
  set_clock(shared_->draining ? std::min(patience, last_linger) : patience);
  start_reading();
}

void connection_guard::close() {
  if (phase_ == phase::closed || phase_ == phase::refusing || phase_ == phase::lingering)
    return;
  if (phase_ == phase::in_service && service_ == service::offered)
    return refuse({400, "Malformed request"}); // RESTinio's parser has found what ours has not
  if (phase_ == phase::in_service && service_ == service::taken)
    return end(outcome::client_gone, reset::no); // the answer could not be written
  linger();
}

void connection_guard::end(outcome why, reset how) {
  if (phase_ == phase::closed)
    return;
  const bool unanswered =
      phase_ == phase::receiving || (phase_ == phase::in_service && service_ == service::offered);
  phase_ = phase::closed;
  idle_since_ = not_idle;
  stop_clock();
  asio::error_code ignored;
  if (how == reset::yes) // leaves nothing in the kernel that waits for a client that takes nothing
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  socket_.close(ignored);
  shared_->connections.remove(id_);
  if (unanswered)
    log_unanswered(why);
  if (const auto relay = std::exchange(relay_, nullptr)) {
    log_relayed(*relay, why);
    relay->cancel();
  }
  if (auto watcher = watcher_.lock())
    watcher->connection_lost(why);
  restinio_connection_.reset();
  // Moved out, since the reader holds the connection that holds this guard.
  if (auto reader = std::exchange(reader_, nullptr))
    post([reader = std::move(reader)] { reader(asio::error::connection_aborted, 0); });
}

/// The line of a request that was lost before anybody could answer it.
void connection_guard::log_unanswered(outcome why) {
  const auto& head = scanner_->head();
  auto duration = std::chrono::duration_cast<std::chrono::microseconds>(clock::now() - began_);
  shared_->log({shared_->request_id(head.request_id), client_name_, head.method, path_of(head), 0, bytes_in_,
                0, duration, why});
}

void connection_guard::complete_read(const asio::error_code& fault) {
  if (auto reader = std::exchange(reader_, nullptr))
    reader(fault, 0);
}

void connection_guard::wrote(std::size_t count) {
  bytes_sent_ += count;
  if (trace_)
    trace_->waits_for_client(false);
  if (phase_ == phase::in_service)
    stop_clock();
}

void connection_guard::check_clocks(clock::time_point now) {
  if (now.time_since_epoch().count() < deadline_)
    return;
  post([this] {
    if (clock::now().time_since_epoch().count() >= deadline_)
      clock_ran_out();
  });
}

void connection_guard::clock_ran_out() {
  switch (phase_) {
  case phase::receiving:
    if (scanner_->where() != request_scanner::progress::in_body)
      return refuse({408, "The request head took too long to arrive"});
    return bytes_in_ - bytes_before_window_ >= shared_->least_body_bytes
               ? open_body_window()
               : refuse({408, "The request body arrives too slowly"});
  case phase::relayed: {
    const auto relay = relay_; // which may be over then
    return relay->clock_ran_out();
  }
  case phase::in_service:
  case phase::refusing:
    return end(outcome::stalled, reset::yes);
  case phase::idle:
  case phase::lingering:
  case phase::closed:
    return end(outcome::complete, reset::no);
  }
}

void connection_guard::close_when_idle() {
  post([this] {
    if (phase_ == phase::idle && unread().empty())
      end(outcome::complete, reset::no);
  });
}

void connection_guard::cut_request(std::weak_ptr<const supervision::trace> which) {
  post([this, which = std::move(which)] {
    if (const auto meant = which.lock(); meant && meant == trace_)
      end(outcome::cut, reset::yes);
  });
}

void connection_guard::cut_soon() {
  post([this] { end(outcome::cut, reset::no); });
}

void connection_guard::abandon() {
  phase_ = phase::closed;
  asio::error_code ignored;
  socket_.close(ignored);
  reader_ = nullptr;
  restinio_connection_.reset();
  if (const auto relay = std::exchange(relay_, nullptr))
    relay->cancel();
  shared_->connections.remove(id_);
}

} // namespace sandboxd::http
