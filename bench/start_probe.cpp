#include "bench/start_probe.hpp"

#include "bench/checks.hpp"
#include "bench/client.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <optional>
#include <poll.h>
#include <spawn.h>
#include <stdexcept>
#include <string_view>
#include <sys/wait.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace sandboxd::bench {

namespace {

using steady = std::chrono::steady_clock;

constexpr std::chrono::seconds longest_start{30};
constexpr std::chrono::milliseconds pause_between_looks{10};

void check(int error, const char* what) {
  if (error != 0)
    throw std::system_error(error, std::generic_category(), what);
}

/// A server in a process group of its own, its stdout readable here, its stderr dropped.
class started_server {
public:
  started_server(const std::vector<std::string>& command, std::chrono::milliseconds grace) : grace_(grace) {
    std::array<int, 2> pipe{};
    check(pipe2(pipe.data(), O_CLOEXEC) == 0 ? 0 : errno, "pipe2");
    output_ = pipe[0];
    std::vector<char*> arguments;
    arguments.reserve(command.size() + 1);
    for (const auto& argument : command)
      arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    check(posix_spawn_file_actions_init(&actions), "posix_spawn_file_actions_init");
    check(posix_spawnattr_init(&attributes), "posix_spawnattr_init");
    posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    const int error = posix_spawnp(&pid_, arguments[0], &actions, &attributes, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    close(pipe[1]);
    check(error, arguments[0]);
  }

  ~started_server() {
    kill(-pid_, SIGTERM);
    const auto deadline = steady::now() + grace_;
    while (steady::now() < deadline && waitpid(pid_, nullptr, WNOHANG) == 0)
      std::this_thread::sleep_for(pause_between_looks);
    if (kill(-pid_, SIGKILL) == 0)
      waitpid(pid_, nullptr, 0);
    close(output_);
  }
  started_server(const started_server&) = delete;
  started_server& operator=(const started_server&) = delete;

  /// Reads stdout up to the address the server listens at.
  endpoint listening_at(steady::time_point deadline) const {
    std::string text;
    while (true) {
      if (const auto url = first_url(text))
        return parse_endpoint(*url);
      pollfd readable{output_, POLLIN, 0};
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - steady::now());
      std::array<char, 4096> bytes;
      const auto count = left.count() > 0 && poll(&readable, 1, static_cast<int>(left.count())) > 0
                             ? read(output_, bytes.data(), bytes.size())
                             : 0;
      if (count <= 0)
        throw std::runtime_error("the server did not say where it listens; it printed: " + excerpt(text));
      text.append(bytes.data(), static_cast<std::size_t>(count));
    }
  }

private:
  /// The first `http://ADDRESS:PORT` that ends a line.
  static std::optional<std::string> first_url(std::string_view text) {
    const auto begin = text.find("http://");
    const auto end = begin == std::string_view::npos ? begin : text.find('\n', begin);
    if (end == std::string_view::npos)
      return std::nullopt;
    return std::string(text.substr(begin, end - begin));
  }

  std::chrono::milliseconds grace_;
  pid_t pid_ = 0;
  int output_ = -1;
};

} // namespace

std::chrono::nanoseconds start_to_first_ping(const std::vector<std::string>& command,
                                             std::chrono::milliseconds grace) {
  if (command.empty())
    throw std::invalid_argument("no command to start");
  const auto start = steady::now();
  const started_server server(command, grace);
  const auto at = server.listening_at(start + longest_start);
  const auto pong = ask(at, http_request("GET", "/api/ping"), longest_start);
  const auto elapsed = steady::now() - start;
  const answer whole{pong.status, pong.body, pong.elapsed, pong.error};
  if (const auto problem = check_ping(whole); !problem.empty())
    throw std::runtime_error(problem);
  return elapsed;
}

} // namespace sandboxd::bench
