#include "launcher/quiet_thread.hpp"

#include <pthread.h>
#include <signal.h>
#include <utility>

namespace sandboxd::launcher {

namespace {

/// Blocks all signals for the calling thread, and so for those it starts meanwhile.
class blocked_signals {
public:
  blocked_signals() {
    sigset_t all;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  blocked_signals(const blocked_signals&) = delete;
  blocked_signals& operator=(const blocked_signals&) = delete;
  ~blocked_signals() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
  sigset_t before_{};
};

} // namespace

std::thread quiet_thread(std::function<void()> work) {
  const blocked_signals meanwhile;
  return std::thread(std::move(work));
}

} // namespace sandboxd::launcher
