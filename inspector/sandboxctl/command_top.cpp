#include "inspector/sandboxctl/actor_rates.hpp"
#include "inspector/sandboxctl/commands.hpp"
#include "inspector/sandboxctl/terminal.hpp"
#include "inspector/sandboxctl/top_feed.hpp"
#include "inspector/sandboxctl/top_screen.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <optional>
#include <poll.h>
#include <string>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <utility>

namespace sandboxd::sandboxctl {

namespace {

using namespace std::chrono_literals;

constexpr auto patience = 15s;

std::optional<top_order> order_of(char key) {
  switch (key) {
  case 'm':
    return top_order::messages;
  case 'd':
    return top_order::depth;
  case 'h':
    return top_order::handling;
  case 'r':
    return top_order::restarts;
  default:
    return std::nullopt;
  }
}

/// The signals that concern the screen, as something to read instead of something that interrupts.
class screen_signals {
public:
  screen_signals() {
    ::sigemptyset(&set_);
    for (const int one : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH})
      ::sigaddset(&set_, one);
    ::sigprocmask(SIG_BLOCK, &set_, &before_);
    descriptor_ = ::signalfd(-1, &set_, SFD_CLOEXEC);
  }
  ~screen_signals() {
    ::close(descriptor_);
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
  }
  screen_signals(const screen_signals&) = delete;
  screen_signals& operator=(const screen_signals&) = delete;

  [[nodiscard]] int descriptor() const { return descriptor_; }

  [[nodiscard]] int next() const {
    signalfd_siginfo told{};
    return ::read(descriptor_, &told, sizeof(told)) == sizeof(told) ? static_cast<int>(told.ssi_signo) : 0;
  }

private:
  sigset_t set_{};
  sigset_t before_{};
  int descriptor_ = -1;
};

/// Wakes the thread of the screen.
class bell {
public:
  bell() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~bell() { ::close(descriptor_); }
  bell(const bell&) = delete;
  bell& operator=(const bell&) = delete;

  [[nodiscard]] int descriptor() const { return descriptor_; }
  void ring() const { ::eventfd_write(descriptor_, 1); }
  void silence() const {
    eventfd_t rung = 0;
    ::eventfd_read(descriptor_, &rung);
  }

private:
  int descriptor_;
};

class top_session {
public:
  explicit top_session(const surroundings& with) : with_(with) { screen_.emplace(); }

  /// The signal that ended it, 0 when the user did.
  int run() {
    const top_feed feed(with_.server, with_.another_client(), [this] { bell_.ring(); });
    while (!is_over_) {
      draw(feed.picture());
      wait();
    }
    screen_.reset();
    return ended_by_;
  }

private:
  void draw(top_picture picture) {
    const auto [width, height] = size_of_terminal(STDOUT_FILENO);
    auto view = with_.view;
    view.width = width;
    if (picture.actors.empty() && picture.trouble.empty())
      picture.trouble = "Looking for the first time ...";
    screen_->show(top_screen(std::move(picture), {.order = order_, .width = width, .height = height}), view);
  }

  void wait() {
    std::array<pollfd, 3> ready{{{signals_.descriptor(), POLLIN, 0},
                                 {bell_.descriptor(), POLLIN, 0},
                                 {is_terminal(STDIN_FILENO) ? STDIN_FILENO : -1, POLLIN, 0}}};
    ::poll(ready.data(), ready.size(), -1);
    if (ready[0].revents != 0)
      obey(signals_.next());
    if (ready[1].revents != 0)
      bell_.silence();
    if (ready[2].revents != 0)
      read_keys();
  }

  void obey(int signal) {
    if (signal == SIGTSTP) {
      screen_.reset();
      ::raise(SIGSTOP);
      screen_.emplace();
    } else if (signal != SIGWINCH) {
      is_over_ = true;
      ended_by_ = signal;
    }
  }

  void read_keys() {
    std::array<char, 64> keys{};
    const auto count = ::read(STDIN_FILENO, keys.data(), keys.size());
    is_over_ |= count <= 0;
    for (ssize_t i = 0; i < count; ++i) {
      is_over_ |= keys[static_cast<std::size_t>(i)] == 'q';
      order_ = order_of(keys[static_cast<std::size_t>(i)]).value_or(order_);
    }
  }

  const surroundings& with_;
  screen_signals signals_; // before any thread, which has them blocked too then
  bell bell_;
  std::optional<whole_screen> screen_;
  top_order order_ = top_order::messages;
  bool is_over_ = false;
  int ended_by_ = 0;
};

exit_code print_stream(const surroundings& with, bool is_once) {
  actor_rates rates;
  with.server.follow("/inspector/api/actors/stream", patience, [&](const std::string& data) {
    const auto event = parse_document(data);
    print_raw(one_line(event));
    return !(rates.take(event) && is_once);
  });
  return exit_code::done;
}

} // namespace

exit_code run_top(const surroundings& with, const top_request& request) {
  if (with.wants_json)
    return print_stream(with, request.is_once);
  if (request.is_once || !is_terminal(STDOUT_FILENO)) {
    const auto width = is_terminal(STDOUT_FILENO) ? with.view.width : 160;
    print(top_screen(take_picture(with.server, with.another_client()), {.width = width, .has_keys = false}),
          with.view);
    return exit_code::done;
  }
  // Tells at once when there is nobody or no access, rather than on a screen that is kept.
  (void)with.server.get(target("/inspector/api/actors", {{"limit", "1"}}));
  const int ended_by = top_session(with).run();
  if (ended_by != 0 && ended_by != SIGINT)
    ::raise(ended_by);
  return exit_code::done;
}

} // namespace sandboxd::sandboxctl
