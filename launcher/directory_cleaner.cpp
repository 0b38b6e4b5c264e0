#include "launcher/directory_cleaner.hpp"

#include <filesystem>
#include <pthread.h>
#include <signal.h>
#include <system_error>
#include <utility>

namespace sandboxd::launcher {

directory_cleaner::~directory_cleaner() {
  {
    const std::lock_guard guard(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable())
    thread_.join();
}

void directory_cleaner::remove(std::string path) {
  const std::lock_guard guard(mutex_);
  if (waiting_.size() >= most_waiting)
    return;
  waiting_.push_back(std::move(path));
  changed_.notify_all();
  if (thread_.joinable())
    return;
  // Signals are for the threads that know what to do with them.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void directory_cleaner::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (stopping_)
      return;
    const std::string path = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    std::error_code ignored; // what cannot be removed stays until the daemon's end
    std::filesystem::remove_all(path, ignored);
    lock.lock();
  }
}

} // namespace sandboxd::launcher
