#pragma once

#include "http/paced_body.hpp"
#include "inspector/actor_feed.hpp"
#include "inspector/call.hpp"

#include <asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace sandboxd::inspector {

/// Answers a request with events about actors (`ActorsEvent` in openapi.json) until the client leaves: all
/// that live, in portions, and from then on, once in each interval, what has changed. A client that reads
/// slowly is told less often, and never of what has changed again since. On the inspector's thread alone.
class actor_stream : public std::enable_shared_from_this<actor_stream> {
public:
  static void start(const call& incoming, std::chrono::milliseconds interval);

private:
  actor_stream(const call& incoming, std::chrono::milliseconds interval);

  void tick();
  http::body_piece next_piece();

  const std::chrono::milliseconds interval_;
  asio::steady_timer timer_;
  actor_feed feed_;
  actor_feed::changes unsent_;
  bool looked_ = false; ///< and not everything has been sent
  std::weak_ptr<http::paced_body> body_;
};

} // namespace sandboxd::inspector
