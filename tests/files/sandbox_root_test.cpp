#include "tests/files/sandbox_files.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <stop_token>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <thread>

namespace sandboxd::files {
namespace {

using testing::errno_of;
using testing::open_root;

class rooted : public testing::sandbox_files {
protected:
  std::string read(const std::string& path) const {
    const descriptor file = root.open_regular(path);
    std::array<char, 100> text;
    const ssize_t count = ::read(file.get(), text.data(), text.size());
    return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0))};
  }
  int error_of_reading(const std::string& path) const {
    return errno_of([&] { (void)root.open_regular(path); });
  }
};

TEST_F(rooted, opens_what_is_inside) {
  std::filesystem::create_directory(in("/dir"));
  put(in("/dir/file"), "text");
  for (const auto* path : {"/dir/file", "dir/file", "/dir/../dir//./file", "/../../dir/file"})
    EXPECT_EQ(read(path), "text") << path;
  EXPECT_EQ(error_of_reading("/missing"), ENOENT);
  EXPECT_EQ(error_of_reading("/dir"), EISDIR);
  EXPECT_EQ(error_of_reading("/dir/file/below"), ENOTDIR);
  EXPECT_EQ(error_of_reading(std::string(300, 'x')), ENAMETOOLONG);
}

/// Each of these reaches the file outside when it is opened without protection.
TEST_F(rooted, is_left_by_no_link) {
  const std::string up = "../../../../../../../../../../../../";
  std::filesystem::create_symlink(outside, in("/absolute"));
  std::filesystem::create_symlink("../secret", in("/relative"));
  std::filesystem::create_symlink(up + outside.substr(1), in("/far"));
  std::filesystem::create_symlink("/", in("/machine"));
  for (const std::string path : {"/absolute", "/relative", "/far"}) {
    EXPECT_EQ(get(in(path)), "outside") << "the attack works without the defence";
    EXPECT_EQ(error_of_reading(path), ENOENT) << path;
  }
  EXPECT_EQ(get(in("/machine") + outside), "outside");
  EXPECT_EQ(error_of_reading("/machine" + outside), ENOENT);
}

TEST_F(rooted, is_left_by_no_link_of_the_kernel) {
  const sandbox_root machine(open_root("/"), {});
  const descriptor held(::open(scratch.path().c_str(), O_PATH | O_CLOEXEC));
  const std::string link = "/proc/self/fd/" + std::to_string(held.get()) + "/secret";
  EXPECT_EQ(get(link), "outside");
  EXPECT_EQ(errno_of([&] { (void)machine.open_regular(link); }), ELOOP);
  EXPECT_EQ(errno_of([&] { (void)machine.open_regular("/proc/self/root/etc/passwd"); }), ELOOP);
  EXPECT_EQ(errno_of([&] { (void)machine.open_regular("/proc/self/exe"); }), ELOOP);
}

TEST_F(rooted, shows_nothing_that_is_hidden) {
  EXPECT_EQ(get(in("/hidden/key")), "of the daemon");
  std::filesystem::create_symlink("/hidden", in("/link"));
  for (const auto* path : {"/hidden/key", "/link/key", "/hidden/../hidden/key"})
    EXPECT_EQ(error_of_reading(path), EACCES) << path;
  EXPECT_EQ(errno_of([&] { (void)root.open("/hidden", O_PATH); }), EACCES);
  EXPECT_EQ(errno_of([&] { (void)root.parent_of("/hidden"); }), EACCES);
  EXPECT_EQ(errno_of([&] { (void)root.parent_of("/hidden/new"); }), EACCES);
  EXPECT_EQ(errno_of([&] { (void)root.target_of("/link/new"); }), EACCES);
  put(in("/hidden-not"), "seen");
  EXPECT_EQ(read("/hidden-not"), "seen");
}

TEST_F(rooted, hides_the_memory_and_environment_of_the_daemon) {
  const auto own = "/proc/" + std::to_string(::getpid());
  const sandbox_root machine(open_root("/"), {own});
  EXPECT_NE(get("/proc/self/environ"), "");
  for (const auto* path : {"/proc/self/environ", "/proc/thread-self/environ", "/proc/self/task/../environ"})
    EXPECT_EQ(errno_of([&] { (void)machine.open_regular(path); }), EACCES) << path;
  EXPECT_EQ(errno_of([&] { (void)machine.open_regular("/proc/self/mem"); }), EACCES);
  EXPECT_EQ(errno_of([&] { (void)machine.open_regular("/proc/version"); }), 0);
}

