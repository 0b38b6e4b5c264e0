#include "launcher/spawner.hpp"

#include "launcher/descriptor_limit.hpp"
#include "launcher/protocol.hpp"
#include "launcher/unix_message.hpp"

#include <asio/post.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string>
#include <sys/socket.h>
#include <system_error>
#include <utility>

namespace sandboxd::launcher {

namespace {

/// A copy of a number that none of those has which the new process is to have.
descriptor out_of_the_way(int number) {
  descriptor copy(::fcntl(number, F_DUPFD_CLOEXEC, protocol::group_directory + 1));
  if (!copy)
    throw std::system_error(errno, std::generic_category(), "start the spawner");
  return copy;
}

/// posix_spawn(3) of `program` with `socket` as descriptor 3, an empty environment (workloads are
/// forked from there and must not read the daemon's), default signals and an empty mask.
pid_t start_process(const descriptor& program, int socket, const spawner::options& how) {
  const auto file = out_of_the_way(program.get());
  const auto far_end = out_of_the_way(socket);
  const auto directory =
      how.group_directory != nullptr ? out_of_the_way(how.group_directory->get()) : descriptor();

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
  ::posix_spawn_file_actions_adddup2(&actions, far_end.get(), protocol::spawner_socket);
  if (directory)
    ::posix_spawn_file_actions_adddup2(&actions, directory.get(), protocol::group_directory);

  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t set;
  ::sigemptyset(&set);
  ::posix_spawnattr_setsigmask(&attributes, &set);
  ::sigfillset(&set);
  ::posix_spawnattr_setsigdefault(&attributes, &set);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  char name[] = "sandboxd-spawner";
  std::string argument = protocol::confine_argument;
  std::string second = protocol::mounts_argument;
  char* arguments[] = {name, how.confine ? argument.data() : nullptr,
                       how.allow_mounts ? second.data() : nullptr, nullptr};
  char* environment[] = {nullptr};
  pid_t pid = 0;
  const auto path = fmt::format("/proc/self/fd/{}", file.get());
  const int error = ::posix_spawn(&pid, path.c_str(), &actions, &attributes, arguments, environment);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0)
    throw std::system_error(error, std::generic_category(), "start the spawner");
  restore_descriptor_limit(pid);
  return pid;
}

} // namespace

std::shared_ptr<spawner> spawner::start(asio::io_context& io, const descriptor& program, const options& how,
                                        callbacks events) {
  auto [ours, theirs] = make_seqpacket_pair();
  const pid_t pid = start_process(program, theirs.get(), how);
  std::shared_ptr<spawner> made(new spawner(io, std::move(ours), pid));
  watch(made->socket_, std::move(events));
  return made;
}

spawner::spawner(asio::io_context& io, descriptor socket, pid_t pid)
    : socket_(std::make_shared<asio::posix::stream_descriptor>(io, socket.release())), pid_(pid) {}

spawner::~spawner() {
  asio::post(socket_->get_executor(), [socket = socket_] { socket->close(); });
}

/// After its report the spawner never sends: readability means its end.
void spawner::watch(const std::shared_ptr<asio::posix::stream_descriptor>& socket, callbacks events) {
  socket->async_wait(asio::posix::stream_descriptor::wait_read, [socket, events = std::move(events)](
                                                                    const std::error_code& error) {
    if (error)
      return;
    protocol::spawner_report report;
    received_extras extras;
    if (receive_message(socket->native_handle(), report, extras, MSG_DONTWAIT) != receive_result::message)
      return events.died();
    events.ready(report);
    watch(socket, events);
  });
}

descriptor spawner::spawn(bool isolate, bool isolation_required) const {
  auto [ours, theirs] = make_seqpacket_pair();
  receive_sender_pids(ours.get());
  const protocol::spawn_request request{isolate, isolation_required};
  const int passed[] = {theirs.get()};
  const int error = send_message(socket_->native_handle(), request, passed, 0, MSG_DONTWAIT);
  if (error == EAGAIN)
    return {};
  // The datagram for a spawner that is dead, and with it the init's end, is dropped: `ours` then reads its
  // end.
  if (error != 0 && error != EPIPE && error != ECONNRESET)
    throw std::system_error(error, std::generic_category(), "ask the spawner");
  return std::move(ours);
}

void spawner::when_ready(std::function<void()> ready) const {
  socket_->async_wait(asio::posix::stream_descriptor::wait_write,
                      [socket = socket_, ready = std::move(ready)](const std::error_code& error) {
                        if (!error)
                          ready();
                      });
}

} // namespace sandboxd::launcher
