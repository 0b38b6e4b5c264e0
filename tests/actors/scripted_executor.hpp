#pragma once

#include "actors/executor_dialogue.hpp"
#include "launcher/descriptor.hpp"
#include "launcher/executor_link.hpp"
#include "launcher/frame_reader.hpp"

#include <asio/io_context.hpp>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <fcntl.h>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace sandboxd::testing {

/// An executor that says and does what the test has it do. The daemon's side signals whoever has sent it the
/// first bytes, so these come from a child process of its own: it can be interrupted, killed and left to
/// exit, and does nothing else.
class scripted_executor {
public:
  explicit scripted_executor(launcher::executor_channels theirs) : channels_(std::move(theirs)) {
    auto signals = launcher::make_pipe();
    signals_ = std::move(signals.first);
    const std::string first = launcher::make_frame(R"({"type":"ready","version":"1"})");
    const pid_t test = ::getpid();
    body_ = ::fork();
    if (body_ == 0)
      live(channels_.events.get(), signals.second.get(), first, test);
    // Or the test might be the first to send, and would be killed in its place.
    char sent = 0;
    EXPECT_EQ(::read(signals_.get(), &sent, 1), 1);
    ::fcntl(signals_.get(), F_SETFL, O_NONBLOCK);
  }
  scripted_executor(const scripted_executor&) = delete;
  scripted_executor& operator=(const scripted_executor&) = delete;
  ~scripted_executor() {
    if (body_ <= 0)
      return;
    ::kill(body_, SIGKILL);
    ::waitpid(body_, nullptr, 0);
  }

  /// The next request, if there is one; null: there is none.
  [[nodiscard]] nlohmann::json heard() {
    char buffer[4096];
    for (;;) {
      if (auto payload = requests_.next())
        return nlohmann::json::parse(*payload);
      const auto count = ::recv(channels_.requests.get(), buffer, sizeof(buffer), MSG_DONTWAIT);
      if (count <= 0)
        return nullptr;
      requests_.append({buffer, static_cast<std::size_t>(count)});
    }
  }

  void say(std::string_view event) { send(launcher::make_frame(event)); }
  /// Bytes that may be no frame.
  void send(std::string_view bytes) {
    ASSERT_EQ(::send(channels_.events.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  void print(std::string_view bytes, bool is_error = false) {
    const int to = is_error ? channels_.errors.get() : channels_.output.get();
    ASSERT_EQ(::write(to, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  void complete(int execution_count = 1) {
    say(R"({"type":"complete","execution_count":)" + std::to_string(execution_count) + "}");
  }
  void raise(const std::string& name) {
    say(R"({"type":"error","ename":")" + name + R"(","evalue":"","traceback":[],"execution_count":1})");
  }

  /// SIGINT or SIGURG, in the order in which they came; 0: no more.
  [[nodiscard]] int next_signal() {
    char number = 0;
    return ::read(signals_.get(), &number, 1) == 1 ? number : 0;
  }
  [[nodiscard]] bool interrupted() { return next_signal() == SIGINT; }
  /// How many of its events have been acknowledged since this was asked last.
  [[nodiscard]] std::size_t acknowledged() {
    char bytes[64];
    const auto count = ::recv(channels_.events.get(), bytes, sizeof(bytes), MSG_DONTWAIT);
    return count > 0 ? static_cast<std::size_t>(count) : 0;
  }

  void exit(int code) const {
    sigval with{};
    with.sival_int = code;
    ::sigqueue(body_, SIGTERM, with);
  }
  /// Closes its sockets and pipes, but lives on.
  void let_go() { channels_ = {}; }

  /// Its wait status, once, when it has ended; with the process its sockets are closed.
  [[nodiscard]] std::optional<int> take_status() {
    int status = 0;
    if (body_ <= 0 || ::waitpid(body_, &status, WNOHANG) != body_)
      return std::nullopt;
    body_ = -1;
    let_go();
    return status;
  }
  [[nodiscard]] bool lives() const noexcept { return body_ > 0; }
  [[nodiscard]] pid_t pid() const noexcept { return body_; }

private:
  /// What the child does. Between fork and exit only calls that are safe after a fork.
  [[noreturn]] static void live(int events, int signals, const std::string& first, pid_t test) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != test)
      ::_exit(1); // it has ended already
    ::dup2(events, 0);
    ::dup2(signals, 1);
    ::close_range(2, ~0u, 0);
    // Waited for, not handled: ThreadSanitizer keeps handlers waiting, for ever when nothing else is done.
    sigset_t awaited;
    ::sigemptyset(&awaited);
    for (const int number : {SIGTERM, SIGINT, SIGURG})
      ::sigaddset(&awaited, number);
    ::sigprocmask(SIG_BLOCK, &awaited, nullptr);
    ::send(0, first.data(), first.size(), MSG_NOSIGNAL);
    ::close(0);
    (void)!::write(1, "s", 1);
    for (;;) {
      siginfo_t about{};
      const int number = ::sigwaitinfo(&awaited, &about);
      if (number == SIGTERM)
        ::_exit(about.si_value.sival_int);
      const char byte = static_cast<char>(number);
      if (number > 0)
        (void)!::write(1, &byte, 1);
    }
  }

  launcher::executor_channels channels_;
  launcher::descriptor signals_;
  launcher::frame_reader requests_{1u << 20};
  pid_t body_ = -1;
};

/// A scripted executor and the dialogue with it.
struct executor_and_dialogue {
  executor_and_dialogue(asio::io_context& io, actors::executor_dialogue::callbacks events,
                        const actors::executor_dialogue::limits& bounds = {1u << 20,
                                                                           std::chrono::milliseconds(2000)}) {
    auto channels = launcher::make_executor_channels();
    dialogue =
        actors::executor_dialogue::create(io, std::move(channels.ours), bounds, std::move(events), reader);
    executor = std::make_unique<scripted_executor>(std::move(channels.theirs));
  }

  /// Tells the dialogue of the end of the process, as its owner does.
  void tend() const {
    if (const auto status = executor->take_status(); status && tells_status)
      dialogue->process_ended(status);
  }

  bool tells_status = true; ///< its owner

  std::shared_ptr<launcher::background_worker> reader = std::make_shared<launcher::background_worker>();
  std::shared_ptr<actors::executor_dialogue> dialogue;
  std::unique_ptr<scripted_executor> executor;
};

} // namespace sandboxd::testing
