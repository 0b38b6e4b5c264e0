#pragma once

#include "git/clone_exchange.hpp"
#include "http/call.hpp"
#include "http/paced_body.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace sandboxd::http {

/// The events of one clone: `progress` as far as the client keeps up with it, then `complete` or `error`. A
/// client that is slow sees the newest progress.
class git_stream : public std::enable_shared_from_this<git_stream> {
public:
  static std::shared_ptr<git_stream> start(const call& incoming);

  /// The client has left before the last event: `left` is called, at once when that has happened.
  void on_left(std::function<void()> left);

  void progressed(const git::clone_progress& progress);

  /// The last event.
  void end(std::string event);

private:
  explicit git_stream(call incoming) : call_(std::move(incoming)) {}

  [[nodiscard]] body_piece next_piece();
  void client_left();
  void pump();

  const call call_;

  std::mutex mutex_;
  std::weak_ptr<paced_body> body_;
  std::optional<git::clone_progress> progress_;
  std::string last_event_;
  std::function<void()> left_;
  bool gone_ = false;
};

} // namespace sandboxd::http
