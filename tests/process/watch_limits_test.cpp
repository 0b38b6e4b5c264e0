#include "tests/process/watched_files.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <string>
#include <utility>

/// Watches where the kernel has no room. Its limits are of the whole machine, so nothing else runs beside
/// these.
namespace sandboxd::testing {
namespace {

using ::testing::HasSubstr;

/// Lowers a limit of the kernel as long as it lives.
class lowered {
public:
  lowered(std::string path, int value) : path_(std::move(path)) {
    std::ifstream(path_) >> old_;
    std::ofstream file(path_);
    done_ = static_cast<bool>(file << value << std::flush);
  }
  ~lowered() { std::ofstream(path_) << old_; }
  lowered(const lowered&) = delete;
  lowered& operator=(const lowered&) = delete;
  explicit operator bool() const { return done_; }

private:
  std::string path_;
  int old_ = 0;
  bool done_ = false;
};

/// The kernel drops what its queue has no room for; the watch says so and another begins.
TEST_F(watched_files, that_change_too_fast_end_the_watch_with_an_error) {
  const lowered limit("/proc/sys/fs/inotify/max_queued_events", 8);
  if (!limit)
    GTEST_SKIP() << "needs the privilege to lower fs.inotify.max_queued_events";
  auto stream = begun({{"path", "."}});
  run("for i in {1..1000}; do echo >one; echo >two; done");
  json last;
  for (const auto& event : stream->rest())
    last = event;
  EXPECT_EQ(last, (json{{"type", "error"}, {"error", "event queue overflow"}}));
}

TEST_F(watched_files, are_refused_when_the_kernel_has_no_instance_left_and_all_else_goes_on) {
  const lowered limit("/proc/sys/fs/inotify/max_user_instances", 1);
  if (!limit)
    GTEST_SKIP() << "needs the privilege to lower fs.inotify.max_user_instances";
  auto one = watch({{"path", "."}});
  auto two = watch({{"path", "."}, {"recursive", false}});
  const auto refused = one.refusal() ? one.refusal() : two.refusal();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 500);
  EXPECT_EQ(refused->body["code"], "WATCH_START_ERROR");
  EXPECT_THAT(refused->body["message"], HasSubstr("Failed to start file watcher: "));
  EXPECT_THAT(refused->body["message"], HasSubstr("fs.inotify.max_user_instances"));
  run("true");
}

TEST_F(watched_files, are_refused_when_the_kernel_has_no_watch_left_and_all_else_goes_on) {
  run("mkdir -p a/b/c d/e");
  const lowered limit("/proc/sys/fs/inotify/max_user_watches", 4);
  if (!limit)
    GTEST_SKIP() << "needs the privilege to lower fs.inotify.max_user_watches";
  const auto refused = watch({{"path", "."}}).refusal();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 500);
  EXPECT_EQ(refused->body["code"], "WATCH_START_ERROR");
  EXPECT_THAT(refused->body["message"], HasSubstr("fs.inotify.max_user_watches"));
  run("true");
}

} // namespace
} // namespace sandboxd::testing
