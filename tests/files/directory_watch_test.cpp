#include "files/directory_watch.hpp"
#include "files/file_changes.hpp"
#include "files/file_writer.hpp"
#include "tests/files/sandbox_files.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <thread>
#include <vector>

namespace sandboxd::files {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using testing::errno_of;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;

std::string told(const watch_change& change) {
  static const char* const names[] = {"create", "modify", "delete", "move_from", "move_to", "attrib"};
  return std::string(names[static_cast<int>(change.type)]) + ' ' + change.path +
         (change.is_directory ? "/" : "");
}

/// A watch of directories of the test's own, for which the kernel tells everything at once.
class watched : public testing::sandbox_files {
protected:
  std::unique_ptr<directory_watch> watch;
  std::optional<watch_end> end;
  watch_bounds bounds{"/ws", 1000};

  void SetUp() override { shell("mkdir -p ws && chmod 755 ws"); }

  void shell(const std::string& command) const {
    ASSERT_EQ(std::system(("cd '" + inside + "' && { " + command + "; }").c_str()), 0) << command;
  }

  /// A directory with something in it.
  static void make_some(const std::string& path) {
    ::mkdir(path.c_str(), 0755);
    ::mkdir((path + "/e").c_str(), 0755);
    put(path + "/e/f", "x");
    put(path + "/g", "");
  }

  /// Begins a watch and completes it.
  void begin(watch_options options = {"/ws", true, {}, {}, {}}) {
    watch = std::make_unique<directory_watch>(root, normalized(std::move(options)), bounds);
    (void)changes();
  }

