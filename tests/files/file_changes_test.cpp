#include "files/file_changes.hpp"
#include "tests/files/sandbox_files.hpp"

#include <gmock/gmock.h>

#include <array>
#include <sys/stat.h>

namespace sandboxd::files {
namespace {

using ::testing::ElementsAre;
using testing::errno_of;
using testing::open_root;

class changed : public testing::sandbox_files {};

TEST_F(changed, exists_as_test_e_says) {
  put(in("/file"), "");
  std::filesystem::create_symlink("file", in("/link"));
  std::filesystem::create_symlink("nowhere", in("/dangling"));
  std::filesystem::create_symlink("loop", in("/loop"));
  std::filesystem::create_symlink(outside, in("/out"));
  for (const auto* path : {"/", "/file", "/link", "file"})
    EXPECT_TRUE(exists(root, path)) << path;
  for (const auto* path : {"/none", "/dangling", "/loop", "/file/below", "/out", "/hidden", "/hidden/key"})
    EXPECT_FALSE(exists(root, path)) << path;
}

TEST_F(changed, loses_files_and_links_but_no_directory) {
  std::filesystem::create_directory(in("/dir"));
  put(in("/file"), "");
  std::filesystem::create_symlink("dir", in("/to-dir"));
  std::filesystem::create_symlink("nowhere", in("/dangling"));
  for (const auto* path : {"/file", "/to-dir", "/dangling"})
    remove_file(root, path);
  EXPECT_THAT(names("/"), ElementsAre("dir", "hidden"));
  EXPECT_EQ(errno_of([&] { remove_file(root, "/dir"); }), EISDIR);
  EXPECT_EQ(errno_of([&] { remove_file(root, "/file"); }), ENOENT);
  EXPECT_EQ(errno_of([&] { remove_file(root, "/hidden/key"); }), EACCES);
  put(in("/file"), "");
  EXPECT_EQ(errno_of([&] { remove_file(root, "/file/"); }), ENOTDIR);
}

TEST_F(changed, gets_one_directory_at_a_time) {
  make_directory(root, "/dir");
  make_directory(root, "/dir/below/");
  EXPECT_TRUE(std::filesystem::is_directory(in("/dir/below")));
  EXPECT_EQ(errno_of([&] { make_directory(root, "/dir"); }), EEXIST);
  EXPECT_EQ(errno_of([&] { make_directory(root, "/none/dir"); }), ENOENT);
}

TEST_F(changed, is_moved_as_mv_does) {
  put(in("/a"), "a");
  move_file(root, "/a", "/b");
  EXPECT_EQ(get(in("/b")), "a");
  put(in("/c"), "c");
  move_file(root, "/b", "/c");
  EXPECT_EQ(get(in("/c")), "a") << "over a file";
  std::filesystem::create_directory(in("/dir"));
  move_file(root, "/c", "/dir");
  EXPECT_EQ(get(in("/dir/c")), "a") << "into a directory";
  move_file(root, "/dir", "/other");
  EXPECT_EQ(get(in("/other/c")), "a") << "a directory";
  std::filesystem::create_symlink("nowhere", in("/link"));
  move_file(root, "/link", "/link2");
  EXPECT_EQ(std::filesystem::read_symlink(in("/link2")), "nowhere") << "a link itself";
  EXPECT_THAT(names("/"), ElementsAre("hidden", "link2", "other"));
}

TEST_F(changed, is_not_moved_where_it_cannot_be) {
  std::filesystem::create_directory(in("/dir"));
  put(in("/file"), "f");
  EXPECT_EQ(errno_of([&] { move_file(root, "/none", "/x"); }), ENOENT);
  EXPECT_EQ(errno_of([&] { move_file(root, "/file", "/none/x"); }), ENOENT);
  EXPECT_EQ(errno_of([&] { move_file(root, "/dir", "/file"); }), ENOTDIR);
  EXPECT_EQ(errno_of([&] { move_file(root, "/dir", "/dir"); }), EINVAL);
  EXPECT_EQ(errno_of([&] { move_file(root, "/file", "/x/"); }), ENOTDIR);
  EXPECT_EQ(errno_of([&] { move_file(root, "/hidden", "/seen"); }), EACCES);
  EXPECT_EQ(errno_of([&] { move_file(root, "/file", "/hidden"); }), EACCES);
  EXPECT_EQ(get(in("/file")), "f");
}

/// From the disk of the tests to the shared memory, which is another file system.
class moved_across : public changed {
protected:
  std::string there;

  void SetUp() override {
    struct stat here {};
    struct stat shared {};
    if (::stat("/dev/shm", &shared) != 0 || ::stat(inside.c_str(), &here) != 0 ||
        shared.st_dev == here.st_dev)
      GTEST_SKIP() << "needs a /dev/shm that is another file system than the tests' directory";
    std::string name = "/dev/shm/sandboxd-files-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    there = name;
  }
  void TearDown() override {
    if (!there.empty())
      std::filesystem::remove_all(there);
  }

  sandbox_root machine{open_root("/"), {}};
};

TEST_F(moved_across, keeps_what_a_file_is) {
  put(in("/file"), "content");
  ASSERT_EQ(::chmod(in("/file").c_str(), 0751), 0);
  const std::array<timespec, 2> times{timespec{1'000'000, 0}, timespec{2'000'000, 123'456'789}};
  ASSERT_EQ(::utimensat(AT_FDCWD, in("/file").c_str(), times.data(), 0), 0);
  put(there + "/file", "old");
  move_file(machine, in("/file"), there);
  struct stat status {};
  ASSERT_EQ(::stat((there + "/file").c_str(), &status), 0);
  EXPECT_EQ(get(there + "/file"), "content");
  EXPECT_EQ(status.st_mode, S_IFREG | 0751u);
  EXPECT_EQ(status.st_mtim.tv_sec, 2'000'000);
  EXPECT_EQ(status.st_mtim.tv_nsec, 123'456'789);
  EXPECT_FALSE(std::filesystem::exists(in("/file")));
}

TEST_F(moved_across, takes_whole_trees) {
  std::filesystem::create_directories(in("/tree/a/b"));
  put(in("/tree/a/b/file"), "deep");
  std::filesystem::create_symlink("../nowhere", in("/tree/link"));
  ASSERT_EQ(::mkfifo(in("/tree/fifo").c_str(), 0640), 0);
  ASSERT_EQ(::chmod(in("/tree/a").c_str(), 0500), 0);
  move_file(machine, in("/tree"), there + "/moved");
  EXPECT_EQ(get(there + "/moved/a/b/file"), "deep");
  EXPECT_EQ(std::filesystem::read_symlink(there + "/moved/link"), "../nowhere");
  struct stat status {};
  ASSERT_EQ(::lstat((there + "/moved/fifo").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode, S_IFIFO | 0640u);
  ASSERT_EQ(::lstat((there + "/moved/a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode, S_IFDIR | 0500u);
  EXPECT_FALSE(std::filesystem::exists(in("/tree")));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(there), {}), 1) << "nothing temporary is left";
}

TEST_F(moved_across, leaves_the_source_when_the_target_refuses) {
  std::filesystem::create_directory(in("/tree"));
  put(in("/tree/file"), "kept");
  put(there + "/taken", "old");
  EXPECT_EQ(errno_of([&] { move_file(machine, in("/tree"), there + "/taken"); }), ENOTDIR);
  EXPECT_EQ(get(in("/tree/file")), "kept");
  EXPECT_EQ(get(there + "/taken"), "old");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(there), {}), 1);
}

} // namespace
} // namespace sandboxd::files
