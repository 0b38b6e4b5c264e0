#pragma once

#include "http/body_budget.hpp"
#include "http/client_socket.hpp"
#include "http/port_relay.hpp"
#include "http/request_scanner.hpp"
#include "http/server_hooks.hpp"
#include "http/transport.hpp"

#include <asio/bind_executor.hpp>
#include <asio/buffer.hpp>
#include <asio/error.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sandboxd::http {

/// Hears of what happens to the connection while a request is being served. Called on the connection's
/// strand.
class connection_watcher {
public:
  virtual ~connection_watcher() = default;

  /// The connection is lost; nothing more can be sent.
  virtual void connection_lost(outcome why) = 0;

  /// The client will send nothing more. It may be gone, or only have closed its sending side.
  virtual void client_stopped_sending() = 0;
};

/// A request whose bytes have all arrived and are within the limits.
struct received_request {
  std::string body;
  budget_share share; ///< to be kept as long as the body
  std::string offered_id;
  int minor_version = 1;
  bool head_only = false; ///< the method was HEAD
  std::uint64_t bytes_in = 0;
  std::chrono::steady_clock::time_point began;
};

/// Stands between one client's socket and RESTinio. Reads and checks whole requests, answers itself what must
/// not pass, and hands RESTinio the head alone: RESTinio would close without a status when a limit is
/// exceeded, reserve what a client merely declares, and hand out bodies as constants that can only be copied.
/// It keeps every clock of the connection, so that RESTinio runs without timers of its own, and it goes on
/// reading while a request is being served, so that a client that leaves is noticed.
///
/// While a request is served, further (pipelined) bytes are read ahead until the input buffer (4 KiB, after a
/// body 64 KiB) is full. Then a client that leaves is noticed only by the next write or by the kernel's
/// probes.
///
/// A request to the proxy never reaches RESTinio: the guard lends the connection to a `port_relay`, and takes
/// it back after the answer.
///
/// All functions run on the connection's strand unless they say otherwise.
class connection_guard : public relay_client, public std::enable_shared_from_this<connection_guard> {
public:
  using read_completion = std::function<void(const asio::error_code&, std::size_t)>;
  using clock = std::chrono::steady_clock;

  /// `socket` must be connected and use `strand`.
  connection_guard(std::shared_ptr<transport> shared, std::uint64_t id, client_socket socket,
                   strand_type strand, const peer& client);

  // For RESTinio, through `guarded_socket`.

  [[nodiscard]] client_socket& socket() override { return socket_; }
  [[nodiscard]] const strand_type& strand() const override { return strand_; }
  [[nodiscard]] bool is_open() const { return phase_ != phase::closed; }

  /// RESTinio wants the next bytes: the head of the next request, once it is complete and found good.
  void read(asio::mutable_buffer into, read_completion done);

  /// RESTinio sends bytes of an answer.
  template <typename Buffers, typename Handler>
  void write_some(const Buffers& buffers, Handler&& handler);

  /// RESTinio is done with the connection.
  void close();

  // For the request being served.

  /// Hands over the request whose head RESTinio has just parsed; at most once per request.
  [[nodiscard]] received_request take_request();

  /// While the request taken is being served: tells `watcher` what happens to the connection, and keeps
  /// RESTinio's end of it alive. The trace, which may be null, is told when the client is waited for.
  void serve(std::weak_ptr<connection_watcher> watcher, std::shared_ptr<void> restinio_connection,
             supervision::trace_ptr trace) {
    watcher_ = std::move(watcher);
    trace_ = std::move(trace);
    restinio_connection_ = std::move(restinio_connection);
  }

  /// The request taken is over, its answer gone: the next may begin.
  void request_over();

  /// Whether the client will send nothing more.
  [[nodiscard]] bool client_stopped_sending() const { return input_ended_; }

  /// Bytes given to the kernel so far.
  [[nodiscard]] std::uint64_t bytes_sent() const { return bytes_sent_; }

  /// As `name_of(peer)` says. Any thread.
  [[nodiscard]] const std::string& client_name() const { return client_name_; }

  /// Ends the connection at once.
  void cut(outcome why) { end(why, reset::yes); }

  // For a relay.

  void relay_clock(std::chrono::milliseconds time) override {
    time.count() > 0 ? set_clock(time) : stop_clock();
  }
  void relay_refused(const refusal& why) override;
  void relay_over(std::optional<std::string> input) override;
  void relay_broken(outcome why) override { end(why, reset::yes); }

  // For the server; any thread.

  /// Looks at the clocks when one may have run out.
  void check_clocks(clock::time_point now);

  static constexpr clock::rep not_idle = clock::time_point::max().time_since_epoch().count();

