#include "tests/fuzz/slow_client.hpp"

#include "tests/fuzz/expect.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace sandboxd::fuzz {

namespace {

/// Of any size but that of what is written.
constexpr std::size_t taken_at_once = 700;

/// 2026-01-31T12:34:56.789Z
constexpr std::chrono::milliseconds fixed_time{1'769'862'896'789};

class stream_responder final : public http::responder {
public:
  explicit stream_responder(std::shared_ptr<slow_client> client) : client_(std::move(client)) {}

  void send(http::response) override { expect(false, "a stream that has begun has no other answer"); }
  std::shared_ptr<http::response_stream> stream(int status, http::header_list, http::stream_kind) override {
    expect(status == 200, "a stream begins with 200");
    return client_;
  }
  void on_left(std::function<void()>) override {}
  void mark_internal() override {}

private:
  std::shared_ptr<slow_client> client_;
};

http::services_ptr make_services() {
  auto settings = std::make_shared<config::settings>();
  settings->http.stream_window_bytes = stream_window;
  auto made = std::make_shared<http::services>();
  made->settings = std::move(settings);
  made->now = [] { return std::chrono::system_clock::time_point(fixed_time); };
  made->log = [](config::log_level, std::string_view) {};
  made->capture_limits = [] { return actors::capture_limits(); };
  return made;
}

} // namespace

void slow_client::write(std::string bytes) {
  expect(!is_finished_ && !has_left_, "nothing is sent after the end");
  expect(!bytes.empty(), "only something is sent");
  expect(window_ == 0 || waiting_ == 0 || waiting_ + bytes.size() <= window_,
         "no more waits for a client than the window");
  waiting_ += bytes.size();
  body_ += bytes;
}

void slow_client::finish() {
  expect(!is_finished_ && !has_left_, "a stream ends once");
  is_finished_ = true;
}

void slow_client::on_drained(std::function<void(std::size_t bytes)> drained) {
  drained_ = std::move(drained);
}

void slow_client::on_closed(std::function<void()> closed) {
  closed_ = std::move(closed);
}

void slow_client::keep_alive(std::string text, std::chrono::milliseconds interval) {
  comment_ = interval.count() > 0 ? std::move(text) : std::string();
}

void slow_client::take_all() {
  while (waiting_ > 0 && !has_left_) {
    const auto taken = std::min(waiting_, taken_at_once);
    waiting_ -= taken;
    const auto tell = drained_; // it may let go of itself
    tell(taken);
  }
}

void slow_client::wait_for_comment() {
  if (!is_finished_ && !has_left_)
    body_ += comment_;
}

void slow_client::leave() {
  has_left_ = true;
  if (const auto tell = std::exchange(closed_, nullptr))
    tell();
}

void slow_client::forget() {
  drained_ = nullptr;
  closed_ = nullptr;
}

http::call make_call(std::shared_ptr<slow_client> client, http::dialect spoken) {
  static const auto services = make_services();
  return {std::make_shared<stream_responder>(std::move(client)), services, spoken, "r1"};
}

} // namespace sandboxd::fuzz
