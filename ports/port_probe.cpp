#include "ports/port_probe.hpp"

#include "ports/loopback.hpp"
#include "ports/probe_target.hpp"
#include "ports/response_reader.hpp"

#include <asio/bind_executor.hpp>
#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>
#include <asio/write.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <memory>
#include <string_view>
#include <utility>

namespace sandboxd::ports {

namespace {

constexpr int most_redirects = 10; // HTTP.md 8.3

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/// The value of the first `Location`, or null.
const std::string* location_of(const response_head& head) {
  constexpr std::string_view wanted = "location";
  for (const auto& [name, value] : head.fields)
    if (std::equal(name.begin(), name.end(), wanted.begin(), wanted.end(),
                   [](unsigned char a, unsigned char b) { return std::tolower(a) == b; }))
      return &value;
  return nullptr;
}

/// One probe. Everything runs on its strand.
class probe : public std::enable_shared_from_this<probe> {
public:
  probe(asio::io_context& context, probe_request request, socket_source sockets,
        std::function<void(probe_result)> done)
      : context_(context), strand_(asio::make_strand(context)), timer_(context), request_(std::move(request)),
        sockets_(std::move(sockets)), target_(probe_target(request_.path)), done_(std::move(done)) {}

  void start() {
    timer_.expires_after(probe_timeout);
    timer_.async_wait(
        asio::bind_executor(strand_, [self = shared_from_this()](const asio::error_code& fault) {
          if (!fault)
            self->finish({false, std::nullopt, "No answer within 5 seconds"});
        }));
    asio::post(strand_, [self = shared_from_this()] { self->connect(); });
  }

private:
  void connect() {
    socket_ = std::make_shared<asio::ip::tcp::socket>(context_);
    connect_to_loopback(socket_, strand_, request_.port, sockets_,
                        [self = shared_from_this()](const asio::error_code& fault) {
                          if (fault)
                            self->fail(fault);
                          else if (self->request_.mode == probe_mode::tcp)
                            self->finish({true, std::nullopt, {}});
                          else
                            self->ask();
                        });
  }

  void ask() {
    reader_ = std::make_unique<response_reader>(false);
    text_ = fmt::format("GET {} HTTP/1.1\r\nHost: localhost:{}\r\nAccept: */*\r\nConnection: close\r\n\r\n",
                        target_, request_.port);
    asio::async_write(
        *socket_, asio::buffer(text_),
        asio::bind_executor(strand_, [self = shared_from_this()](const asio::error_code& fault, std::size_t) {
          fault ? self->fail(fault) : self->read();
        }));
  }

  void read() {
    socket_->async_read_some(
        asio::buffer(buffer_),
        asio::bind_executor(strand_,
                            [self = shared_from_this()](const asio::error_code& fault, std::size_t count) {
                              fault ? self->fail(fault) : self->take({self->buffer_.data(), count});
                            }));
  }

  void take(std::string_view bytes) {
    while (!bytes.empty() && reader_->where() == response_reader::progress::in_head) {
      bytes.remove_prefix(reader_->feed(bytes));
      if (reader_->where() == response_reader::progress::complete && reader_->head().is_informational())
        reader_ = std::make_unique<response_reader>(false);
    }
    if (reader_->where() == response_reader::progress::failed)
      return finish({false, std::nullopt, "The answer is no HTTP"});
    if (reader_->where() == response_reader::progress::in_head)
      return read();
    judge(reader_->head());
  }

  void judge(const response_head& head) {
    const auto* location = is_redirect(head.status) ? location_of(head) : nullptr;
    if (location != nullptr && redirects_ < most_redirects)
      if (auto target = redirect_target(*location, target_, request_.port)) {
        ++redirects_;
        target_ = std::move(*target);
        return connect();
      }
    const bool ready = head.status >= request_.least_status && head.status <= request_.greatest_status;
    finish({ready, head.status,
            ready ? ""
                  : fmt::format("Unexpected status: {} (expected {}-{})", head.status, request_.least_status,
                                request_.greatest_status)});
  }

  void fail(const asio::error_code& fault) {
    finish({false, std::nullopt,
            fault == asio::error::eof ? "The connection was closed without an answer" : fault.message()});
  }

  void finish(probe_result result) {
    const auto done = std::exchange(done_, nullptr);
    if (!done)
      return;
    asio::error_code ignored;
    timer_.cancel(ignored);
    if (socket_)
      socket_->close(ignored);
    done(std::move(result));
  }

  asio::io_context& context_;
  const asio::strand<asio::io_context::executor_type> strand_;
  asio::steady_timer timer_;
  const probe_request request_;
  const socket_source sockets_;
  std::string target_;
  std::function<void(probe_result)> done_;
  int redirects_ = 0;
  std::shared_ptr<asio::ip::tcp::socket> socket_;
  std::unique_ptr<response_reader> reader_;
  std::string text_;
  std::array<char, 4096> buffer_{};
};

} // namespace

void probe_port(asio::io_context& context, probe_request request, socket_source sockets,
                std::function<void(probe_result)> done) {
  std::make_shared<probe>(context, std::move(request), std::move(sockets), std::move(done))->start();
}

} // namespace sandboxd::ports
