#pragma once

#include "http/chunked_body.hpp"
#include "http/client_socket.hpp"
#include "http/port_relays.hpp"
#include "http/relayed_head.hpp"
#include "http/request_head.hpp"
#include "http/server_hooks.hpp"
#include "http/splice_pipe.hpp"
#include "ports/response_reader.hpp"

#include <asio/error_code.hpp>
#include <asio/ip/tcp.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace sandboxd::http {

/// The client's end of a relay: its connection, lent by the guard. All on the connection's strand.
class relay_client {
public:
  using strand_type = connection_strand;

  virtual ~relay_client() = default;

  [[nodiscard]] virtual client_socket& socket() = 0;
  [[nodiscard]] virtual const strand_type& strand() const = 0;

  /// Calls `port_relay::clock_ran_out` after this time, instead of what was asked for before; zero: never.
  virtual void relay_clock(std::chrono::milliseconds time) = 0;
  /// Nothing was sent yet: the guard answers and closes.
  virtual void relay_refused(const refusal& why) = 0;
  /// The answer has left whole. `input`: what the client has sent beyond the request; absent when the
  /// connection is to be closed.
  virtual void relay_over(std::optional<std::string> input) = 0;
  /// The answer will never be whole: ends the connection.
  virtual void relay_broken(outcome why) = 0;
};

/// Relays one request to a service of the sandbox and its answer back, or two streams of bytes once both
/// have agreed on another protocol (WebSocket). Constant memory: a buffer each way, and each side is read no
/// faster than the other takes. All functions run on the connection's strand.
///
/// Deadlines: `ports.connect-timeout`; until the answer begins nothing may stand still for
/// `ports.response-timeout`; afterwards whoever is written to must take bytes within
/// `http.stream-stall-timeout`, and so must something come once one side has ended, or the client can no
/// longer be seen to leave. An answer that has begun may else pause for ever.
class port_relay : public std::enable_shared_from_this<port_relay> {
public:
  /// `client` must outlive the relay's last operation: it is held while one is under way. `input`: what was
  /// read beyond the head.
  port_relay(std::shared_ptr<port_relays> shared, std::shared_ptr<relay_client> client, request_head head,
             std::string input, relay_origin from, std::chrono::milliseconds stall_timeout, bool may_keep);

  void start();

  /// The connection is lost, or the guard answers itself: ends everything, and calls the client no more.
  void cancel();

  void clock_ran_out();

  [[nodiscard]] const std::string& request_id() const { return from_.request_id; }
  /// Of the answer; 0 before it.
  [[nodiscard]] int status() const { return status_; }
  [[nodiscard]] std::uint64_t bytes_in() const { return bytes_in_; }   ///< of the request's body
  [[nodiscard]] std::uint64_t bytes_out() const { return bytes_out_; } ///< of the answer

private:
  enum class stage { connecting, awaiting_head, answering, tunnel, over };
  struct service_end;

  void connect();
  void exchange();

  void pump_request();
  [[nodiscard]] std::string take_request();
  [[nodiscard]] std::string take_chunks();
  [[nodiscard]] bool request_sent() const;
  void write_service();
  void read_client();
  void client_read(const asio::error_code& fault, std::size_t count);
  void client_ended();

  void read_service();
  void read_piece();
  [[nodiscard]] bool is_to_splice();
  void splice_answer();
  void take_answer(std::string_view bytes);
  void take_heads(std::string_view& bytes);
  void begin_answer();
  [[nodiscard]] std::string_view take_body(std::string_view bytes);
  void service_ended();
  void write_client(std::string_view body);
  void client_wrote(const asio::error_code& fault, std::size_t count);
  void answer_ended();
  void finish();
  void half_ended();

  void withdrawn();
  void connect_failed(const asio::error_code& fault);
  void refuse(int status, std::string_view cause);
  void refuse(const refusal& why);
  void restart_clock();
  template <typename Step>
  auto guarded(Step step);

  const std::shared_ptr<port_relays> shared_;
  std::shared_ptr<relay_client> client_; ///< null once over
  const request_head head_;
  const relay_origin from_;
  const std::chrono::milliseconds stall_timeout_;
  bool keep_; ///< the client's connection, after the answer
  relay_target to_;
  std::shared_ptr<const void> permit_;
  stage stage_ = stage::connecting;

  std::shared_ptr<service_end> service_;
  bool reused_ = false;        ///< it was kept from an earlier request
  bool heard_ = false;         ///< it has answered something
  bool speaks_early_ = false;  ///< it has sent more than the answer
  bool service_ended_ = false; ///< it sends no more

  // At most one operation each way is under way on each socket.

  std::string input_;       ///< from the client, not passed on yet
  std::string to_service_;  ///< to be written next
  std::uint64_t body_left_; ///< of a counted request
  chunked_body chunks_;
  bool request_done_ = false;   ///< all of it was taken from the input
  bool request_broken_ = false; ///< the service takes no more of it
  bool reading_client_ = false;
  bool client_ended_ = false; ///< it sends no more
  bool finishing_ = false;    ///< the answer has left; the last read is awaited

  std::optional<ports::response_reader> reader_;
  int informational_ = 0; ///< answers so far
  std::string to_client_; ///< heads and chunks; other bodies go straight from the buffer
  bool writing_client_ = false;
  std::optional<splice_pipe> splice_;     ///< opened for a long body
  std::unique_ptr<char[]> client_buffer_; ///< null until something is read into it
  std::unique_ptr<char[]> service_buffer_;
  int status_ = 0;
  std::uint64_t bytes_in_ = 0;
  std::uint64_t bytes_out_ = 0;
};

} // namespace sandboxd::http
