#pragma once

#include "launcher/descriptor.hpp"
#include "launcher/executor_link.hpp"
#include "launcher/lineage.hpp"

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace sandboxd::launcher {

/// What becomes of one fork. Called on the strand.
struct fork_events {
  /// There will be no executor; the last call. `server_is_gone`: the fork server is, which says nothing about
  /// the next one.
  std::function<void(const std::string& problem, bool server_is_gone)> failed;
  /// It ended with this wait status; the last call. `out_of_memory`: the kernel has killed one of its
  /// processes since there was no memory for it.
  std::function<void(int status, bool out_of_memory)> ended;
  /// The fork server is lost, and `ended` will not come.
  std::function<void()> orphaned;
  /// The executor is being ended, which may take the kernel a while; the last call, after
  /// `orphaned`.
  std::function<void()> doomed;
};

/// The daemon's side of a fork server (`interpreters/python/sandboxd_executor/fork_server.py` describes the
/// datagrams). Executors outlive it.
///
/// `fork` may be called from any thread; call-backs run on a strand of its own.
class fork_server_link : public std::enable_shared_from_this<fork_server_link> {
public:
  struct callbacks {
    /// It takes requests. `missing`: a line for each module that could not be imported.
    std::function<void(const std::string& version, const std::string& missing)> ready;
    /// Packages were installed, upgraded or removed since it imported its own.
    std::function<void()> stale;
    /// It is gone, for this reason; empty: it has ended without a word. The last call.
    std::function<void(const std::string& problem)> lost;
  };

  /// `socket`: a seqpacket socket whose other end is the fork server's descriptor 3. One that takes longer
  /// than `answer_timeout` to fork is lost.
  static std::shared_ptr<fork_server_link> create(asio::io_context& io, descriptor socket,
                                                  std::chrono::milliseconds answer_timeout, callbacks events);

  fork_server_link(const fork_server_link&) = delete;
  fork_server_link& operator=(const fork_server_link&) = delete;
  ~fork_server_link();

  /// Has it fork an executor, which gets these descriptors and marks itself with `number`.
  void fork(lineage number, executor_channels theirs, fork_events events);

  /// Whether it was asked to fork, and whether it has, ever. Any thread.
  [[nodiscard]] bool was_asked() const noexcept { return was_asked_; }
  [[nodiscard]] bool has_forked() const noexcept { return has_forked_; }

  /// The first process of its namespace is gone, and so are it and its executors; also when it is lost
  /// already. Any thread.
  void doom();

private:
  fork_server_link(asio::io_context& io, descriptor socket, std::chrono::milliseconds answer_timeout,
                   callbacks events);

  void wait();
  void wait_for_answer();
  void read();
  bool handle(std::string_view message);
  void lose(const std::string& problem);

  asio::strand<asio::io_context::executor_type> strand_;
  asio::posix::stream_descriptor socket_;
  const std::chrono::milliseconds answer_timeout_;
  asio::steady_timer answer_timer_; // for the first of `asked_`
  callbacks call_;
  std::atomic<bool> was_asked_ = false;
  std::atomic<bool> has_forked_ = false;
  std::deque<fork_events> asked_;
  std::map<pid_t, fork_events> running_;
  std::vector<std::function<void()>> orphans_; // what tells them that they are doomed
};

} // namespace sandboxd::launcher
