#pragma once

#include "http/call.hpp"
#include "http/exchange.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace sandboxd::fuzz {

/// The transport's side of a stream, to a client that takes what it is sent when a script says so.
class slow_client final : public http::response_stream {
public:
  /// Of the text that waits for the client, before the end, `window` bytes and no more; 0: that is not looked
  /// at.
  explicit slow_client(std::size_t window) : window_(window) {}

  void write(std::string bytes) override;
  void finish() override;
  void on_drained(std::function<void(std::size_t bytes)> drained) override;
  void on_closed(std::function<void()> closed) override;
  void keep_alive(std::string text, std::chrono::milliseconds interval) override;

  /// Takes what waits, and what comes meanwhile.
  void take_all();
  /// Nothing was written for a while.
  void wait_for_comment();
  void leave();
  /// The last event comes, which may be larger than the window.
  void expect_the_end() { window_ = 0; }

  [[nodiscard]] bool is_finished() const { return is_finished_; }
  /// All that was sent.
  [[nodiscard]] const std::string& body() const { return body_; }

  /// Lets go of who writes, who holds this.
  void forget();

private:
  std::size_t window_;
  std::string body_;
  std::size_t waiting_ = 0; ///< bytes at the end of the body
  bool is_finished_ = false;
  bool has_left_ = false;
  std::string comment_;
  std::function<void(std::size_t)> drained_;
  std::function<void()> closed_;
};

/// A call in the given dialect whose answer is a stream to this client.
[[nodiscard]] http::call make_call(std::shared_ptr<slow_client> client, http::dialect spoken);

/// Window of the streams of such calls, in bytes: the smallest that can be set.
inline constexpr std::size_t stream_window = 4096;

} // namespace sandboxd::fuzz
