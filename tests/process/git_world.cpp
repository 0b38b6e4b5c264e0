#include "tests/process/git_world.hpp"

#include "tests/support/census.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <netinet/in.h>
#include <signal.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sandboxd::testing {

namespace {

class loopback_socket {
public:
  explicit loopback_socket(std::uint16_t port) : number_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_port = htons(port);
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  }
  loopback_socket(const loopback_socket&) = delete;
  loopback_socket& operator=(const loopback_socket&) = delete;
  ~loopback_socket() { ::close(number_); }

  bool bind() { return ::bind(number_, as_address(), sizeof(address_)) == 0; }
  bool connect() { return ::connect(number_, as_address(), sizeof(address_)) == 0; }
  std::uint16_t port() {
    socklen_t size = sizeof(address_);
    ::getsockname(number_, as_address(), &size);
    return ntohs(address_.sin_port);
  }

private:
  sockaddr* as_address() { return reinterpret_cast<sockaddr*>(&address_); }

  int number_;
  sockaddr_in address_{};
};

} // namespace

running_program::running_program(const std::vector<std::string>& words) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    throw std::runtime_error("pipe");
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], 1);
  ::posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  ::posix_spawnattr_init(&attributes);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  std::vector<char*> arguments;
  for (const auto& word : words)
    arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const int error = ::posix_spawnp(&pid_, arguments[0], &actions, &attributes, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  ::close(ends[1]);
  output_ = ends[0];
  if (error != 0)
    throw std::runtime_error("cannot start " + words[0]);
}

running_program::~running_program() {
  ::kill(-pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  ::close(output_);
}

std::string running_program::first_line() {
  std::string line;
  for (char c = 0; ::read(output_, &c, 1) == 1 && c != '\n';)
    line += c;
  return line;
}

/// The daemon in this process reaps every child of it, so the line's own shell has to tell its status.
std::string shell(const std::string& line) {
  const auto command =
      "bash -c 'set -e; exec 2>&1 </dev/null; export GIT_CONFIG_GLOBAL=/dev/null; " + line + "'; echo $?";
  std::string text;
  FILE* const output = ::popen(command.c_str(), "re");
  if (output == nullptr)
    throw std::runtime_error("popen");
  for (;;) {
    const int c = std::fgetc(output);
    if (c != EOF)
      text += static_cast<char>(c);
    else if (std::ferror(output) == 0 || errno != EINTR)
      break;
    else
      std::clearerr(output); // the end of a child interrupts it
  }
  ::pclose(output);
  const std::string good = "0\n";
  EXPECT_TRUE(text.ends_with(good)) << line << '\n' << text;
  return text.substr(0, text.size() - std::min(text.size(), good.size()));
}

std::uint16_t free_port() {
  loopback_socket any(0);
  EXPECT_TRUE(any.bind());
  return any.port();
}

bool listens(std::uint16_t port) {
  return eventually([&] { return loopback_socket(port).connect(); });
}

git_world::git_world() {
  shell("cd " + root() +
        R"(
    mkdir home home/.ssh repositories && chmod 700 home/.ssh
    git init -q -b main work && cd work
    git config user.name Tester && git config user.email tester@example.com
    echo first >a.txt && mkdir d && echo nested >d/b.txt
    git add . && git commit -qm one && git tag v1
    git checkout -qb dev && echo dev >dev.txt && git add . && git commit -qm development
    git checkout -q main && echo second >a.txt && git commit -qam two
    git clone -q --bare . ../repositories/src.git
    git init -q --bare -b main ../repositories/empty.git)");
}

std::string git_world::http() {
  servers_.push_back(std::make_unique<running_program>(
      std::vector<std::string>{"python3", GIT_HTTP_SERVER, root() + "/repositories"}));
  return "http://127.0.0.1:" + servers_.back()->first_line();
}

std::string git_world::daemon() {
  const auto port = free_port();
  servers_.push_back(std::make_unique<running_program>(
      std::vector<std::string>{"git", "daemon", "--reuseaddr", "--export-all", "--listen=127.0.0.1",
                               "--port=" + std::to_string(port), "--base-path=" + root() + "/repositories"}));
  EXPECT_TRUE(listens(port));
  return "git://127.0.0.1:" + std::to_string(port);
}

std::optional<std::string> git_world::ssh() {
  const std::string sshd = "/usr/sbin/sshd";
  if (::access(sshd.c_str(), X_OK) != 0)
    return std::nullopt;
  const auto port = std::to_string(free_port());
  shell("cd " + root() +
        " && mkdir -p /run/sshd && ssh-keygen -q -t ed25519 -N \"\" -f host_key"
        " && ssh-keygen -q -t ed25519 -N \"\" -f home/.ssh/id_ed25519"
        " && cp home/.ssh/id_ed25519.pub authorized_keys && echo \"[127.0.0.1]:" +
        port + " $(cat host_key.pub)\" >home/.ssh/known_hosts");
  std::ofstream(root() + "/sshd_config") << "HostKey " << root() << "/host_key\nAuthorizedKeysFile " << root()
                                         << "/authorized_keys\nStrictModes no\nUsePAM no\n"
                                            "PasswordAuthentication no\nKbdInteractiveAuthentication no\n"
                                            "PermitRootLogin yes\nPidFile none\nListenAddress 127.0.0.1\n";
  servers_.push_back(std::make_unique<running_program>(
      std::vector<std::string>{sshd, "-D", "-e", "-f", root() + "/sshd_config", "-p", port}));
  EXPECT_TRUE(listens(static_cast<std::uint16_t>(std::stoi(port))));
  auto user = shell("id -un");
  user.pop_back();
  return "ssh://" + user + "@127.0.0.1:" + port + root() + "/repositories";
}

} // namespace sandboxd::testing
