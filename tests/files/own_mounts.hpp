#pragma once

#include <gtest/gtest.h>

#include <array>
#include <exception>
#include <fcntl.h>
#include <functional>
#include <optional>
#include <sched.h>
#include <string>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sandboxd::testing {

/// Runs something in a process with mounts of its own and returns what it returned, or what it threw; nothing
/// where the kernel grants no such process (who is not root, say).
inline std::optional<std::string> in_own_mounts(const std::function<std::string()>& action) {
  std::array<int, 2> answer{};
  EXPECT_EQ(::pipe2(answer.data(), O_CLOEXEC), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
      ::_exit(1);
    std::string result;
    try {
      result = action();
    } catch (const std::exception& error) {
      result = error.what();
    }
    ::_exit(::write(answer[1], result.data(), result.size()) == static_cast<ssize_t>(result.size()) ? 0 : 2);
  }
  ::close(answer[1]);
  std::string result;
  std::array<char, 4096> buffer;
  for (ssize_t count = 0; (count = ::read(answer[0], buffer.data(), buffer.size())) > 0;)
    result.append(buffer.data(), static_cast<std::size_t>(count));
  ::close(answer[0]);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) <= 1) << status;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? std::optional(result) : std::nullopt;
}

} // namespace sandboxd::testing
