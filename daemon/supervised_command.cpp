#include "daemon/supervised_command.hpp"

#include "daemon/plain_text.hpp"
#include "launcher/descriptor.hpp"
#include "launcher/descriptor_limit.hpp"
#include "launcher/exit_code.hpp"

#include <asio/buffer.hpp>
#include <asio/posix/stream_descriptor.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <signal.h>
#include <spawn.h>
#include <string_view>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace sandboxd::daemon {

namespace {

/// HTTP.md 16.1, SANDBOX_RAW_CHILD_STDIO.
constexpr std::size_t longest_line = 4000;

/// Reads one stream of the command and logs it line by line; lives as long as the stream.
class line_logger : public std::enable_shared_from_this<line_logger> {
public:
  line_logger(asio::io_context& io, log& lines, launcher::descriptor stream, std::string_view name)
      : stream_(io, stream.release()), lines_(lines), name_(name) {}

  void read() {
    stream_.async_read_some(asio::buffer(buffer_),
                            [self = shared_from_this()](const std::error_code& error, std::size_t count) {
                              self->take({self->buffer_, count});
                              if (error)
                                return self->flush();
                              self->read();
                            });
  }

private:
  void take(std::string_view bytes) {
    for (const char c : bytes) {
      if (!filter_.is_text(c))
        continue;
      if (c == '\n')
        flush();
      else if (line_.size() < longest_line)
        line_ += c;
    }
  }

  void flush() {
    if (!line_.empty())
      lines_.write(config::log_level::debug, "command", line_, {{"stream", name_}});
    line_.clear();
  }

  asio::posix::stream_descriptor stream_;
  log& lines_;
  std::string_view name_;
  escape_filter filter_;
  std::string line_;
  char buffer_[4096] = {};
};

std::vector<char*> pointers(const std::vector<std::string>& items) {
  std::vector<char*> result;
  result.reserve(items.size() + 1);
  for (const auto& item : items)
    result.push_back(const_cast<char*>(item.c_str()));
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> environment_with_mark() {
  std::vector<std::string> environment{"SANDBOX_STARTED=true"};
  for (char** item = environ; *item != nullptr; ++item)
    environment.emplace_back(*item);
  return environment;
}

} // namespace

supervised_command::supervised_command(log& lines, std::vector<std::string> arguments, bool raw_stdio,
                                       std::function<void(int exit_code)> ended)
    : log_(lines), arguments_(std::move(arguments)), raw_stdio_(raw_stdio), ended_(std::move(ended)) {}

void supervised_command::start(asio::io_context& io) {
  if (ending_ || arguments_.empty())
    return;
  try {
    spawn(io);
  } catch (const std::exception& error) {
    log_.write(config::log_level::error, "command", error.what());
    ended_(1);
  }
}

void supervised_command::spawn(asio::io_context& io) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  launcher::descriptor_pair out = launcher::make_pipe();
  launcher::descriptor_pair err = launcher::make_pipe();
  if (!raw_stdio_) {
    ::posix_spawn_file_actions_adddup2(&actions, out.second.get(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, err.second.get(), STDERR_FILENO);
  }
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t set;
  ::sigemptyset(&set);
  ::posix_spawnattr_setsigmask(&attributes, &set);
  ::sigfillset(&set);
  ::posix_spawnattr_setsigdefault(&attributes, &set);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setflags(&attributes,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);

  const auto environment = environment_with_mark();
  pid_t pid = 0;
  // Set before the spawn: the command may look at its limit, or hand it on, as soon as it runs.
  std::optional<launcher::usual_descriptor_limit> with_usual_limit(std::in_place);
  const int error = ::posix_spawnp(&pid, arguments_.front().c_str(), &actions, &attributes,
                                   pointers(arguments_).data(), pointers(environment).data());
  with_usual_limit.reset();
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0)
    throw std::system_error(error, std::generic_category(), arguments_.front());
  pid_ = pid;
  if (!raw_stdio_) {
    std::make_shared<line_logger>(io, log_, std::move(out.first), "stdout")->read();
    std::make_shared<line_logger>(io, log_, std::move(err.first), "stderr")->read();
  }
}

void supervised_command::on_reaped(pid_t pid, int wait_status) {
  if (pid_ == 0 || pid != pid_)
    return;
  if (ending_)
    kill(); // what it has started and not ended itself
  pid_ = 0;
  const int code = launcher::exit_code_of(wait_status);
  log_.write(config::log_level::info, "command", "ended", {{"exitCode", std::int64_t{code}}});
  if (ending_)
    over_.set();
  ended_(code);
}

void supervised_command::end() {
  ending_ = true;
  if (pid_ == 0)
    over_.set();
  else
    ::kill(pid_, SIGTERM);
}

void supervised_command::kill() const noexcept {
  if (pid_ != 0)
    ::kill(-pid_, SIGKILL);
}

} // namespace sandboxd::daemon
