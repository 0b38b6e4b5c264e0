#include "inspector/sandboxctl/top_feed.hpp"

#include "inspector/sandboxctl/actor_rates.hpp"
#include "inspector/sandboxctl/daemon_watch.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <exception>
#include <utility>

namespace sandboxd::sandboxctl {

namespace {

using namespace std::chrono_literals;

constexpr const char* stream = "/inspector/api/actors/stream";
/// An event comes each second.
constexpr auto patience = 15s;

top_picture picture_of(const actor_rates& rates, daemon_watch& daemon) {
  auto [told, share] = daemon.look();
  return {std::move(told), share, rates.messages_per_second(), rates.actors(), {}};
}

} // namespace

top_feed::top_feed(client& actors, std::unique_ptr<client> daemon, std::function<void()> tell)
    : actors_(actors), tell_(std::move(tell)),
      thread_([this, given = std::move(daemon)]() mutable { run(std::move(given)); }) {}

top_feed::~top_feed() {
  {
    const std::scoped_lock lock(mutex_);
    is_stopping_ = true;
  }
  stopping_changed_.notify_one();
  actors_.stop();
  thread_.join();
}

top_picture top_feed::picture() const {
  const std::scoped_lock lock(mutex_);
  return picture_;
}

bool top_feed::is_stopping() const {
  const std::scoped_lock lock(mutex_);
  return is_stopping_;
}

void top_feed::set_trouble(const std::string& text) {
  {
    const std::scoped_lock lock(mutex_);
    picture_.trouble = text;
  }
  tell_();
}

void top_feed::run(std::unique_ptr<client> daemon) {
  daemon_watch watch(std::move(daemon));
  while (!is_stopping()) {
    try {
      actor_rates rates;
      actors_.follow(stream, patience, [&](const std::string& data) {
        if (rates.take(parse_document(data))) {
          auto made = picture_of(rates, watch);
          const std::scoped_lock lock(mutex_);
          picture_ = std::move(made);
        }
        tell_();
        return !is_stopping();
      });
    } catch (const std::exception& problem) { // else nobody would leave the screen
      set_trouble(std::string(problem.what()) + "; trying again each second");
      std::unique_lock lock(mutex_);
      stopping_changed_.wait_for(lock, 1s, [this] { return is_stopping_; });
    }
  }
}

top_picture take_picture(client& actors, std::unique_ptr<client> daemon) {
  daemon_watch watch(std::move(daemon));
  actor_rates rates;
  top_picture made;
  actors.follow(stream, patience, [&](const std::string& data) {
    if (rates.take(parse_document(data)))
      made = picture_of(rates, watch);
    return !rates.messages_per_second();
  });
  return made;
}

} // namespace sandboxd::sandboxctl
