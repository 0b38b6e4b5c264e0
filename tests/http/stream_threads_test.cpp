#include "tests/http/fakes.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

namespace sandboxd::http {
namespace {

/// A connection with a thread of its own that drains what is written, as the server's I/O thread does. The
/// test joins that thread: a call-back on it may hold the stream for as long as it runs.
class draining_stream final : public response_stream {
public:
  void write(std::string bytes) override {
    const std::lock_guard lock(mutex_);
    body += bytes;
    undrained_ += bytes.size();
    changed_.notify_all();
  }
  void finish() override {
    const std::lock_guard lock(mutex_);
    finished_ = true;
    changed_.notify_all();
  }
  void on_drained(std::function<void(std::size_t)> drained) override {
    thread_ = std::thread([this, tell = std::move(drained)] {
      std::unique_lock lock(mutex_);
      for (;;) {
        changed_.wait(lock, [this] { return undrained_ > 0 || finished_; });
        if (undrained_ == 0)
          return;
        const std::size_t bytes = std::exchange(undrained_, 0);
        lock.unlock();
        tell(bytes);
        lock.lock();
      }
    });
  }
  void on_closed(std::function<void()>) override {}
  void keep_alive(std::string, std::chrono::milliseconds) override {}

  void wait_until_drained() { thread_.join(); }

  std::string body;

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t undrained_ = 0;
  bool finished_ = false;
  std::thread thread_;
};

class draining_responder final : public responder {
public:
  void send(response) override {}
  std::shared_ptr<response_stream> stream(int, header_list, stream_kind) override { return opened; }
  void on_left(std::function<void()>) override {}
  void mark_internal() override {}

  std::shared_ptr<draining_stream> opened = std::make_shared<draining_stream>();
};

/// Credit as an actor would see it: granted on one thread, spent on another.
struct credit {
  std::mutex mutex;
  std::condition_variable granted;
  std::size_t available = 0;

  void grant(std::size_t bytes) {
    const std::lock_guard lock(mutex);
    available += bytes;
    granted.notify_all();
  }
  std::size_t take(std::size_t most) {
    std::unique_lock lock(mutex);
    granted.wait(lock, [this] { return available > 0; });
    const std::size_t taken = std::min(most, available);
    available -= taken;
    return taken;
  }
};

/// Output arrives on one thread while another drains: nothing is lost, doubled or reordered, and credit
/// suffices to the end (the test would not end otherwise).
TEST(stream_threads, output_and_drains_may_overlap) {
  for (int round = 0; round < 20; ++round) {
    testing::bench b([] {
      config::settings settings;
      settings.http.stream_window_bytes = 8'000;
      return settings;
    }());
    auto sent = std::make_shared<request>();
    sent->method = "POST";
    sent->path = "/api/execute/stream";
    sent->body = R"({"command":"c","sessionId":"s"})";
    auto answer = std::make_shared<draining_responder>();
    b.app->handler()(sent, answer);
    auto allowed = std::make_shared<credit>();
    actors::command_control control;
    control.grant = [allowed](std::size_t bytes) { allowed->grant(bytes); };
    control.detach = [] {};
    std::string output;
    std::thread command([&] {
      const auto& observer = b.sandbox->observers.at(0);
      observer.started(control);
      for (int i = 0; i < 2'000; ++i) {
        std::string chunk(allowed->take(1 + static_cast<std::size_t>(i) % 700),
                          static_cast<char>('a' + i % 26));
        output += chunk;
        observer.output(actors::output_stream::out, std::move(chunk));
      }
      observer.finished(testing::outcome(actors::command_outcome::ending::exited, 0));
    });
    command.join();
    answer->opened->wait_until_drained();
    std::string received;
    std::size_t completes = 0;
    std::string_view rest = answer->opened->body;
    while (!rest.empty()) {
      const std::size_t end = rest.find("\n\n");
      ASSERT_NE(end, std::string_view::npos);
      const auto event = nlohmann::json::parse(rest.substr(6, end - 6));
      if (event["type"] == "stdout")
        received += event["data"].get<std::string>();
      completes += event["type"] == "complete";
      rest.remove_prefix(end + 2);
    }
    EXPECT_EQ(received, output);
    EXPECT_EQ(completes, 1u);
    b.sandbox->observers.clear();
  }
}

} // namespace
} // namespace sandboxd::http
