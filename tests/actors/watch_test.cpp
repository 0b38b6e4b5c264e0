#include "actors/file_pool.hpp"
#include "actors/file_worker.hpp"
#include "actors/watch.hpp"
#include "actors/watch_registry.hpp"
#include "supervision/supervisor.hpp"
#include "tests/actors/sandbox_world.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sandboxd::actors {
namespace {

using namespace std::chrono_literals;
using files::watch_turn;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::recorded_answers;
using outcome = watch_check::outcome;

/// A file system that tells what the test has it tell.
struct told_source : watch_source {
  result_of<watch_turn> turn() override {
    ++turns;
    if (problem)
      return *problem;
    watch_turn next;
    next.changes = std::exchange(changes, {});
    next.end = std::exchange(end, std::nullopt);
    next.more = more > 0 && more-- > 0;
    return next;
  }
  void await(std::function<void()> call) override {
    ++waits;
    readable = std::move(call);
  }

  /// Something has happened.
  void tell(const std::string& path, change_type type = change_type::create) {
    changes.push_back({type, path, false, {}});
  }
  void call() {
    if (auto waiting = std::exchange(readable, nullptr))
      waiting();
  }

  std::vector<watch_change> changes;
  std::optional<watch_end> end;
  std::optional<failure> problem;
  int more = 0; ///< turns that are followed by another
  int turns = 0;
  int waits = 0;
  std::function<void()> readable;
};

/// Writes down what a reader hears.
struct recording_reader : watch_reader {
  void watching(const std::string& id, watch_control given) override {
    watch_id = id;
    control = std::move(given);
    story.emplace_back("watching");
    if (reads)
      control.take_more();
  }
  void changed(watch_changes batch) override {
    write_down(batch);
    if (reads)
      control.take_more();
  }
  void ended(watch_changes rest, watch_end how) override {
    if (!rest.changes.empty())
      write_down(rest);
    story.push_back((how.is_error ? "error " : "stopped ") + how.reason);
  }
  void failed(failure reason) override {
    story.push_back("failed " + reason.message);
    code = reason.code;
  }
  void write_down(const watch_changes& batch) {
    std::string text;
    for (const auto& change : batch.changes)
      text += (text.empty() ? "" : " ") + change.path;
    story.push_back(text + (batch.dropped > 0 ? " dropped " + std::to_string(batch.dropped) : ""));
  }

  bool reads = true;
  std::string watch_id;
  watch_control control;
  std::vector<std::string> story;
  std::optional<error_code> code;
};

/// Registry, supervisor and pool as they are, in virtual time, over sources of the test.
class watching : public testing::sandbox_world {
protected:
  std::vector<std::shared_ptr<told_source>> sources;
  std::optional<failure> problem; ///< of the next source
  int first_turns = 0;            ///< that are followed by another, of the next source
  supervision::supervisor_actor root;
  bool has_worker = true;

  void SetUp() override {
    settings->watch.max_watches = 3;
    settings->watch.max_pending_events = 3;
    settings->watch.retention = 10min;
    context->use(settings);
    spawn_at(paths::file_pool, file_pool_behavior, context);
    if (has_worker)
      spawn_at(paths::files + "/worker-1", file_worker_behavior);
    root = supervision::spawn_root(system, tree, tree_spec());
    run();
  }
  void TearDown() override {
    caf::anon_send_exit(root, caf::exit_reason::kill);
    root = nullptr;
    run();
    sandbox_world::TearDown();
    sources.clear();
  }

  supervision::supervisor_spec tree_spec() {
    const watch_source_factory factory = [this](const watch_options&) {
      sources.push_back(std::make_shared<told_source>());
      sources.back()->problem = std::exchange(problem, std::nullopt);
      sources.back()->more = std::exchange(first_turns, 0);
      return sources.back();
    };
    supervision::supervisor_spec watches;
    watches.strategy = supervision::strategy::dynamic;
    supervision::child_spec registry;
    registry.id = "watch-registry";
    registry.start = supervision::supervised(watch_registry_behavior, context, factory);
    supervision::supervisor_spec workload;
    workload.intensity = 10;
    workload.children = {supervision::supervisor_child("watches", std::move(watches)), std::move(registry)};
    supervision::supervisor_spec sandbox;
    sandbox.children = {supervision::supervisor_child("workload", std::move(workload))};
    supervision::supervisor_spec all;
    all.children = {supervision::supervisor_child("sandbox", std::move(sandbox))};
    return all;
  }

