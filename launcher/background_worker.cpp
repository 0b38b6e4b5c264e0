#include "launcher/background_worker.hpp"

#include "launcher/quiet_thread.hpp"

#include <filesystem>
#include <system_error>
#include <utility>

namespace sandboxd::launcher {

background_worker::~background_worker() {
  {
    const std::lock_guard guard(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable())
    thread_.join();
}

void background_worker::remove(std::string path) {
  const std::lock_guard guard(mutex_);
  if (directories_ >= most_directories)
    return;
  add([this, path = std::move(path)] {
    std::error_code ignored; // what cannot be removed stays until the daemon's end
    std::filesystem::remove_all(path, ignored);
    const std::lock_guard done(mutex_);
    --directories_;
  });
  ++directories_;
}

void background_worker::run(std::function<void()> task) {
  const std::lock_guard guard(mutex_);
  add(std::move(task));
}

void background_worker::add(std::function<void()> task) {
  if (!thread_.joinable())
    thread_ = quiet_thread([this] { work(); });
  waiting_.push_back(std::move(task));
  changed_.notify_all();
}

void background_worker::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_)
      return;
    auto task = std::exchange(waiting_.front(), {});
    waiting_.pop_front();
    lock.unlock();
    task();
    task = {}; // what it holds goes here, too
    lock.lock();
  }
}

} // namespace sandboxd::launcher