  /// What it tells by now.
  std::vector<std::string> changes() {
    std::vector<std::string> all;
    for (bool more = true; more && !end;) {
      auto turn = watch->turn();
      for (const auto& change : turn.changes)
        all.push_back(told(change));
      more = turn.more;
      end = turn.end;
    }
    return all;
  }
};

TEST_F(watched, tells_what_happens_to_files) {
  begin();
  shell("echo one > ws/a");
  EXPECT_THAT(changes(), ElementsAre("create /ws/a", "modify /ws/a"));
  shell("echo two >> ws/a");
  EXPECT_THAT(changes(), ElementsAre("modify /ws/a"));
  shell("mv ws/a ws/b");
  EXPECT_THAT(changes(), ElementsAre("move_from /ws/a", "move_to /ws/b"));
  shell("chmod 600 ws/b; ln -s b ws/link; rm ws/b ws/link");
  EXPECT_THAT(changes(), ElementsAre("create /ws/link", "delete /ws/b", "delete /ws/link"));
  shell("echo out > out; mv out ws/in; mv ws/in out");
  EXPECT_THAT(changes(), ElementsAre("move_to /ws/in", "move_from /ws/in"));
  shell("mkdir ws/d; rmdir ws/d");
  EXPECT_THAT(changes(), ElementsAre("create /ws/d/", "delete /ws/d/"));
}

TEST_F(watched, tells_attributes_on_request) {
  shell("touch ws/a; mkdir ws/d");
  begin({"/ws", true, {}, {}, {change_type::attribute}});
  shell("chmod 600 ws/a; chmod 700 ws/d; chmod 700 ws; echo x > ws/b");
  EXPECT_THAT(changes(), ElementsAre("attrib /ws/a", "attrib /ws/d/", "attrib /ws/"));
}

/// What our own writes look like: the client's doing, and not our temporary names.
TEST_F(watched, shows_atomic_writes_as_what_the_client_did) {
  begin();
  write_file(root, "/ws/a", "one");
  EXPECT_THAT(changes(), ElementsAre("create /ws/a", "modify /ws/a"));
  write_file(root, "/ws/a", "two");
  EXPECT_THAT(changes(), ElementsAre("modify /ws/a"));
  write_file(root, "/ws/new/deep/b", "three");
  EXPECT_THAT(changes(), ::testing::UnorderedElementsAre("create /ws/new/", "create /ws/new/deep/",
                                                         "create /ws/new/deep/b"));
  move_file(root, "/ws/a", "/ws/c");
  EXPECT_THAT(changes(), ElementsAre("move_from /ws/a", "move_to /ws/c"));
  begin({"/ws", true, {}, {}, {change_type::attribute}});
  write_file(root, "/ws/c", "four");
  EXPECT_THAT(changes(), IsEmpty());
}

TEST_F(watched, follows_directories_however_fast_they_are_made) {
  begin();
  shell("mkdir -p ws/a/b/c; echo x > ws/a/b/c/f");
  EXPECT_THAT(changes(),
              ElementsAre("create /ws/a/", "create /ws/a/b/", "create /ws/a/b/c/", "create /ws/a/b/c/f"));
  shell("echo y > ws/a/b/c/f; rm -r ws/a");
  EXPECT_THAT(changes(), ElementsAre("modify /ws/a/b/c/f", "delete /ws/a/b/c/f", "delete /ws/a/b/c/",
                                     "delete /ws/a/b/", "delete /ws/a/"));
  EXPECT_EQ(watch->turn().directories, 1u);
}

/// While they are being made: what the scan finds and the kernel tells as well is told once.
TEST_F(watched, tells_of_everything_once_while_directories_are_made) {
  begin();
  constexpr int count = 300;
  std::thread maker([&] {
    for (int i = 0; i < count; ++i)
      make_some(in("/ws/d" + std::to_string(i)));
  });
  std::vector<std::string> all;
  const auto collect = [&] {
    for (auto& one : changes())
      if (one.starts_with("create"))
        all.push_back(std::move(one));
  };
  for (int i = 0; i < 200; ++i)
    collect();
  maker.join();
  collect();
  std::vector<std::string> expected;
  for (int i = 0; i < count; ++i)
    for (const auto* below : {"/", "/e/", "/e/f", "/g"})
      expected.push_back("create /ws/d" + std::to_string(i) + below);
  EXPECT_THAT(all, ::testing::UnorderedElementsAreArray(expected));
}

TEST_F(watched, takes_directories_along_when_they_move) {
  shell("mkdir -p ws/a/deep ws/b out/x; touch out/x/f");
  begin();
  shell("mv ws/a ws/b/c; echo x > ws/b/c/deep/f");
  EXPECT_THAT(changes(), ElementsAre("move_from /ws/a/", "move_to /ws/b/c/", "create /ws/b/c/deep/f",
                                     "modify /ws/b/c/deep/f"));
  shell("mv out/x ws/x");
  EXPECT_THAT(changes(), ElementsAre("move_to /ws/x/")) << "what is in it is not new";
  shell("echo x > ws/x/g; mv ws/b/c out/c; echo x > out/c/deep/g");
  EXPECT_THAT(changes(), ElementsAre("create /ws/x/g", "modify /ws/x/g", "move_from /ws/b/c/"));
  shell("touch ws/again");
  EXPECT_THAT(changes(), ElementsAre("create /ws/again"));
  EXPECT_EQ(watch->turn().directories, 3u) << "what has left is forgotten";
}

TEST_F(watched, finds_what_was_made_and_renamed_at_once) {
  begin();
  shell("mkdir ws/d; echo x > ws/d/f; mv ws/d ws/e");
  EXPECT_THAT(changes(),
              ElementsAre("create /ws/d/", "move_from /ws/d/", "move_to /ws/e/", "create /ws/e/f"));
}

TEST_F(watched, stays_in_its_directory_when_told_to) {
  shell("mkdir ws/d");
  begin({"/ws", false, {}, {}, {}});
  shell("touch ws/d/a ws/b; mkdir ws/e; touch ws/e/c");
  EXPECT_THAT(changes(), ElementsAre("create /ws/b", "create /ws/e/"));
}

TEST_F(watched, leaves_out_what_its_patterns_do) {
  shell("mkdir -p ws/node_modules/x ws/src");
  begin();
  EXPECT_EQ(watch->turn().directories, 2u);
  shell("touch ws/node_modules/a ws/src/b; mkdir -p ws/.git/c; mv ws/src ws/node_modules/src; touch "
        "ws/node_modules/src/d");
  EXPECT_THAT(changes(), ElementsAre("create /ws/src/b", "move_from /ws/src/"));
  begin({"/ws", true, {"*.ts"}, {}, {}});
  shell("mkdir ws/lib; touch ws/lib/a.ts ws/lib/b.js ws/node_modules/c.ts");
  EXPECT_THAT(changes(),
              ::testing::UnorderedElementsAre("create /ws/lib/a.ts", "create /ws/node_modules/c.ts"));
}

TEST_F(watched, follows_no_link_below_it_and_none_out_of_the_workspace) {
  shell("mkdir -p ws/real other; ln -s ../other ws/out; ln -s real ws/alias; ln -s / ws/all");
  begin();
  EXPECT_EQ(watch->turn().directories, 2u);
  shell("touch other/a; touch ws/real/b");
  EXPECT_THAT(changes(), ElementsAre("create /ws/real/b"));
  begin({"/ws/alias", true, {}, {}, {}});
  shell("touch ws/alias/c");
  EXPECT_THAT(changes(), ElementsAre("create /ws/alias/c")) << "as the client calls it";
  for (const auto* path : {"/ws/out", "/ws/all", "/ws/all/other"})
    EXPECT_THROW(begin({path, true, {}, {}, {}}), outside_workspace) << path;
  bounds.workspace = "/"; // without that check the link shows what it leads to
  begin({"/ws/out", true, {}, {}, {}});
  shell("touch other/secret");
  EXPECT_THAT(changes(), ElementsAre("create /ws/out/secret"));
}

TEST_F(watched, ends_when_its_directory_is_removed_even_while_somebody_is_in_it) {
  shell("mkdir -p ws/d/e");
  begin({"/ws/d", true, {}, {}, {}});
  const descriptor held(::open(in("/ws/d").c_str(), O_PATH | O_CLOEXEC));
  shell("rm -r ws/d");
  EXPECT_THAT(changes(), ElementsAre("delete /ws/d/e/"));
  ASSERT_TRUE(end);
  EXPECT_FALSE(end->is_error);
  EXPECT_EQ(end->reason, "The watched path was deleted");
}

TEST_F(watched, ends_when_its_directory_is_moved) {
  shell("mkdir -p ws/d ws/above/e");
  begin({"/ws/d", true, {}, {}, {}});
  shell("mv ws/d ws/f");
  EXPECT_THAT(changes(), IsEmpty());
  EXPECT_EQ(end.value().reason, "The watched path was moved");
  end.reset();
  begin({"/ws/above/e", true, {}, {}, {}});
  shell("mv ws/above ws/moved; touch ws/moved/e/x");
  (void)changes();
  EXPECT_EQ(end.value().reason, "The watched path was moved") << "its path is no longer true";
}

TEST_F(watched, keeps_watching_a_file_that_is_replaced) {
  shell("echo x > ws/f");
  begin({"/ws/f", true, {}, {}, {}});
  shell("echo y > ws/f; touch ws/other");
  EXPECT_THAT(changes(), ElementsAre("modify /ws/f"));
  write_file(root, "/ws/f", "z");
  EXPECT_THAT(changes(), ElementsAre("modify /ws/f"));
  shell("echo z > ws/tmp; mv ws/tmp ws/f; rm ws/f");
  EXPECT_THAT(changes(), ElementsAre("move_to /ws/f", "delete /ws/f"));
  write_file(root, "/ws/f", "again");
  EXPECT_THAT(changes(), ElementsAre("create /ws/f", "modify /ws/f"));
  EXPECT_FALSE(end);
}

TEST_F(watched, refuses_what_is_not_there_or_hidden) {
  const auto failing = [&](const std::string& path) {
    return errno_of([&] { begin({path, true, {}, {}, {}}); });
  };
  EXPECT_EQ(failing("/ws/none"), ENOENT);
  shell("touch ws/f");
  EXPECT_EQ(failing("/ws/f/none"), ENOTDIR);
  bounds.workspace = "/";
  EXPECT_EQ(failing("/hidden"), EACCES);
  begin({"/", true, {}, {}, {}});
  shell("touch hidden/secret; touch ws/g");
  EXPECT_THAT(changes(), ElementsAre("create /ws/g"));
}

TEST_F(watched, tells_when_there_are_too_many_directories) {
  bounds.max_directories = 3;
  shell("mkdir -p ws/a ws/b");
  begin();
  EXPECT_FALSE(end);
  shell("mkdir ws/c");
  EXPECT_THAT(changes(), ElementsAre("create /ws/c/"));
  EXPECT_EQ(end.value().reason, "there are more than 3 directories to watch");
  EXPECT_TRUE(end->is_error);
}

/// The kernel's queue holds fs.inotify.max_queued_events at most.
TEST_F(watched, tells_that_the_kernel_has_dropped_events) {
  begin();
  int limit = 0;
  std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> limit;
  ASSERT_GT(limit, 0);
  const descriptor one(::open(in("/ws/one").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  const descriptor two(::open(in("/ws/two").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  for (int i = 0; i <= limit; ++i) // by turns, as the kernel joins what repeats
    ASSERT_EQ(::pwrite(i % 2 == 0 ? one.get() : two.get(), "x", 1, 0), 1);
  (void)changes();
  EXPECT_EQ(end.value().reason, "event queue overflow");
  EXPECT_TRUE(end->is_error);
}

TEST_F(watched, gives_everything_back) {
  const auto count = [] { return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}); };
  const auto before = count();
  shell("mkdir -p ws/a/b/c");
  begin();
  EXPECT_EQ(count(), before + 2);
  (void)errno_of([&] { begin({"/ws/none", true, {}, {}, {}}); });
  watch.reset();
  EXPECT_EQ(count(), before);
}

} // namespace
} // namespace sandboxd::files
