#include "launcher/captured_output.hpp"

#include "launcher/spill_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace sandboxd::launcher {

captured_output::captured_output(capture_limits limits) : limits_(std::move(limits)) {}

captured_output::~captured_output() {
  if (limits_.budget)
    limits_.budget->give_back(spilled_);
  if (limits_.memory_budget)
    limits_.memory_budget->give_back(memory_.size());
}

void captured_output::append(std::span<const char> bytes) {
  const auto room = limits_.max_bytes - std::min(limits_.max_bytes, size());
  auto kept = dropped_ > 0 ? bytes.first(0) : bytes.first(std::min<std::uint64_t>(bytes.size(), room));
  dropped_ += bytes.size() - kept.size();

  if (spilled_ == 0) {
    auto in_memory = std::min<std::uint64_t>(kept.size(), limits_.memory_bytes - memory_.size());
    if (limits_.memory_budget)
      in_memory = limits_.memory_budget->take(in_memory);
    memory_.append(kept.data(), in_memory);
    if (in_memory > 0)
      last_byte_ = static_cast<unsigned char>(kept[in_memory - 1]);
    kept = kept.subspan(in_memory);
  }
  if (!kept.empty())
    dropped_ += kept.size() - spill(kept);
}

/// Returns how many of the bytes lie on disk now.
std::uint64_t captured_output::spill(std::span<const char> bytes) {
  const std::uint64_t room = limits_.budget ? limits_.budget->take(bytes.size()) : bytes.size();
  std::uint64_t done = 0;
  while (done < room && has_spill_file()) {
    const ssize_t written =
        ::pwrite(spill_file_.get(), bytes.data() + done, room - done, static_cast<off_t>(spilled_));
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      break; // the disk is full, or broken
    spilled_ += static_cast<std::uint64_t>(written);
    done += static_cast<std::uint64_t>(written);
    last_byte_ = static_cast<unsigned char>(bytes[done - 1]);
  }
  if (limits_.budget)
    limits_.budget->give_back(room - done);
  return done;
}

std::size_t captured_output::read(std::uint64_t offset, std::span<char> target) const {
  if (offset < memory_.size()) {
    const auto count = std::min<std::uint64_t>(target.size(), memory_.size() - offset);
    std::memcpy(target.data(), memory_.data() + offset, count);
    return count;
  }
  const auto in_file = offset - memory_.size();
  if (in_file >= spilled_)
    return 0;
  const auto count = std::min<std::uint64_t>(target.size(), spilled_ - in_file);
  const ssize_t got = ::pread(spill_file_.get(), target.data(), count, static_cast<off_t>(in_file));
  return got > 0 ? static_cast<std::size_t>(got) : 0;
}

bool captured_output::has_spill_file() {
  if (!spill_file_)
    spill_file_ = open_spill_file(limits_.spill_directory);
  return static_cast<bool>(spill_file_);
}

} // namespace sandboxd::launcher