/// One thread swaps a directory for a link that leads out, as fast as it can, while files are opened through
/// it.
TEST_F(rooted, is_not_left_by_who_renames_while_it_looks) {
  std::filesystem::create_directories(in("/swap/a"));
  put(in("/swap/a/secret"), "inside");
  std::filesystem::create_symlink(scratch.path(), in("/trap"));
  const std::jthread attacker([&](const std::stop_token& over) {
    while (!over.stop_requested()) {
      (void)::renameat2(AT_FDCWD, in("/swap/a").c_str(), AT_FDCWD, in("/trap").c_str(), RENAME_EXCHANGE);
    }
  });
  std::size_t escapes_without_defence = 0;
  std::size_t looks = 0;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while ((looks < 20'000 || escapes_without_defence == 0) && std::chrono::steady_clock::now() < deadline) {
    ++looks;
    if (get(in("/swap/a/secret")) == "outside")
      ++escapes_without_defence;
    try {
      ASSERT_EQ(read("/swap/a/secret"), "inside");
    } catch (const std::system_error& error) {
      ASSERT_TRUE(error.code().value() == ENOENT || error.code().value() == EAGAIN) << error.what();
    }
  }
  EXPECT_GT(escapes_without_defence, 0u) << "the attack works without the defence";
}

/// `file_attack.by_files_that_never_answer_or_never_end_holds_no_worker` shows what comes of opening these.
TEST_F(rooted, opens_no_device_fifo_or_socket) {
  ASSERT_EQ(::mkfifo(in("/fifo").c_str(), 0600), 0);
  EXPECT_EQ(error_of_reading("/fifo"), EINVAL) << "and does not wait for a writer";
  const descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto path = in("/s");
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_EQ(error_of_reading("/s"), EINVAL);
  const sandbox_root machine(open_root("/"), {});
  EXPECT_EQ(errno_of([&] { (void)machine.open_regular("/dev/zero"); }), EINVAL);
}

TEST_F(rooted, names_the_place_of_what_is_not_there_yet) {
  std::filesystem::create_directory(in("/dir"));
  EXPECT_EQ(root.parent_of("/dir/new").name, "new");
  EXPECT_EQ(root.parent_of("/dir/").name, "dir");
  EXPECT_EQ(root.parent_of("new").name, "new");
  EXPECT_EQ(errno_of([&] { (void)root.parent_of("/none/new"); }), ENOENT);
  for (const auto* path : {"/", "", ".", "/dir/..", "/dir/."})
    EXPECT_EQ(errno_of([&] { (void)root.parent_of(path); }), EBUSY) << path;
}

TEST_F(rooted, follows_links_to_the_place_that_is_written) {
  std::filesystem::create_directories(in("/a/b"));
  std::filesystem::create_symlink("../target", in("/a/b/link"));
  std::filesystem::create_symlink("/a/b/link", in("/first"));
  std::filesystem::create_symlink("b", in("/a/c"));
  EXPECT_EQ(root.target_of("/first").name, "target");
  EXPECT_EQ(root.target_of("/a/c/link").name, "target");
  struct stat expected {};
  struct stat found {};
  ASSERT_EQ(::stat(in("/a").c_str(), &expected), 0);
  for (const auto* path : {"/first", "/a/c/link"}) {
    ASSERT_EQ(::fstat(root.target_of(path).directory.get(), &found), 0);
    EXPECT_EQ(found.st_ino, expected.st_ino) << path;
  }
  std::filesystem::create_symlink("loop", in("/loop"));
  EXPECT_EQ(errno_of([&] { (void)root.target_of("/loop"); }), ELOOP);
}

TEST_F(rooted, lets_nobody_move_what_holds_something_hidden) {
  std::filesystem::create_directory(in("/dir"));
  root.refuse_to_move(root.parent_of("/dir"));
  const sandbox_root above(open_root(scratch.path()), {"/root/hidden"});
  EXPECT_EQ(errno_of([&] { above.refuse_to_move(above.parent_of("/root")); }), EACCES);
}

TEST(absolute_path, is_made_of_the_text_alone) {
  EXPECT_EQ(absolute_path("/workspace", "a/b"), "/workspace/a/b");
  EXPECT_EQ(absolute_path("/workspace", "/a"), "/a");
  EXPECT_EQ(absolute_path("/workspace", "../x/./y//z"), "/x/y/z");
  EXPECT_EQ(absolute_path("/workspace", "."), "/workspace");
  EXPECT_EQ(absolute_path("/workspace", "dir/"), "/workspace/dir");
  EXPECT_EQ(absolute_path("/", "../.."), "/");
}

} // namespace
} // namespace sandboxd::files