  /// Since when the connection waits for its next request, in ticks of `clock`; `not_idle` when it does not.
  [[nodiscard]] clock::rep idle_since() const { return idle_since_; }

  /// Closes the connection when no request is under way.
  void close_when_idle();

  /// Ends the connection soon.
  void cut_soon();

  /// Ends the connection soon if the request of that trace is served by then.
  void cut_request(std::weak_ptr<const supervision::trace> which);

  /// Frees what the connection holds. Only when no I/O thread runs any more.
  void abandon();

private:
  enum class phase { idle, receiving, in_service, relayed, refusing, lingering, closed };
  /// How far the request in service is: RESTinio parses it, a handler has it, its answer has left.
  enum class service { offered, taken, over };
  enum class reset { no, yes };

  template <typename Step>
  void guarded(Step&& step);
  template <typename Step>
  void post(Step step);

  void begin_message();
  void start_reading();
  void bytes_read(const asio::error_code& fault, std::size_t count);
  void await_more();
  void open_body_window();
  void input_ended();
  void watch_for_reset();
  void advance();
  void message_began();
  [[nodiscard]] bool admit_head();
  [[nodiscard]] std::optional<refusal> judge(const request_head& head);
  [[nodiscard]] bool take_share();
  void answer_continue();
  void begin_relay();
  void log_relayed(const port_relay& relay, outcome why);
  void hand_over();
  void refuse(const refusal& why);
  void refusal_sent(const std::string& request_id, bool sent);
  void log_unanswered(outcome why);
  void linger();
  void end(outcome why, reset how);
  void complete_read(const asio::error_code& fault);
  void wrote(std::size_t count);
  void clock_ran_out();
  void set_clock(std::chrono::milliseconds time, clock::time_point now = clock::now()) {
    deadline_ = (now + time).time_since_epoch().count();
  }
  void stop_clock() { deadline_ = no_deadline; }

  [[nodiscard]] std::string_view unread() const {
    return {input_.data() + input_begin_, input_end_ - input_begin_};
  }

  static constexpr clock::rep no_deadline = clock::time_point::max().time_since_epoch().count();

  const std::shared_ptr<transport> shared_;
  const std::uint64_t id_;
  const strand_type strand_;
  const peer client_;
  std::optional<origin> origin_; ///< once it was asked for
  const std::string client_name_;
  client_socket socket_;
  phase phase_ = phase::idle;

  std::vector<char> input_; ///< what was read from the socket; [begin, end) is not scanned yet
  std::size_t input_begin_ = 0;
  std::size_t input_end_ = 0;
  bool reading_ = false;
  bool input_ended_ = false;

  std::optional<request_scanner> scanner_; ///< of the message under way
  budget_share share_;
  clock::time_point began_;
  std::uint64_t bytes_in_ = 0;            ///< of the message under way
  std::uint64_t bytes_before_window_ = 0; ///< when the time in which its body is measured began
  bool in_body_window_ = false;
  std::string head_text_;       ///< what RESTinio gets of it; freed once it has it
  std::size_t handed_over_ = 0; ///< bytes of that which RESTinio has
  service service_ = service::over;
  std::weak_ptr<connection_watcher> watcher_;
  supervision::trace_ptr trace_;              ///< of the request being served
  std::shared_ptr<void> restinio_connection_; ///< it holds this guard: released with the request

  std::shared_ptr<port_relay> relay_; ///< it holds this guard: released when it is over

  asio::mutable_buffer reader_buffer_; ///< where RESTinio waits for bytes
  read_completion reader_;

  std::uint64_t bytes_sent_ = 0;
  int refused_status_ = 0;
  std::string refused_code_;
  std::uint64_t sent_before_refusal_ = 0;

  std::atomic<clock::rep> deadline_ = no_deadline; ///< what it means depends on the phase
  std::atomic<clock::rep> idle_since_ = not_idle;
  bool served_before_ = false;
};

template <typename Buffers, typename Handler>
void connection_guard::write_some(const Buffers& buffers, Handler&& handler) {
  if (trace_)
    trace_->waits_for_client(true);
  set_clock(shared_->settings.stream_stall_timeout);
  socket_.async_write_some(
      buffers,
      asio::bind_executor(strand_, [self = shared_from_this(), handler = std::forward<Handler>(handler)](
                                       asio::error_code fault, std::size_t count) mutable {
        self->wrote(count);
        // RESTinio takes an aborted operation for its own doing and would not clean up.
        if (fault == asio::error::operation_aborted)
          fault = asio::error::connection_aborted;
        handler(fault, count);
      }));
}

} // namespace sandboxd::http
