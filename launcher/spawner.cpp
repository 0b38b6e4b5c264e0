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
#include <sys/socket.h>
#include <system_error>
#include <utility>

namespace sandboxd::launcher {

namespace {

/// posix_spawn(3) of `program` with `socket` as descriptor 3, an empty environment (workloads are
/// forked from there and must not read the daemon's), default signals and an empty mask.
pid_t start_process(const descriptor& program, int socket) {
  // Of a number that the socket does not take in the new process before its program is looked up.
  const descriptor file(::fcntl(program.get(), F_DUPFD_CLOEXEC, protocol::spawner_socket + 1));
  if (!file)
    throw std::system_error(errno, std::generic_category(), "start the spawner");

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
  ::posix_spawn_file_actions_adddup2(&actions, socket, protocol::spawner_socket);

  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t set;
  ::sigemptyset(&set);
  ::posix_spawnattr_setsigmask(&attributes, &set);
  ::sigfillset(&set);
  ::posix_spawnattr_setsigdefault(&attributes, &set);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  char name[] = "sandboxd-spawner";
  char* arguments[] = {name, nullptr};
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

std::shared_ptr<spawner> spawner::start(asio::io_context& io, const descriptor& program,
                                        std::function<void()> on_death) {
  auto [ours, theirs] = make_seqpacket_pair();
  if (theirs.get() == protocol::spawner_socket) { // dup2 onto itself would leave it close-on-exec
    const int moved = ::fcntl(theirs.get(), F_DUPFD_CLOEXEC, protocol::spawner_socket + 1);
    theirs.reset(moved);
  }
  const pid_t pid = start_process(program, theirs.get());
  std::shared_ptr<spawner> made(new spawner(io, std::move(ours), pid));
  watch(made->socket_, std::move(on_death));
  return made;
}

spawner::spawner(asio::io_context& io, descriptor socket, pid_t pid)
    : socket_(std::make_shared<asio::posix::stream_descriptor>(io, socket.release())), pid_(pid) {}

spawner::~spawner() {
  asio::post(socket_->get_executor(), [socket = socket_] { socket->close(); });
}

/// The spawner never sends: readability means its end.
void spawner::watch(const std::shared_ptr<asio::posix::stream_descriptor>& socket,
                    std::function<void()> on_death) {
  socket->async_wait(asio::posix::stream_descriptor::wait_read,
                     [socket, on_death = std::move(on_death)](const std::error_code& error) {
                       if (!error)
                         on_death();
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
