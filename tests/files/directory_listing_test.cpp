#include "files/directory_listing.hpp"
#include "files/file_writer.hpp"
#include "tests/files/sandbox_files.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <utility>

namespace sandboxd::files {
namespace {

using ::testing::ElementsAre;
using testing::errno_of;
using ::testing::IsEmpty;

class listed : public testing::sandbox_files {
protected:
  std::vector<std::string> paths(const std::string& path, bool recursive = false, bool hidden = false) const {
    std::vector<std::string> found;
    for (const auto& entry : list_directory(root, path, {recursive, hidden}))
      found.push_back(entry.relative_path);
    return found;
  }
};

TEST_F(listed, names_what_is_there_by_bytes) {
  for (const auto* name : {"/b", "/a", "/A", "/.dot", "/with space", "/\xc3\xbc"})
    put(in(name), "");
  EXPECT_THAT(paths("/"), ElementsAre("A", "a", "b", "hidden", "with space", "\xc3\xbc"));
  EXPECT_THAT(paths("/", false, true),
              ElementsAre(".dot", "A", "a", "b", "hidden", "with space", "\xc3\xbc"));
}

TEST_F(listed, gives_times_that_the_clock_cannot_count_as_the_nearest_it_can) {
  using namespace std::chrono;
  const std::pair<const char*, time_t> files[] = {{"/far", 13'000'000'000}, {"/near", 9'000'000'000}};
  for (const auto& [name, seconds_since] : files) { // 2381 and 2255; ext4 ends in 2446
    put(in(name), "");
    const std::array<timespec, 2> times{{{seconds_since, 5}, {seconds_since, 5}}};
    ASSERT_EQ(::utimensat(AT_FDCWD, in(name).c_str(), times.data(), 0), 0);
  }
  const auto entries = list_directory(root, "/", {});
  const auto time_of = [&](std::string_view name) {
    return std::ranges::find(entries, name, &directory_entry::relative_path)->modified_at;
  };
  EXPECT_EQ(time_of("near"), system_clock::time_point(seconds(9'000'000'000) + nanoseconds(5)));
  EXPECT_EQ(year_month_day(floor<days>(time_of("far"))).year(), year(2262));
}

TEST_F(listed, goes_into_directories_but_through_no_link) {
  std::filesystem::create_directories(in("/d/e"));
  std::filesystem::create_directories(in("/d/.git"));
  put(in("/d/e/f"), "");
  put(in("/d/.git/config"), "");
  put(in("/d-x"), "");
  std::filesystem::create_symlink("d", in("/link"));
  std::filesystem::create_symlink(scratch.path(), in("/out"));
  EXPECT_THAT(paths("/", true), ElementsAre("d", "d-x", "d/e", "d/e/f", "hidden", "link", "out"));
  EXPECT_THAT(paths("/d", true, true), ElementsAre(".git", ".git/config", "e", "e/f"));
  EXPECT_THAT(paths("/d/.git"), ElementsAre("config")) << "what was asked for by name may be hidden itself";
}

TEST_F(listed, shows_what_ls_does_on_request) {
  std::filesystem::create_directories(in("/d"));
  put(in("/d/file"), "12345");
  listing_options options;
  options.lists_dots = true;
  options.lists_files = true;
  const auto of_directory = list_directory(root, "/d", options);
  ASSERT_EQ(of_directory.size(), 3u);
  EXPECT_EQ(of_directory[0].relative_path, ".");
  EXPECT_EQ(of_directory[0].type, file_type::directory);
  EXPECT_EQ(of_directory[1].relative_path, "..");
  const auto of_file = list_directory(root, "/d/file", options);
  ASSERT_EQ(of_file.size(), 1u);
  EXPECT_EQ(of_file[0].relative_path, "file");
  EXPECT_EQ(of_file[0].size, 5u);
  EXPECT_EQ(errno_of([&] { (void)list_directory(root, "/d/file", {}); }), ENOTDIR);
  EXPECT_EQ(errno_of([&] { (void)list_directory(root, "/d/none", options); }), ENOENT);
}

TEST_F(listed, tells_what_each_entry_is) {
  put(in("/file"), "12345");
  ASSERT_EQ(::chmod(in("/file").c_str(), 04754), 0);
  const std::array<timespec, 2> times{timespec{}, timespec{1'700'000'000, 123'000'000}};
  ASSERT_EQ(::utimensat(AT_FDCWD, in("/file").c_str(), times.data(), 0), 0);
  std::filesystem::create_symlink("file", in("/link"));
  ASSERT_EQ(::mkfifo(in("/pipe").c_str(), 0600), 0);
  const auto entries = list_directory(root, "/", {});
  ASSERT_EQ(entries.size(), 4u);
  EXPECT_EQ(entries[0].name(), "file");
  EXPECT_EQ(entries[0].type, file_type::file);
  EXPECT_EQ(entries[0].size, 5u);
  EXPECT_EQ(entries[0].mode, 04754);
  EXPECT_EQ(entries[0].modified_at.time_since_epoch(), std::chrono::milliseconds(1'700'000'000'123));
  EXPECT_EQ(entries[1].type, file_type::directory);
  EXPECT_EQ(entries[2].type, file_type::symlink);
  EXPECT_EQ(entries[3].type, file_type::other);
}

TEST_F(listed, shows_no_temporary_file_and_nothing_hidden) {
  put(in('/' + new_temporary_name(temporary_use::replacement)), "");
  EXPECT_THAT(paths("/", true, true), ElementsAre("hidden")) << "there, but closed";
  EXPECT_EQ(errno_of([&] { (void)list_directory(root, "/hidden", {}); }), EACCES);
}

TEST_F(listed, is_bounded) {
  std::filesystem::create_directory(in("/many"));
  EXPECT_THAT(paths("/many"), IsEmpty());
  for (int i = 0; i < 11; ++i)
    put(in("/many/" + std::to_string(i)), "");
  listing_options options;
  options.max_entries = 11;
  EXPECT_EQ(list_directory(root, "/many", options).size(), 11u);
  options.max_entries = 10;
  EXPECT_EQ(errno_of([&] { (void)list_directory(root, "/many", options); }), EFBIG);
}

TEST_F(listed, fails_where_there_is_no_directory) {
  put(in("/file"), "");
  EXPECT_EQ(errno_of([&] { (void)list_directory(root, "/none", {}); }), ENOENT);
  EXPECT_EQ(errno_of([&] { (void)list_directory(root, "/file", {}); }), ENOTDIR);
}

} // namespace
} // namespace sandboxd::files
