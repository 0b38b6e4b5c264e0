#include "launcher/spawner.hpp"

#include "launcher/descriptor_limit.hpp"
#include "launcher/protocol.hpp"
#include "launcher/spawner_arguments.hpp"
#include "launcher/unix_message.hpp"

#include <asio/post.hpp>
#include <fmt/format.h>

#include <cerrno>
#include <cstddef>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string>
#include <sys/socket.h>
#include <system_error>
#include <utility>
#include <vector>

namespace sandboxd::launcher {

namespace {

/// A copy of a number that none of those has which the new process is to have.
descriptor out_of_the_way(int number, std::size_t passed) {
  descriptor copy(
      ::fcntl(number, F_DUPFD_CLOEXEC, protocol::first_group_directory + static_cast<int>(passed)));
  if (!copy)
    throw std::system_error(errno, std::generic_category(), "start the spawner");
  return copy;
}

spawner_arguments arguments_for(const spawner::options& how) {
  spawner_arguments arguments;
  arguments.confines = how.confine;
  arguments.allows_mounts = how.allow_mounts;
  arguments.is_strict = how.is_strict;
  arguments.limits_sockets = how.limit_sockets;
  arguments.has_network = how.network != nullptr;
  arguments.limits = how.limits;
  arguments.hosts_file = how.hosts_file;
  arguments.writable = how.writable;
  arguments.control_files = how.control_files;
  arguments.private_tmp_bytes = how.private_tmp_bytes;
  if (how.groups != nullptr)
    for (const auto& parent : *how.groups)
      arguments.hierarchies.push_back(parent.controllers);
  return arguments;
}

/// What it gets from `protocol::first_group_directory` on.
std::vector<int> passed_descriptors(const spawner::options& how) {
  std::vector<int> passed;
  if (how.groups != nullptr)
    for (const auto& parent : *how.groups)
      passed.push_back(parent.directory.get());
  if (how.network != nullptr)
    passed.push_back(how.network->get());
  return passed;
}

/// What posix_spawn(3) does in the new process.
class file_actions {
public:
  file_actions() { ::posix_spawn_file_actions_init(&actions_); }
  ~file_actions() { ::posix_spawn_file_actions_destroy(&actions_); }
  file_actions(const file_actions&) = delete;
  file_actions& operator=(const file_actions&) = delete;

  void open_null(int as) { ::posix_spawn_file_actions_addopen(&actions_, as, "/dev/null", O_RDWR, 0); }
  /// Keeps the descriptor open until then.
  void place(descriptor from, int as) {
    ::posix_spawn_file_actions_adddup2(&actions_, from.get(), as);
    kept_.push_back(std::move(from));
  }
  [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

private:
  posix_spawn_file_actions_t actions_{};
  std::vector<descriptor> kept_;
};

/// posix_spawn(3) of `program` with `socket`, directories of groups and the network from descriptor 3 on, an
/// empty environment (workloads are forked from there and must not read the daemon's), default signals and an
/// empty mask.
pid_t start_process(const descriptor& program, int socket, const spawner::options& how) {
  const auto passed = passed_descriptors(how);
  const auto file = out_of_the_way(program.get(), passed.size());
  file_actions actions;
  actions.open_null(0);
  actions.place(out_of_the_way(socket, passed.size()), protocol::spawner_socket);
  for (std::size_t at = 0; at < passed.size(); ++at)
    actions.place(out_of_the_way(passed[at], passed.size()),
                  protocol::first_group_directory + static_cast<int>(at));

  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t set;
  ::sigemptyset(&set);
  ::posix_spawnattr_setsigmask(&attributes, &set);
  ::sigfillset(&set);
  ::posix_spawnattr_setsigdefault(&attributes, &set);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);

  std::vector<std::string> words{"sandboxd-spawner"};
  for (auto& word : encode(arguments_for(how)))
    words.push_back(std::move(word));
  std::vector<char*> arguments;
  for (auto& word : words)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);
  char* environment[] = {nullptr};
  pid_t pid = 0;
  const auto path = fmt::format("/proc/self/fd/{}", file.get());
  const int error =
      ::posix_spawn(&pid, path.c_str(), actions.get(), &attributes, arguments.data(), environment);
  ::posix_spawnattr_destroy(&attributes);
  if (error != 0)
    throw std::system_error(error, std::generic_category(), "start the spawner");
  restore_descriptor_limit(pid);
  return pid;
}

/// The first of two descriptors, which keeps the second, its mount namespace, open: a namespace that nobody
/// is in or holds is taken apart.
std::shared_ptr<const descriptor> with_its_mounts(descriptor root, descriptor mounts) {
  auto both = std::make_shared<std::pair<descriptor, descriptor>>(std::move(root), std::move(mounts));
  return {both, &both->first};
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
    if (receive_message(socket->native_handle(), report, extras, MSG_DONTWAIT) != receive_result::message ||
        extras.descriptor_count != 2) // for which this process may have had no numbers left
      return events.died();
    events.ready(report, with_its_mounts(std::move(extras.descriptors[0]), std::move(extras.descriptors[1])));
    watch(socket, events);
  });
}

descriptor spawner::spawn(const protocol::spawn_request& wanted) const {
  auto [ours, theirs] = make_seqpacket_pair();
  receive_sender_pids(ours.get());
  const int passed[] = {theirs.get()};
  const int error = send_message(socket_->native_handle(), wanted, passed, 0, MSG_DONTWAIT);
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
