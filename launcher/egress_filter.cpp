#include "launcher/egress_filter.hpp"

#include "launcher/descriptor.hpp"
#include "launcher/group_directory.hpp"
#include "launcher/workload_groups.hpp"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <nftables/libnftables.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>

namespace sandboxd::launcher {

namespace {

constexpr const char* trial_group = "egress-trial";
constexpr in_port_t name_server = 53;

/// The kernel may count levels from the root of the namespace of control groups or, before Linux 6.11, from
/// that of the machine. A wrong one matches nobody.
constexpr unsigned deepest_level = 32;

bool is_of_netfilter(int socket) {
  int domain = 0;
  int protocol = 0;
  socklen_t size = sizeof(int);
  return ::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_NETLINK &&
         ::getsockopt(socket, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0 &&
         protocol == NETLINK_NETFILTER;
}

/// The library opens its socket without O_CLOEXEC; a program that had it would keep the table alive.
void close_sockets_on_exec() {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const auto name = entry.path().filename().string();
    int number = -1;
    std::from_chars(name.data(), name.data() + name.size(), number);
    if (number >= 0 && is_of_netfilter(number))
      ::fcntl(number, F_SETFD, FD_CLOEXEC);
  }
}

/// What becomes of an empty datagram to a name server on the loopback, as an errno. System calls only.
int send_question() {
  const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(name_server);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool is_sent =
      socket >= 0 && ::sendto(socket, "", 0, 0, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0;
  return is_sent ? 0 : errno;
}

/// The same by a process that begins in that group.
int send_question_from(const descriptor& group) {
  clone_args arguments{};
  arguments.flags = CLONE_INTO_CGROUP;
  arguments.exit_signal = SIGCHLD;
  arguments.cgroup = static_cast<__u64>(group.get());
  const auto child = static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof(arguments)));
  if (child == 0)
    ::_exit(send_question());
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child)
    throw std::system_error(errno, std::generic_category(), "a process in the control group of workloads");
  return WIFEXITED(status) ? WEXITSTATUS(status) : EPROTO;
}

/// A group for one workload, as long as this lives.
class trial {
public:
  explicit trial(const workload_groups& groups) : parent_(groups.parents().front().directory.get()) {
    remove_group(parent_, trial_group);
    if (const int error = make_group(parent_, trial_group, group_); error != 0)
      throw std::system_error(error, std::generic_category(), "make a control group");
  }
  ~trial() { remove_group(parent_, trial_group); }
  trial(const trial&) = delete;
  trial& operator=(const trial&) = delete;

  [[nodiscard]] int outcome() const { return send_question_from(group_); }

private:
  int parent_;
  descriptor group_;
};

/// No two of one process may have the same.
std::string new_table() {
  static std::atomic<unsigned> last = 0;
  return fmt::format("sandboxd-{}-{}", ::getpid(), ++last);
}

} // namespace

egress_filter::egress_filter()
    : library_(::nft_ctx_new(NFT_CTX_DEFAULT), &::nft_ctx_free), table_(new_table()) {
  if (!library_ || ::nft_ctx_buffer_error(library_.get()) != 0 ||
      ::nft_ctx_buffer_output(library_.get()) != 0)
    throw std::runtime_error("libnftables cannot be used");
  close_sockets_on_exec();
}

egress_filter::~egress_filter() = default;

std::unique_ptr<egress_filter> egress_filter::make(const workload_groups& groups) {
  std::unique_ptr<egress_filter> made(new egress_filter());
  made->find_level(groups);
  return made;
}

/// The level that has an effect.
void egress_filter::find_level(const workload_groups& groups) {
  const trial attempt(groups);
  if (const int before = attempt.outcome(); before != 0)
    throw std::runtime_error(fmt::format(
        "it cannot be tried, since nothing can be sent to 127.0.0.1 before: {}", std::strerror(before)));
  for (unsigned level = 1; level <= deepest_level; ++level) {
    run(make_rules(table_, groups.unified_path(), level));
    if (attempt.outcome() == EPERM)
      return;
    run(remove_rules(table_));
  }
  throw std::runtime_error(
      "the kernel's rules have no effect on a process in the control group of workloads");
}

void egress_filter::allow(const allowed_addresses& what) {
  run(change_allowed(table_, what));
}

/// The library's words end with a line feed, and quote the rule below it.
void egress_filter::run(const std::string& rules) {
  if (::nft_run_cmd_from_buffer(library_.get(), rules.c_str()) == 0)
    return;
  std::string said = ::nft_ctx_get_error_buffer(library_.get());
  throw std::runtime_error(fmt::format("the kernel's rules (nftables): {}", said.substr(0, said.find('\n'))));
}

} // namespace sandboxd::launcher