  watch_registry_actor registry() { return tree->actors->find<watch_registry_actor>(paths::watch_registry); }
  static watch_options path(const std::string& path) { return files::normalized({path, true, {}, {}, {}}); }

  std::shared_ptr<recording_reader> subscribe(const watch_options& wanted, bool reads = true) {
    auto reader = std::make_shared<recording_reader>();
    reader->reads = reads;
    caf::anon_send(registry(), subscribe_watch{wanted, watch_reader_handle(reader)});
    run();
    return reader;
  }
  recorded_answers<watch_check> check(const watch_options& wanted,
                                      std::optional<watch_version> since = std::nullopt) {
    recorded_answers<watch_check> answer;
    caf::anon_send(registry(), check_watch{wanted, std::move(since), answer.reply()});
    run();
    return answer;
  }
  std::size_t watches() const {
    std::size_t count = 0;
    for (const auto& one : tree->actors->snapshot())
      count += one.kind == "watch" ? 1 : 0;
    return count;
  }
  void tell(const std::vector<std::string>& names, std::size_t source = 0) {
    for (const auto& name : names)
      sources.at(source)->tell(name);
    sources.at(source)->call();
    run();
  }
};

TEST_F(watching, tells_a_reader_what_has_come_every_75_ms) {
  const auto reader = subscribe(path("/w"));
  EXPECT_THAT(reader->story, ElementsAre("watching"));
  EXPECT_THAT(reader->watch_id, ::testing::MatchesRegex("watch-[0-9]+-[0-9]+"));
  tell({"/a"});
  tell({"/b", "/a"});
  EXPECT_THAT(reader->story, ElementsAre("watching"));
  advance(74ms);
  EXPECT_THAT(reader->story, ElementsAre("watching"));
  advance(1ms);
  EXPECT_THAT(reader->story, ElementsAre("watching", "/a /b"));
  advance(1s);
  tell({"/c"});
  advance(75ms);
  EXPECT_THAT(reader->story, ElementsAre("watching", "/a /b", "/c"));
}

TEST_F(watching, holds_no_more_for_a_slow_reader_than_it_may) {
  const auto slow = subscribe(path("/w"), false);
  const auto quick = subscribe(path("/w"));
  slow->control.take_more();
  for (const auto* name : {"/1", "/2", "/3", "/4", "/5", "/2"}) {
    tell({name});
    advance(75ms);
  }
  EXPECT_THAT(quick->story, ElementsAre("watching", "/1", "/2", "/3", "/4", "/5", "/2"));
  EXPECT_THAT(slow->story, ElementsAre("watching", "/1"));
  slow->control.take_more();
  advance(75ms);
  EXPECT_THAT(slow->story, ElementsAre("watching", "/1", "/2 /3 /4 dropped 1"));
}

TEST_F(watching, is_shared_by_those_who_want_the_same) {
  const auto one = subscribe(path("/w"));
  const auto two = subscribe(path("/w"));
  EXPECT_EQ(one->watch_id, two->watch_id);
  EXPECT_EQ(sources.size(), 1u);
  auto other = path("/w");
  other.recursive = false;
  EXPECT_NE(subscribe(other)->watch_id, one->watch_id);
  tell({"/a"});
  advance(75ms);
  EXPECT_THAT(one->story, ElementsAre("watching", "/a"));
  EXPECT_THAT(two->story, ElementsAre("watching", "/a"));
}

TEST_F(watching, ends_with_its_last_reader) {
  const auto one = subscribe(path("/w"));
  const auto two = subscribe(path("/w"));
  const std::weak_ptr<told_source> source = sources.at(0);
  sources.clear();
  one->control.leave();
  run();
  EXPECT_EQ(watches(), 1u);
  two->control.leave();
  run();
  EXPECT_EQ(watches(), 0u);
  EXPECT_TRUE(source.expired()) << "descriptors would be open still";
  const auto three = subscribe(path("/w"));
  EXPECT_THAT(three->story, ElementsAre("watching"));
  EXPECT_NE(three->watch_id, one->watch_id);
}

TEST_F(watching, serves_who_comes_just_when_it_ends) {
  const auto one = subscribe(path("/w"));
  one->control.leave();
  auto two = std::make_shared<recording_reader>();
  caf::anon_send(registry(), subscribe_watch{path("/w"), watch_reader_handle(two)});
  run();
  EXPECT_THAT(two->story, ElementsAre("watching"));
}

TEST_F(watching, refuses_one_too_many) {
  std::vector<std::shared_ptr<recording_reader>> readers;
  for (const auto* one : {"/a", "/b", "/c"})
    readers.push_back(subscribe(path(one)));
  const auto refused = subscribe(path("/d"));
  EXPECT_EQ(refused->code, error_code::too_busy);
  EXPECT_EQ(check(path("/d")).failure_code(), error_code::too_busy);
  EXPECT_THAT(subscribe(path("/a"))->story, ElementsAre("watching")) << "is there already";
  readers[1]->control.leave();
  run();
  EXPECT_THAT(subscribe(path("/d"))->story, ElementsAre("watching"));
}

TEST_F(watching, begins_when_all_directories_are_watched) {
  first_turns = 5;
  const auto reader = subscribe(path("/w"));
  EXPECT_THAT(reader->story, ElementsAre("watching"));
  EXPECT_EQ(sources.at(0)->turns, 6);
  EXPECT_EQ(sources.at(0)->waits, 1);
}

TEST_F(watching, tells_all_why_it_cannot_begin_and_tries_again_for_others) {
  problem = failure{error_code::file_not_found, "Path does not exist: /w"};
  EXPECT_THAT(subscribe(path("/w"))->story, ElementsAre("failed Path does not exist: /w"));
  problem = failure{error_code::watch_start_failed, "no room"};
  EXPECT_EQ(check(path("/w")).failure_code(), error_code::watch_start_failed);
  EXPECT_EQ(watches(), 0u);
  EXPECT_THAT(subscribe(path("/w"))->story, ElementsAre("watching"));
}

TEST_F(watching, ends_every_reader_once_when_events_are_lost) {
  const auto one = subscribe(path("/w"));
  const auto two = subscribe(path("/w"), false);
  sources.at(0)->end = files::queue_overflow();
  tell({"/a"});
  EXPECT_THAT(one->story, ElementsAre("watching", "/a", "error event queue overflow"));
  EXPECT_THAT(two->story, ElementsAre("watching", "/a", "error event queue overflow"));
  EXPECT_EQ(watches(), 0u);
  advance(1min);
  EXPECT_EQ(one->story.size(), 3u);
}

TEST_F(watching, ends_every_reader_once_when_it_crashes) {
  const auto reader = subscribe(path("/w"));
  for (const auto& one : tree->actors->snapshot())
    if (one.kind == "watch")
      tree->actors->inject_fault(one.path);
  run();
  EXPECT_THAT(reader->story, ElementsAre("watching", "error The watch was lost inside the server"));
  EXPECT_THAT(subscribe(path("/w"))->story, ElementsAre("watching"));
}

TEST_F(watching, ends_every_reader_once_when_all_ends) {
  const auto reader = subscribe(path("/w"));
  caf::anon_send_exit(root, caf::exit_reason::user_shutdown);
  run();
  EXPECT_THAT(reader->story, ElementsAre("watching", "stopped The sandbox is shutting down"));
}

TEST_F(watching, outlives_its_registry) {
  const auto reader = subscribe(path("/w"));
  tree->actors->inject_fault(paths::watch_registry);
  run();
  advance(1s);
  tell({"/a"});
  advance(75ms);
  EXPECT_THAT(reader->story, ElementsAre("watching", "/a"));
  const auto another = subscribe(path("/w"));
  EXPECT_THAT(another->story, ElementsAre("watching"));
  reader->control.leave();
  another->control.leave();
  run();
  advance(10s);
  EXPECT_EQ(watches(), 0u);
}

TEST_F(watching, counts_what_happened_before_a_check) {
  const auto baseline = check(path("/w")).value().value();
  EXPECT_EQ(baseline.status, outcome::unchanged);
  EXPECT_THAT(actors::to_string(baseline.now), ::testing::MatchesRegex("watch-[0-9]+-[0-9]+:0"));
  EXPECT_EQ(check(path("/w"), baseline.now).value()->status, outcome::unchanged);
  sources.at(0)->tell("/a"); // the kernel knows, nobody has read it
  sources.at(0)->tell("/a", change_type::modify);
  const auto later = check(path("/w"), baseline.now).value().value();
  EXPECT_EQ(later.status, outcome::changed);
  EXPECT_EQ(later.now.cursor, 2u);
  EXPECT_EQ(check(path("/w"), later.now).value()->status, outcome::unchanged);
  EXPECT_EQ(check(path("/w"), watch_version{later.now.watch_id, 3}).value()->status, outcome::ahead);
  EXPECT_EQ(check(path("/w"), watch_version{"watch-1-1", 0}).value()->status, outcome::restarted);
  EXPECT_EQ(sources.at(0)->waits, 1) << "waits must not pile up";
}

TEST_F(watching, is_kept_for_checks_for_a_while_after_its_last_use) {
  const auto first = check(path("/w")).value().value();
  advance(9min);
  EXPECT_EQ(check(path("/w"), first.now).value()->status, outcome::unchanged);
  advance(9min);
  EXPECT_EQ(watches(), 1u);
  const auto reader = subscribe(path("/w"));
  EXPECT_EQ(reader->watch_id, first.now.watch_id);
  advance(60min);
  EXPECT_EQ(watches(), 1u) << "somebody reads";
  reader->control.leave();
  run();
  advance(9min);
  EXPECT_EQ(watches(), 1u);
  advance(2min);
  EXPECT_EQ(watches(), 0u);
  EXPECT_EQ(check(path("/w"), first.now).value()->status, outcome::expired);
}

TEST_F(watching, answers_a_check_after_an_overflow_with_another_watch) {
  const auto first = check(path("/w")).value().value();
  sources.at(0)->end = files::queue_overflow();
  const auto after = check(path("/w"), first.now).value().value();
  EXPECT_EQ(after.status, outcome::expired);
  EXPECT_NE(after.now.watch_id, first.now.watch_id);
  EXPECT_EQ(watches(), 1u);
}

class watching_without_workers : public watching {
protected:
  watching_without_workers() { has_worker = false; }
};

TEST_F(watching_without_workers, gives_up_when_the_setup_takes_too_long) {
  const auto reader = subscribe(path("/w"));
  const auto answer = check(path("/w"));
  advance(9900ms);
  EXPECT_THAT(reader->story, IsEmpty());
  advance(200ms);
  EXPECT_THAT(reader->story,
              ElementsAre("failed Failed to start file watcher: Timed out waiting for file watcher "
                          "setup to complete"));
  EXPECT_EQ(answer.failure_code(), error_code::watch_start_failed);
  EXPECT_EQ(watches(), 0u);
}

TEST_F(watching_without_workers, waits_for_room_in_the_pool) {
  settings->files.max_queued = 1;
  context->use(settings);
  const auto pool = tree->actors->find<file_pool_actor>(paths::file_pool);
  caf::anon_send(pool, blocking_task{[] {}, [](const failure&) {}});
  const auto reader = subscribe(path("/w"));
  advance(1s);
  EXPECT_THAT(reader->story, IsEmpty());
  spawn_at(paths::files + "/worker-1", file_worker_behavior);
  advance(200ms);
  EXPECT_THAT(reader->story, ElementsAre("watching"));
}

TEST(watch_version, is_read_back) {
  const auto version = read_watch_version("watch-3-1795208154691:12");
  ASSERT_TRUE(version);
  EXPECT_EQ(version->watch_id, "watch-3-1795208154691");
  EXPECT_EQ(version->cursor, 12u);
  EXPECT_EQ(to_string(*version), "watch-3-1795208154691:12");
  for (const auto* text : {"", ":", "a", "a:", ":1", "a:-1", "a:1x", "a: 1", "a:99999999999999999999999"})
    EXPECT_FALSE(read_watch_version(text)) << text;
}

TEST(watched_path, counts_from_the_workspace) {
  struct row {
    const char* given;
    const char* path;
    bool inside;
  };
  const row rows[] = {
      {".", "/workspace", true},
      {"src", "/workspace/src", true},
      {"/workspace/", "/workspace", true},
      {"/workspace/a/../b", "/workspace/b", true},
      {"..", "/", false},
      {"../workspace2", "/workspace2", false},
      {"/workspace2", "/workspace2", false},
      {"/workspace/../etc", "/etc", false},
      {"/", "/", false},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(watched_path("/workspace", row.given), row.path);
    EXPECT_EQ(is_in_workspace("/workspace", row.path), row.inside) << row.path;
  }
}

} // namespace
} // namespace sandboxd::actors
