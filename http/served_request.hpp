#pragma once

#include "http/connection_guard.hpp"
#include "http/exchange.hpp"
#include "http/response_head.hpp"
#include "http/transport.hpp"

#include <restinio/request_handler.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace sandboxd::http {

/// One request from the moment RESTinio has parsed it until its answer has left or its client is lost: the
/// road for the bytes of the answer, and the record for the access log.
class served_request : public connection_watcher, public std::enable_shared_from_this<served_request> {
public:
  /// RESTinio's end of the connection, and the number by which it knows the request.
  struct origin {
    std::weak_ptr<restinio::impl::connection_base_t> connection;
    restinio::request_id_t number = 0;
    bool keep_alive = true;
  };

  struct description {
    std::string method;
    std::string path;
    std::string id;
    std::string sandbox_id;       ///< `X-Sandbox-Id`, cut to a bound
    std::string trace_id;         ///< `X-Trace-Id`, the same
    supervision::trace_ptr trace; ///< may be null
    int minor_version = 1;
    bool head_only = false;
    std::uint64_t bytes_in = 0;
    std::chrono::steady_clock::time_point began;
  };

  served_request(std::shared_ptr<transport> shared, std::shared_ptr<connection_guard> guard, origin from,
                 description what);

  // Any thread.

  [[nodiscard]] transport& shared() const { return *shared_; }
  [[nodiscard]] const connection_guard::strand_type& strand() const { return guard_->strand(); }
  [[nodiscard]] const description& what() const { return what_; }

  /// The right to answer; true for the first who asks.
  [[nodiscard]] bool claim_answer() { return !claimed_.exchange(true); }

  /// Marks the line of the access log; before the answer.
  void mark_internal() { internal_ = true; }

  /// Sends a whole answer and ends the request. Call once, after `claim_answer`.
  void answer(response whole);

  /// The head of an answer, and the decision whether the connection lives on after it.
  [[nodiscard]] std::string make_head(int status, const header_list& headers, response_framing framing,
                                      std::size_t content_length);

  /// Sends bytes of the answer. `sent(ok)` runs on the strand when the kernel has them or never will, and not
  /// at all when the connection is lost already. `last` ends the answer; with `broken` the connection is
  /// closed after it, so that the client sees it as incomplete.
  enum class part { some, last, broken };
  void send(restinio::writable_items_container_t bytes, part which, std::function<void(bool ok)> sent);

  // On the strand.

  /// Ends the request, once; later calls do nothing.
  void finish(outcome how, std::string code = {});

  /// Ends the connection and with it the request.
  void cut(outcome why) { guard_->cut(why); }

  /// Whether its answer has left, or never will.
  [[nodiscard]] bool is_over() const { return finished_; }

  [[nodiscard]] bool client_stopped_sending_already() const { return guard_->client_stopped_sending(); }

  /// Tells `watcher` what befalls the connection; at once when it is lost already.
  void watch(std::weak_ptr<connection_watcher> watcher);

  void connection_lost(outcome why) override;
  void client_stopped_sending() override;

private:
  const std::shared_ptr<transport> shared_;
  const std::shared_ptr<connection_guard> guard_;
  const std::weak_ptr<restinio::impl::connection_base_t> connection_; ///< the guard keeps it
  const restinio::request_id_t number_;
  const description what_;
  const std::uint64_t sent_before_;

  std::atomic<bool> claimed_ = false;
  std::atomic<bool> internal_ = false;
  std::atomic<int> status_ = 0;
  std::atomic<bool> keep_alive_;

  bool finished_ = false;
  bool lost_ = false;
  std::weak_ptr<connection_watcher> watcher_;
};

} // namespace sandboxd::http
