#include "files/change_translator.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <string>
#include <sys/inotify.h>
#include <utility>
#include <vector>

namespace sandboxd::files {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::string temporary = ".sandboxd-0123456789abcdef";
const std::string temporary_new = ".sandboxd-new-0123456789abcdef";
const std::string temporary_moved = ".sandboxd-move-0123456789abcdef";

std::string told(const watch_change& change) {
  static const char* const names[] = {"create", "modify", "delete", "move_from", "move_to", "attrib"};
  return std::string(names[static_cast<int>(change.type)]) + ' ' + change.path +
         (change.is_directory ? "/" : "");
}

/// Of "/w", whose watch is 1, in surroundings whose watch is 2.
class translator : public ::testing::Test {
protected:
  change_translator of{normalized({"/w", true, {}, {}, {}})};

  void SetUp() override {
    of.watch_root(1);
    of.watch_surroundings(2, "w", true);
  }
  std::vector<std::string> changes() {
    std::vector<std::string> all;
    for (const auto& change : of.take_changes())
      all.push_back(told(change));
    return all;
  }
  std::vector<std::string> take(std::vector<kernel_event> events) {
    for (const auto& event : events)
      of.take(event);
    return changes();
  }
  /// "/path", or "/path new" when what is in it is.
  std::vector<std::string> to_follow() {
    std::vector<std::string> all;
    while (const auto next = of.next_to_follow())
      all.push_back(of.path_of(*next).value_or("gone") + (next->is_new ? " new" : ""));
    return all;
  }
};

TEST_F(translator, hides_temporary_names_and_tells_what_takes_its_place_from_them) {
  EXPECT_THAT(take({{1, IN_CREATE, 0, temporary},
                    {1, IN_MODIFY, 0, temporary},
                    {1, IN_ATTRIB, 0, temporary},
                    {1, IN_MOVED_FROM, 7, temporary},
                    {1, IN_MOVED_TO, 7, "old"}}),
              ElementsAre("modify /w/old"));
  EXPECT_THAT(take({{1, IN_CREATE, 0, temporary_new},
                    {1, IN_MOVED_FROM, 8, temporary_new},
                    {1, IN_MOVED_TO, 8, "new"}}),
              ElementsAre("create /w/new", "modify /w/new"));
  EXPECT_THAT(take({{1, IN_CREATE | IN_ISDIR, 0, temporary_moved},
                    {1, IN_MOVED_FROM | IN_ISDIR, 9, temporary_moved},
                    {1, IN_MOVED_TO | IN_ISDIR, 9, "moved"}}),
              ElementsAre("move_to /w/moved/"));
  EXPECT_THAT(to_follow(), ElementsAre("/w/moved"));
  EXPECT_THAT(take({{1, IN_CREATE, 0, temporary_new}, {1, IN_DELETE, 0, temporary_new}}), IsEmpty());
}

TEST_F(translator, tells_a_rename_over_as_what_it_is) {
  EXPECT_THAT(take({{1, IN_MOVED_FROM, 7, "a"}, {1, IN_MOVED_TO, 7, "b"}}),
              ElementsAre("move_from /w/a", "move_to /w/b"));
}

TEST_F(translator, joins_halves_of_a_rename_over_two_readings) {
  ASSERT_TRUE(of.follow({1, "d", true}, 3));
  EXPECT_THAT(take({{1, IN_MOVED_FROM | IN_ISDIR, 7, "d"}}), ElementsAre("move_from /w/d/"));
  of.settle();
  EXPECT_THAT(take({{1, IN_MOVED_TO | IN_ISDIR, 7, "e"}, {3, IN_CREATE, 0, "f"}}),
              ElementsAre("move_to /w/e/", "create /w/e/f"));
  EXPECT_THAT(of.take_forgotten(), IsEmpty());
  EXPECT_THAT(to_follow(), IsEmpty());
}

TEST_F(translator, forgets_what_has_left_the_tree) {
  ASSERT_TRUE(of.follow({1, "d", true}, 3));
  ASSERT_TRUE(of.follow({3, "e", true}, 4));
  EXPECT_THAT(take({{1, IN_MOVED_FROM | IN_ISDIR, 7, "d"}, {4, IN_CREATE, 0, "outside"}}),
              ElementsAre("move_from /w/d/"));
  of.settle();
  of.settle();
  EXPECT_THAT(of.take_forgotten(), ElementsAre(3, 4));
  EXPECT_EQ(of.directories(), 1u);
}

TEST_F(translator, tells_once_what_is_found_and_told) {
  const directory_to_follow made{1, "d", true};
  EXPECT_THAT(take({{1, IN_CREATE | IN_ISDIR, 0, "d"}}), ElementsAre("create /w/d/"));
  EXPECT_THAT(to_follow(), ElementsAre("/w/d new"));
  ASSERT_TRUE(of.follow(made, 3));
  of.found(made, 3, "a", false);
  of.found(made, 3, "b", true);
  of.found(made, 3, temporary, false);
  EXPECT_THAT(changes(), ElementsAre("create /w/d/a", "create /w/d/b/"));
  EXPECT_THAT(to_follow(), ElementsAre("/w/d/b new"));
  EXPECT_THAT(take({{3, IN_CREATE, 0, "a"}, {3, IN_MODIFY, 0, "a"}, {3, IN_CREATE | IN_ISDIR, 0, "b"}}),
              ElementsAre("modify /w/d/a"));
  EXPECT_THAT(to_follow(), IsEmpty());
  EXPECT_THAT(take({{3, IN_DELETE, 0, "a"}, {3, IN_CREATE, 0, "a"}}),
              ElementsAre("delete /w/d/a", "create /w/d/a"));
}

TEST_F(translator, ends_with_its_directory_and_with_an_overflow) {
  struct row {
    kernel_event event;
    bool is_error;
    const char* reason;
  };
  const row rows[] = {
      {{2, IN_DELETE | IN_ISDIR, 0, "w"}, false, "The watched path was deleted"},
      {{2, IN_MOVED_FROM | IN_ISDIR, 1, "w"}, false, "The watched path was moved"},
      {{1, IN_IGNORED, 0, ""}, false, "The watched path is gone"},
      {{1, IN_UNMOUNT, 0, ""}, false, "The watched path is gone"},
      {{-1, IN_Q_OVERFLOW, 0, ""}, true, "event queue overflow"},
  };
  for (const auto& row : rows) {
    change_translator one(normalized({"/w", true, {}, {}, {}}));
    one.watch_root(1);
    one.watch_surroundings(2, "w", true);
    one.take({2, IN_DELETE | IN_ISDIR, 0, "another"});
    EXPECT_FALSE(one.end());
    one.take(row.event);
    one.take({1, IN_CREATE, 0, "late"});
    ASSERT_TRUE(one.end()) << row.reason;
    EXPECT_EQ(one.end()->reason, row.reason);
    EXPECT_EQ(one.end()->is_error, row.is_error);
    EXPECT_THAT(one.take_changes(), IsEmpty());
  }
}

/// A file system and its kernel: directories with watches tell what happens in them, in one queue.
class simulated_files {
public:
  explicit simulated_files(std::mt19937& random) : random_(random) { directories_["/w"] = ++last_number_; }

