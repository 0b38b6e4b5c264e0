#include "files/file_reader.hpp"
#include "files/file_writer.hpp"
#include "tests/files/own_mounts.hpp"
#include "tests/files/sandbox_files.hpp"

#include <gmock/gmock.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <stop_token>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <thread>

namespace sandboxd::files {
namespace {

using ::testing::ElementsAre;
using testing::errno_of;
using testing::open_root;
using ::testing::StartsWith;

class written : public testing::sandbox_files {
protected:
  struct stat status(const std::string& path) const {
    struct stat found {};
    EXPECT_EQ(::lstat(in(path).c_str(), &found), 0) << path;
    return found;
  }
};

TEST_F(written, is_there_byte_for_byte) {
  std::string content;
  for (int i = 0; i < 300'000; ++i)
    content += static_cast<char>(i * 7);
  write_file(root, "/file", content);
  EXPECT_EQ(get(in("/file")), content);
  write_file(root, "/file", "");
  EXPECT_EQ(get(in("/file")), "");
  EXPECT_THAT(names("/"), ElementsAre("file", "hidden"));
}

TEST_F(written, is_a_file_of_the_usual_mode) {
  const mode_t before = ::umask(027);
  write_file(root, "/file", "x");
  ::umask(before);
  EXPECT_EQ(status("/file").st_mode, S_IFREG | 0640u);
}

TEST_F(written, makes_the_directories_above_it) {
  write_file(root, "/a/b/c/file", "x");
  EXPECT_EQ(get(in("/a/b/c/file")), "x");
  put(in("/plain"), "");
  EXPECT_EQ(errno_of([&] { write_file(root, "/plain/file", "x"); }), ENOTDIR);
}

TEST_F(written, keeps_mode_owner_and_attributes_of_the_old_file) {
  put(in("/file"), "old");
  ASSERT_EQ(::chmod(in("/file").c_str(), 04751), 0);
  const bool has_attributes = ::setxattr(in("/file").c_str(), "user.note", "kept", 4, 0) == 0;
  if (::getuid() == 0) {
    ASSERT_EQ(::chown(in("/file").c_str(), 1234, 2345), 0);
    ASSERT_EQ(::chmod(in("/file").c_str(), 04751), 0);
  }
  const auto before = status("/file");
  write_file(root, "/file", "new");
  const auto after = status("/file");
  EXPECT_EQ(get(in("/file")), "new");
  EXPECT_EQ(after.st_mode, before.st_mode);
  EXPECT_EQ(after.st_uid, before.st_uid);
  EXPECT_EQ(after.st_gid, before.st_gid);
  EXPECT_NE(after.st_ino, before.st_ino) << "replaced as a whole";
  if (has_attributes) {
    std::array<char, 10> value{};
    EXPECT_EQ(::getxattr(in("/file").c_str(), "user.note", value.data(), value.size()), 4);
    EXPECT_STREQ(value.data(), "kept");
  }
}

/// Of a server whose user may not give files away.
TEST_F(written, is_no_program_of_ours_where_its_owner_cannot_be_kept) {
  if (::geteuid() != 0)
    GTEST_SKIP() << "needs root, to be two others";
  constexpr uid_t we = 65534;
  put(in("/file"), "old");
  ASSERT_EQ(::chown(in("/file").c_str(), 1234, 1234), 0);
  ASSERT_EQ(::chmod(in("/file").c_str(), 06755), 0);
  ASSERT_EQ(::chmod(inside.c_str(), 0777), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const bool are_we = ::setresgid(we, we, we) == 0 && ::setresuid(we, we, we) == 0 &&
                        ::prctl(PR_SET_DUMPABLE, 1) == 0; // else /proc/self is root's
    ::_exit(are_we ? errno_of([&] { write_file(root, "/file", "new"); }) : 255);
  }
  int result = 0;
  ASSERT_EQ(::waitpid(child, &result, 0), child);
  ASSERT_EQ(result, 0);
  EXPECT_EQ(get(in("/file")), "new");
  EXPECT_EQ(status("/file").st_uid, we);
  EXPECT_EQ(status("/file").st_mode, S_IFREG | 0755u);
}

TEST_F(written, hands_out_what_it_replaced) {
  EXPECT_FALSE(write_file(root, "/file", "old")) << "there was nothing";
  const descriptor replaced = write_file(root, "/file", "new");
  ASSERT_TRUE(replaced);
  std::array<char, 10> content{};
  EXPECT_EQ(::read(replaced.get(), content.data(), content.size()), 3);
  EXPECT_STREQ(content.data(), "old");
  ASSERT_EQ(::link(in("/file").c_str(), in("/twin").c_str()), 0);
  EXPECT_FALSE(write_file(root, "/file", "newer")) << "it is the same file still";
}

TEST_F(written, stays_one_file_when_it_has_further_names) {
  put(in("/one"), "a longer old content");
  std::filesystem::create_hard_link(in("/one"), in("/two"));
  write_file(root, "/one", "new");
  EXPECT_EQ(get(in("/two")), "new");
  write_file(root, "/two", "longer than it was before");
  EXPECT_EQ(get(in("/one")), "longer than it was before");
  EXPECT_EQ(status("/one").st_ino, status("/two").st_ino);
}

TEST_F(written, follows_links_and_leaves_them) {
  std::filesystem::create_directory(in("/dir"));
  std::filesystem::create_symlink("dir/target", in("/link"));
  write_file(root, "/link", "through a dangling link");
  EXPECT_EQ(get(in("/dir/target")), "through a dangling link");
  write_file(root, "/link", "again");
  EXPECT_EQ(get(in("/dir/target")), "again");
  EXPECT_TRUE(S_ISLNK(status("/link").st_mode));
}

TEST_F(written, never_leaves_the_root) {
  std::filesystem::create_symlink(outside, in("/absolute"));
  std::filesystem::create_symlink("../secret", in("/relative"));
  put(in("/absolute"), "overwritten");
  EXPECT_EQ(get(outside), "overwritten") << "the attack works without the defence";
  put(outside, "outside");
  EXPECT_EQ(errno_of([&] { write_file(root, "/absolute", "x"); }), ENOENT) << "where the link leads inside";
  write_file(root, "/relative", "x");
  EXPECT_EQ(get(outside), "outside");
  EXPECT_EQ(get(in("/secret")), "x") << "where the link leads inside";
  EXPECT_EQ(errno_of([&] { write_file(root, "/hidden/key", "x"); }), EACCES);
}

/// As `rooted.is_not_left_by_who_renames_while_it_looks`, for files that are written.
TEST_F(written, goes_nowhere_else_while_directories_are_renamed) {
  std::filesystem::create_directories(in("/swap/a"));
  std::filesystem::create_symlink(scratch.path(), in("/trap"));
  const std::jthread attacker([&](const std::stop_token& over) {
    while (!over.stop_requested())
      (void)::renameat2(AT_FDCWD, in("/swap/a").c_str(), AT_FDCWD, in("/trap").c_str(), RENAME_EXCHANGE);
  });
  std::size_t escapes_without_defence = 0;
  std::size_t escapes = 0;
  std::size_t successes = 0;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while ((successes < 200 || escapes_without_defence < 10) && std::chrono::steady_clock::now() < deadline) {
    put(in("/swap/a/secret"), "overwritten");
    if (get(outside) == "overwritten") {
      ++escapes_without_defence;
      put(outside, "outside");
    }
    if (errno_of([&] { write_file(root, "/swap/a/secret", "x"); }) == 0)
      ++successes;
    escapes += get(outside) == "outside" ? 0 : 1;
  }
  EXPECT_GE(escapes_without_defence, 10u) << "the attack works without the defence";
  EXPECT_GE(successes, 200u);
  EXPECT_EQ(escapes, 0u);
}

TEST_F(written, is_refused_where_no_file_can_be) {
  std::filesystem::create_directory(in("/dir"));
  ASSERT_EQ(::mkfifo(in("/fifo").c_str(), 0600), 0);
  EXPECT_EQ(errno_of([&] { write_file(root, "/dir", "x"); }), EISDIR);
  EXPECT_EQ(errno_of([&] { write_file(root, "/new/", "x"); }), EISDIR);
  EXPECT_EQ(errno_of([&] { write_file(root, "/", "x"); }), EISDIR);
  EXPECT_EQ(errno_of([&] { write_file(root, "/fifo", "x"); }), EINVAL);
  EXPECT_EQ(errno_of([&] { write_file(root, '/' + std::string(300, 'x'), "x"); }), ENAMETOOLONG);
}

TEST_F(written, is_seen_old_or_new_but_never_in_between) {
  const std::string old_content(1 << 20, 'a');
  const std::string new_content(1 << 20, 'b');
  write_file(root, "/file", old_content);
  std::atomic<bool> done = false;
  std::thread writer([&] {
    for (int i = 0; i < 50; ++i)
      write_file(root, "/file", i % 2 == 0 ? new_content : old_content);
    done = true;
  });
  while (!done) {
    const auto seen = read_file(root, "/file", 2 << 20).bytes;
    EXPECT_TRUE(seen == old_content || seen == new_content) << seen.size();
  }
  writer.join();
}

TEST_F(written, costs_nothing_on_a_full_disk) {
  const auto problem = testing::in_own_mounts([&]() -> std::string {
    if (::mount("tmpfs", in("").c_str(), "tmpfs", 0, "size=1m") != 0)
      return "cannot mount";
    const sandbox_root small(open_root(in("")), {});
    const std::string too_much(2 << 20, 'x');
    put(in("/one"), "old");
    std::filesystem::create_hard_link(in("/one"), in("/two"));
    put(in("/alone"), "old");
    for (const std::string path : {"/one", "/alone", "/new", "/dir/new"}) {
      if (errno_of([&] { write_file(small, path, too_much); }) != ENOSPC)
        return path + " was no ENOSPC";
    }
    if (get(in("/one")) != "old" || get(in("/alone")) != "old")
      return "the old content is lost";
    if (names("/") != std::vector<std::string>{"alone", "dir", "one", "two"})
      return "something is left: " + ::testing::PrintToString(names("/"));
    write_file(small, "/new", std::string(900 << 10, 'y'));
    return "";
  });
  if (!problem)
    GTEST_SKIP() << "needs the privilege to mount";
  EXPECT_EQ(*problem, "");
}

TEST_F(written, goes_to_what_is_mounted_on_a_file) {
  const auto problem = testing::in_own_mounts([&]() -> std::string {
    put(in("/file"), "below");
    put(in("/mounted"), "old");
    if (::mount(in("/mounted").c_str(), in("/file").c_str(), nullptr, MS_BIND, nullptr) != 0)
      return "cannot mount";
    write_file(sandbox_root(open_root(inside), {}), "/file", "new"); // the root as of these mounts
    return get(in("/file")) == "new" && get(in("/mounted")) == "new" ? "" : "lost";
  });
  if (!problem)
    GTEST_SKIP() << "needs the privilege to mount";
  EXPECT_EQ(*problem, "");
}

TEST(temporary_name, is_known_again_with_its_use) {
  for (const auto use : {temporary_use::creation, temporary_use::replacement, temporary_use::move}) {
    const auto name = new_temporary_name(use);
    EXPECT_THAT(name, StartsWith(".sandboxd-"));
    EXPECT_NE(name, new_temporary_name(use));
    EXPECT_EQ(temporary_use_of(name), use) << name;
    EXPECT_TRUE(is_temporary_name(name));
  }
  for (const auto* name :
       {"", ".sandboxd-", ".sandboxd-0123456789abcdeg", ".sandboxd-0123456789abcdef0", ".sandboxd-new-",
        ".sandboxd-new-0123456789", ".sandboxd-old-0123456789abcdef", "file"})
    EXPECT_FALSE(is_temporary_name(name)) << name;
}

TEST_F(written, makes_directories_as_mkdir_p) {
  make_directories(root, "/a/b/c");
  make_directories(root, "/a/b/c/");
  EXPECT_TRUE(std::filesystem::is_directory(in("/a/b/c")));
  make_directories(root, "/");
  std::filesystem::create_directory_symlink("a", in("/link"));
  make_directories(root, "/link/d");
  EXPECT_TRUE(std::filesystem::is_directory(in("/a/d")));
  put(in("/file"), "");
  EXPECT_EQ(errno_of([&] { make_directories(root, "/file"); }), ENOTDIR);
  EXPECT_EQ(errno_of([&] { make_directories(root, "/file/x"); }), ENOTDIR);
}

} // namespace
} // namespace sandboxd::files
