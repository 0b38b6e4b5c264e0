#pragma once

#include "config/settings.hpp"
#include "http/server.hpp"
#include "tests/support/census.hpp"
#include "tests/support/raw_client.hpp"

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace sandboxd::testing {

/// Something that is set on one thread and awaited, with a deadline, on another.
template <typename Value>
class awaited {
public:
  void set(Value value) {
    std::lock_guard lock(mutex_);
    values_.push_back(std::move(value));
    changed_.notify_all();
  }

  /// The value number `index` (from 0); throws when it does not come in time.
  Value get(std::size_t index = 0) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, raw_client::patience, [&] { return values_.size() > index; }))
      throw std::runtime_error("deadline passed while waiting for an event");
    return values_[index];
  }

  /// Forgets the values, and with them what they own.
  void clear() {
    std::lock_guard lock(mutex_);
    values_.clear();
  }

  [[nodiscard]] std::size_t count() const {
    std::lock_guard lock(mutex_);
    return values_.size();
  }

private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Value> values_;
};

/// What the proxy may reach, and how; by default there is none.
struct wire_proxy {
  std::function<bool(std::uint16_t port)> is_exposed = {};
  config::port_settings settings = {};
};

/// The transport on a loopback port with I/O threads of its own and a handler of the test.
class wire_server {
public:
  using setting = std::function<void(config::http_settings&)>;

  wire_server(asio::io_context& on, http::request_handler handler, const setting& adjust = {},
              const std::function<void(http::server_hooks&)>& more_hooks = {}, const wire_proxy& with = {})
      : context(on), work_(on.get_executor()) {
    config::settings settings;
    settings.http.port = 0;
    settings.ports = with.settings;
    if (adjust)
      adjust(settings.http);
    http::server_hooks hooks;
    hooks.handle = std::move(handler);
    hooks.refuse = [](const http::refusal& why) {
      return http::response{why.status, {{"Content-Type", "application/json"}}, "refused: " + why.message};
    };
    hooks.access_log = [this](const http::access_record& record) { log.set(record); };
    hooks.report = [this](std::string_view text) { reports.set(std::string(text)); };
    if (more_hooks)
      more_hooks(hooks);
    hooks.is_exposed = with.is_exposed;
    server.emplace(settings, context, std::move(hooks));
    server->start();
    for (std::uint64_t i = 0; i < settings.http.io_threads; ++i)
      threads_.emplace_back([this] { context.run(); });
  }

  ~wire_server() { stop(); }

  void stop() {
    work_.reset();
    context.stop();
    for (auto& thread : threads_)
      thread.join();
    threads_.clear();
    server.reset();
  }

  [[nodiscard]] std::uint16_t port() const { return server->port(); }

  /// Whether no bytes of requests are held any more. Connections let go of theirs just after the answer, or
  /// just after their end.
  [[nodiscard]] bool comes_to_hold_nothing() const {
    return eventually([this] { return server->buffered_bytes() == 0; });
  }

  asio::io_context& context;
  awaited<http::access_record> log;
  awaited<std::string> reports;
  std::optional<http::server> server;

private:
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::vector<std::thread> threads_;
};

/// Owns the io_context, which must outlive every responder and stream that a test holds.
class wire_test : public ::testing::Test {
protected:
  asio::io_context context;
};

/// Answers 200 with method, path, query and body of the request, one per line.
inline void echo(const http::request_ptr& asked, const http::responder_ptr& answer) {
  answer->send({200,
                {{"Content-Type", "text/plain"}},
                asked->method + "\n" + asked->path + "\n" + asked->query + "\n" + asked->body});
}

} // namespace sandboxd::testing