  struct told_event {
    int watch;
    std::uint32_t mask;
    std::uint32_t cookie;
    std::string name;
  };
  std::deque<told_event> queue;

  int watch(const std::string& path) {
    const int number = directories_.at(path);
    watched_.insert(number);
    return number;
  }
  void unwatch(int number) { watched_.erase(number); }
  [[nodiscard]] bool has_directory(const std::string& path) const { return directories_.contains(path); }

  /// Everything below a directory: whether it is a directory.
  [[nodiscard]] std::map<std::string, bool> below(const std::string& path) const {
    std::map<std::string, bool> all;
    for (const auto& [one, number] : directories_)
      all[one] = true;
    for (const auto& one : files_)
      all[one] = false;
    std::erase_if(all, [&](const auto& entry) { return !entry.first.starts_with(path + '/'); });
    return all;
  }
  /// The names in a directory, wherever it is by now.
  [[nodiscard]] std::map<std::string, bool> in(int number) const {
    std::map<std::string, bool> names;
    for (const auto& [path, one] : directories_)
      if (one == number)
        for (const auto& [found, is_directory] : below(path))
          if (found.find('/', path.size() + 1) == std::string::npos)
            names[found.substr(path.size() + 1)] = is_directory;
    return names;
  }

  /// Something happens.
  void act() {
    const auto parent = any_directory();
    const auto path = parent + '/' + std::string(1, static_cast<char>('a' + random_() % 4));
    const bool is_directory = directories_.contains(path);
    switch (random_() % 6) {
    case 0:
    case 1:
      if (!is_directory && !files_.contains(path))
        make(path, random_() % 3 != 0);
      break;
    case 2:
      if (files_.erase(path) > 0)
        tell(path, IN_DELETE);
      else if (is_directory && below(path).empty())
        remove_directory(path);
      break;
    case 3:
      if (files_.contains(path))
        tell(path, IN_MODIFY);
      break;
    default:
      move(path, any_directory() + '/' + std::string(1, static_cast<char>('a' + random_() % 4)));
    }
  }

private:
  static std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }
  std::string any_directory() {
    auto chosen = directories_.begin();
    std::advance(chosen, random_() % directories_.size());
    return chosen->first;
  }
  void tell(const std::string& path, std::uint32_t mask, std::uint32_t cookie = 0) {
    const int number = directories_.at(parent_of(path));
    if (watched_.contains(number))
      queue.push_back({number, mask, cookie, path.substr(path.rfind('/') + 1)});
  }
  void make(const std::string& path, bool is_directory) {
    if (is_directory)
      directories_[path] = ++last_number_;
    else
      files_.insert(path);
    tell(path, IN_CREATE | (is_directory ? IN_ISDIR : 0u));
  }
  void remove_directory(const std::string& path) {
    const int number = directories_.at(path);
    directories_.erase(path);
    if (watched_.erase(number) > 0)
      queue.push_back({number, IN_IGNORED, 0, ""});
    tell(path, IN_DELETE | IN_ISDIR);
  }
  void move(const std::string& from, const std::string& to) {
    const bool is_directory = directories_.contains(from);
    if ((!is_directory && !files_.contains(from)) || (to + '/').starts_with(from + '/') ||
        directories_.contains(to) || (is_directory && files_.contains(to)))
      return;
    const auto cookie = ++last_cookie_;
    tell(from, IN_MOVED_FROM | (is_directory ? IN_ISDIR : 0u), cookie);
    if (!is_directory) {
      files_.erase(from);
      files_.insert(to);
    } else {
      std::map<std::string, int> directories;
      for (const auto& [path, number] : directories_)
        directories[(path + '/').starts_with(from + '/') ? to + path.substr(from.size()) : path] = number;
      directories_ = std::move(directories);
      std::set<std::string> files;
      for (const auto& path : files_)
        files.insert(path.starts_with(from + '/') ? to + path.substr(from.size()) : path);
      files_ = std::move(files);
    }
    tell(to, IN_MOVED_TO | (is_directory ? IN_ISDIR : 0u), cookie);
  }

