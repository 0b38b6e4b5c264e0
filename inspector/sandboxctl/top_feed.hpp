#pragma once

#include "inspector/sandboxctl/client.hpp"
#include "inspector/sandboxctl/top_screen.hpp"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace sandboxd::sandboxctl {

/// Keeps a picture for `top` up to date on a thread of its own, and connects again when the server is gone.
class top_feed {
public:
  /// `tell` is called on that thread after each change, and must not throw.
  top_feed(client& actors, std::unique_ptr<client> daemon, std::function<void()> tell);
  ~top_feed();
  top_feed(const top_feed&) = delete;
  top_feed& operator=(const top_feed&) = delete;

  [[nodiscard]] top_picture picture() const;

private:
  void run(std::unique_ptr<client> daemon);
  void set_trouble(const std::string& text);
  bool is_stopping() const;

  client& actors_;
  std::function<void()> tell_;
  mutable std::mutex mutex_;
  std::condition_variable stopping_changed_;
  top_picture picture_;
  bool is_stopping_ = false;
  std::thread thread_;
};

/// One picture, after two looks.
[[nodiscard]] top_picture take_picture(client& actors, std::unique_ptr<client> daemon);

} // namespace sandboxd::sandboxctl
