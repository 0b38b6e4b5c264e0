#include "launcher/process_log.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace sandboxd::launcher {

namespace {

/// Of each stream, in bytes: thousands of finished processes may be kept. Little enough for that, much enough
/// to need no file for most of them.
constexpr std::size_t kept_in_memory_at_the_end = 64u << 10;

} // namespace

void process_log::append(bool is_error_stream, std::string_view bytes) {
  {
    const std::lock_guard lock(mutex_);
    (is_error_stream ? err_ : out_).append(bytes);
  }
  tell_followers();
}

void process_log::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  tell_followers();
}

void process_log::put_away() {
  const std::lock_guard lock(mutex_);
  out_.put_away(kept_in_memory_at_the_end);
  err_.put_away(kept_in_memory_at_the_end);
}

bool process_log::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

process_log::piece process_log::read(bool is_error_stream, std::uint64_t position, std::size_t most) const {
  const std::lock_guard lock(mutex_);
  const auto& ring = is_error_stream ? err_ : out_;
  const auto from = std::max(position, ring.begin());
  return {ring.read(from, most), from};
}

std::uint64_t process_log::size(bool is_error_stream) const {
  const std::lock_guard lock(mutex_);
  const auto& ring = is_error_stream ? err_ : out_;
  return ring.end() - ring.begin();
}

std::shared_ptr<const void> process_log::follow(std::function<void()> changed) {
  auto made = std::make_shared<const follower>(std::move(changed));
  const std::lock_guard lock(mutex_);
  followers_.push_back(made);
  return made;
}

/// Without the lock, since followers read.
void process_log::tell_followers() {
  std::vector<std::shared_ptr<const follower>> present;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(followers_, [&](const auto& weak) {
      auto one = weak.lock();
      const bool gone = !one;
      if (!gone)
        present.push_back(std::move(one));
      return gone;
    });
  }
  for (const auto& one : present)
    (*one)();
}

} // namespace sandboxd::launcher
