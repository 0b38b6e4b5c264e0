#include "files/file_reader.hpp"
#include "tests/files/sandbox_files.hpp"

#include <string>

namespace sandboxd::files {
namespace {

using std::string_literals::operator""s;
using testing::errno_of;
using testing::open_root;

class read_back : public testing::sandbox_files {};

TEST_F(read_back, comes_whole_with_its_description) {
  put(in("/a.json"), "{}");
  const auto text = read_file(root, "/a.json", 100);
  EXPECT_EQ(text.bytes, "{}");
  EXPECT_EQ(text.description.size, 2u);
  EXPECT_EQ(text.description.mime_type, "application/json");
  EXPECT_TRUE(text.description.is_text);

  put(in("/data"), "\xff\0\xfe"s);
  const auto binary = read_file(root, "/data", 100);
  EXPECT_EQ(binary.bytes, "\xff\0\xfe"s);
  EXPECT_EQ(binary.description.mime_type, "application/octet-stream");
  EXPECT_FALSE(binary.description.is_text);

  put(in("/wrong.txt"), "latin \xe9");
  const auto wrong = read_file(root, "/wrong.txt", 100);
  EXPECT_EQ(wrong.description.mime_type, "text/plain");
  EXPECT_FALSE(wrong.description.is_text) << "as base64 nothing of it is lost";
}

TEST_F(read_back, is_refused_beyond_the_bound) {
  put(in("/file"), std::string(1001, 'x'));
  EXPECT_EQ(read_file(root, "/file", 1001).bytes.size(), 1001u);
  const auto refused = read_file(root, "/file", 1000);
  EXPECT_TRUE(refused.too_large);
  EXPECT_EQ(refused.bytes, "");
  EXPECT_EQ(refused.description.size, 1001u);
}

TEST_F(read_back, takes_files_of_the_kernel_that_have_no_size) {
  const sandbox_root machine(open_root("/"), {});
  const auto version = read_file(machine, "/proc/version", 1 << 20);
  EXPECT_EQ(version.bytes.substr(0, 14), "Linux version ");
  EXPECT_EQ(version.description.size, version.bytes.size());
  EXPECT_TRUE(read_file(machine, "/proc/version", 10).too_large);
  const auto symbols = get("/proc/kallsyms");
  ASSERT_GT(symbols.size(), 300u << 10);
  EXPECT_EQ(read_file(machine, "/proc/kallsyms", 100 << 20).bytes, symbols) << "larger than any one piece";
}

TEST_F(read_back, comes_in_pieces) {
  put(in("/file"), "0123456789");
  file_reader reader(root, "/file");
  EXPECT_EQ(reader.describe(100, 100).size, 10u);
  EXPECT_EQ(reader.read(4), "0123");
  EXPECT_EQ(reader.read(4), "4567");
  EXPECT_EQ(reader.read(4), "89");
  EXPECT_EQ(reader.read(4), "");
}

TEST_F(read_back, is_read_beyond_4_GiB) {
  const std::uint64_t beyond = (5ull << 30) + 1;
  put(in("/sparse.bin"), "");
  std::filesystem::resize_file(in("/sparse.bin"), beyond);
  const file_reader reader(root, "/sparse.bin");
  EXPECT_EQ(reader.size(), beyond);
  EXPECT_EQ(reader.describe(1 << 16, 1 << 20).size, beyond);
}

TEST_F(read_back, is_text_as_far_as_it_was_looked_at) {
  const std::string wrong_at_the_end = std::string(1000, 'x') + '\xff';
  put(in("/a.txt"), wrong_at_the_end);
  const file_reader reader(root, "/a.txt");
  EXPECT_FALSE(reader.describe(100, 1001).is_text) << "small enough to look at all of it";
  EXPECT_TRUE(reader.describe(100, 1000).is_text);
  put(in("/cut.txt"), "\xe2\x82");
  EXPECT_FALSE(file_reader(root, "/cut.txt").describe(100, 100).is_text);
  put(in("/empty"), "");
  EXPECT_TRUE(file_reader(root, "/empty").describe(100, 100).is_text);
}

} // namespace
} // namespace sandboxd::files