  std::mt19937& random_;
  std::map<std::string, int> directories_;
  std::set<std::string> files_;
  std::set<int> watched_;
  int last_number_ = 0;
  std::uint32_t last_cookie_ = 0;
};

/// What a client believes there is, from what it was told. A directory that is moved to where it was not seen
/// to leave from is not there for it: all come from within here.
class believing_client {
public:
  std::map<std::string, bool> believed;

  void hear(const watch_change& change) {
    switch (change.type) {
    case change_type::create:
      believed[change.path] = change.is_directory;
      break;
    case change_type::remove:
      believed.erase(change.path);
      break;
    case change_type::move_from:
      take_away(change.path);
      break;
    case change_type::move_to:
      believed[change.path] = change.is_directory;
      for (const auto& [below, is_directory] : std::exchange(moving_, {}))
        believed[change.path + below] = is_directory;
      break;
    default:
      break;
    }
  }

private:
  void take_away(const std::string& path) {
    moving_.clear();
    for (auto one = believed.begin(); one != believed.end();) {
      const bool is_below = one->first.starts_with(path + '/');
      if (is_below)
        moving_[one->first.substr(path.size())] = one->second;
      one = is_below || one->first == path ? believed.erase(one) : std::next(one);
    }
  }
  std::map<std::string, bool> moving_;
};

/// Whatever happens while the watch is at work, at the end its client knows everything that is there. What is
/// moved about in directories that are being found may be told in two places, rarely.
TEST(change_translator, misses_nothing) {
  const auto seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  constexpr int runs = 3000;
  int more_believed = 0;
  for (int run = 0; run < runs; ++run) {
    SCOPED_TRACE(run);
    simulated_files files(random);
    change_translator of(normalized({"/w", true, {}, {}, {}}));
    of.watch_root(files.watch("/w"));
    believing_client client;
    const auto happen = [&] {
      for (auto left = random() % 3; left > 0; --left)
        files.act();
    };
    const auto turn = [&](bool alone) {
      auto taken = std::exchange(files.queue, {});
      for (const auto& event : taken)
        of.take({event.watch, event.mask, event.cookie, event.name});
      of.settle();
      const auto forget = [&] {
        for (const int gone : of.take_forgotten())
          files.unwatch(gone);
      };
      forget();
      for (auto most = 1 + random() % 3; most > 0; --most) {
        const auto next = of.next_to_follow();
        if (!next)
          break;
        const auto path = of.path_of(*next);
        if (!path)
          continue;
        if (!files.has_directory(*path)) {
          of.try_again(*next);
          continue;
        }
        const int watch = files.watch(*path);
        const bool is_to_be_read = of.follow(*next, watch);
        forget();
        if (!is_to_be_read)
          continue;
        if (!alone)
          happen();
        // The directory is read by its descriptor, whatever it is called by now.
        for (const auto& [found, is_directory] : files.in(watch))
          of.found(*next, watch, found, is_directory);
      }
      for (const auto& change : of.take_changes())
        client.hear(change);
      return of.has_to_follow() || !files.queue.empty();
    };
    for (int i = 0; i < 20; ++i) {
      happen();
      turn(false);
    }
    for (int i = 0; turn(true); ++i)
      ASSERT_LT(i, 1000) << "does not come to an end";
    const auto there = files.below("/w");
    for (const auto& one : there)
      ASSERT_THAT(client.believed, ::testing::Contains(one));
    more_believed += client.believed != there ? 1 : 0;
  }
  EXPECT_LT(more_believed, runs / 50);
}

} // namespace
} // namespace sandboxd::files
