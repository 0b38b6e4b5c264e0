#include "tests/process/working_sessions.hpp"
#include "tests/support/census.hpp"
#include "tests/support/sdk_client.hpp"
#include "tests/support/test_daemon.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <signal.h>
#include <string>
#include <vector>

/// Faults while fifty sessions work: an exception in an actor of every kind, and SIGKILL for the processes
/// the server depends on. Each time every open request gets its one typed answer within a second, sessions
/// that do not hang on the failed part answer correctly with the state they had, and the tree is whole again
/// with nothing left over.
namespace sandboxd::testing {
namespace {

using clock = std::chrono::steady_clock;

constexpr std::size_t sessions = 50;

/// What an answer may take from the fault on, besides the time that the slowest one took without any fault.
constexpr std::chrono::milliseconds time_to_answer{1000};

/// What a request may take that was sent after the fault: fifty sessions may have to be made anew first.
constexpr std::chrono::milliseconds time_to_recover{5000};

/// Whom a fault may disturb besides the sessions below the failed actor, which lose their state.
enum class disturbs {
  nobody,
  sessionless, ///< commands without a session that are under way or just begin may fail
  requests,    ///< any request under way or just begun may fail; no state is lost
};

/// Every kind of actor must be here: a new kind needs a decision.
const std::map<std::string, disturbs> kinds{
    {"http", disturbs::nobody},
    {"inspector", disturbs::nobody},
    {"launcher", disturbs::sessionless},
    {"session-manager", disturbs::requests},
    {"process-starter", disturbs::nobody},
    {"port-registry", disturbs::nobody},
    {"watch-registry", disturbs::nobody},
    {"file-pool", disturbs::nobody},
    {"file-worker", disturbs::nobody},
    {"executor-pool", disturbs::nobody},
    {"fork-server", disturbs::nobody},
    {"transpiler", disturbs::nobody},
    {"context-manager", disturbs::nobody},
    {"execution", disturbs::sessionless},
    {"session", disturbs::nobody},
    {"init", disturbs::nobody},
    {"shell", disturbs::nobody},
    {"session-supervisor", disturbs::nobody},
    {"supervisor", disturbs::requests},
};

const std::string root = "/root";
const std::string session_trees = "/root/sandbox/workload/sessions/";
const std::string executions = "/root/sandbox/workload/executions/";

bool is_below(const std::string& path, const std::string& ancestor) {
  return path == ancestor || path.starts_with(ancestor + "/");
}

class faults : public ::testing::Test {
protected:
  struct counts {
    std::vector<std::string> tree;
    std::size_t descriptors = 0;
    std::size_t processes = 0;
    std::size_t fifos = 0; // an idle session keeps two
    bool operator==(const counts&) const = default;
  };

  void SetUp() override {
    const auto warm_up = workers.work_through([&] { watch_kinds(); });
    ASSERT_TRUE(warm_up.recovered) << "the sessions do not work even without a fault";
    for (const auto& answer : warm_up.answers) {
      ASSERT_TRUE(answer.ran()) << answer.text;
      slowest_without_fault = std::max(slowest_without_fault, answer.answered - answer.sent);
    }
    whole = settle();
  }

  /// Collects the kinds of actors that live while all work.
  void watch_kinds() {
    eventually([&] {
      for (const auto& kind : daemon.actors().kinds())
        seen_kinds.insert(kind);
      return seen_kinds.contains("execution");
    });
  }

  /// The tree without what comes and goes, and what the operating system holds, once that no longer changes.
  counts settle() {
    counts now;
    eventually([&] {
      counts next{tree(), count_descriptors(), processes_below().size(),
                  count_fifos(daemon.runtime_directory())};
      const bool same = next == now && count_zombies() == 0;
      now = std::move(next);
      return same;
    });
    return now;
  }

  /// "path phase" of every actor but executions; the numbers of the sessions are left out.
  [[nodiscard]] std::vector<std::string> tree() const {
    std::vector<std::string> lines;
    for (const auto& actor : daemon.actors().snapshot()) {
      if (actor.path.starts_with(executions))
        continue;
      std::string path = actor.path;
      if (path.starts_with(session_trees))
        path.erase(session_trees.size(), path.find('/', session_trees.size()) - session_trees.size());
      lines.push_back(path + " " + std::string(to_string(actor.phase)));
    }
    std::sort(lines.begin(), lines.end());
    return lines;
  }

  /// A living actor of this kind, empty when there is none. For kinds of which each session has one, it is
  /// that of the session whose turn it is.
  [[nodiscard]] std::string path_of(const std::string& kind, const std::string& session) const {
    const auto below = daemon.tree_of(session);
    std::string any;
    for (const auto& actor : daemon.actors().snapshot()) {
      if (actor.kind != kind || actor.phase != supervision::actor_phase::running)
        continue;
      any = actor.path;
      if (!below.empty() && is_below(actor.path, below))
        return any;
    }
    return any;
  }

  /// Throws in the actor at the path that `find` gives, and makes sure that this ended it.
  std::string inject(const std::function<std::string()>& find) {
    std::string path;
    EXPECT_TRUE(eventually([&] {
      path = find();
      const auto before = daemon.events().last_sequence();
      return !path.empty() && daemon.actors().inject_fault(path) &&
             eventually([&] { return has_failed(path, before); }, std::chrono::milliseconds(500));
    })) << "no fault could be injected";
    return path;
  }

  [[nodiscard]] bool has_failed(const std::string& path, std::uint64_t after) const {
    const auto events = daemon.events().read(after);
    return std::any_of(events.begin(), events.end(), [&](const auto& event) {
      return event.path == path && event.text.find("injected fault") != std::string::npos;
    });
  }

  /// Works through one fault. `failed` gives the path of what failed, a whole session's or an actor's.
  void expect_recovery(const std::string& what, disturbs whom, const std::function<std::string()>& fault) {
    SCOPED_TRACE(what);
    std::string failed;
    std::vector<std::string> trees;
    for (std::size_t i = 0; i < workers.size(); ++i)
      trees.push_back(workers.session_of(i).empty() ? "" : daemon.tree_of(workers.session_of(i)));
    const auto round = workers.work_through([&] { failed = fault(); });
    EXPECT_TRUE(round.recovered) << "not everybody works again";

    std::vector<std::size_t> fresh(workers.size());
    for (const auto& answer : round.answers) {
      const auto& own = trees[answer.worker];
      const bool sessionless = own.empty();
      const bool hit = !sessionless && (is_below(own, failed) || is_below(failed, own));
      const bool may_fail =
          hit || whom == disturbs::requests || (sessionless && whom == disturbs::sessionless);
      expect_answer(answer, round.fault, hit, may_fail);
      fresh[answer.worker] += answer.what == worked::answer::fresh ? 1 : 0;
    }
    for (std::size_t i = 0; i < workers.size(); ++i) {
      const bool hit = !trees[i].empty() && (is_below(trees[i], failed) || is_below(failed, trees[i]));
      EXPECT_EQ(fresh[i], hit ? 1U : 0U) << "times that " << workers.session_of(i) << " began anew";
    }
    expect_whole();
  }

  void expect_answer(const worked& answer, clock::time_point fault, bool hit, bool may_fail) {
    const std::string who = workers.session_of(answer.worker) + ": " + answer.text;
    EXPECT_NE(answer.what, worked::answer::wrong) << who;
    if (answer.answered > fault) {
      const bool was_open = answer.sent <= fault;
      EXPECT_LT(answer.answered - std::max(answer.sent, fault),
                slowest_without_fault + (was_open ? time_to_answer : time_to_recover))
          << who;
    }
    if (answer.what == worked::answer::failure) {
      EXPECT_TRUE(may_fail && answer.answered > fault) << who;
      EXPECT_LT(answer.answered - fault, slowest_without_fault + time_to_answer)
          << "still not whole: " << who;
    }
    if (answer.what == worked::answer::fresh) {
      EXPECT_TRUE(hit && answer.answered > fault) << who;
    }
  }

  void expect_whole() {
    EXPECT_TRUE(eventually([&] { return tree() == whole.tree; })) << ::testing::PrintToString(tree());
    EXPECT_TRUE(eventually([] { return count_zombies() == 0; })) << count_zombies() << " zombies";
    EXPECT_TRUE(eventually([&] { return processes_below().size() == whole.processes; }))
        << processes_below().size() << " processes, before " << whole.processes;
    EXPECT_TRUE(eventually([&] { return count_descriptors() == whole.descriptors; }))
        << count_descriptors() << " descriptors, before " << whole.descriptors;
    EXPECT_TRUE(eventually([&] { return count_fifos(daemon.runtime_directory()) == whole.fifos; }));
  }

  /// Kills what the actor of `session` (or at a path of the tree) owns, and names it.
  std::string kill_process_of(const std::string& path) {
    daemon.kill_process_of(path);
    return path;
  }

  test_daemon daemon{[](config::settings& s) {
    s.supervision.intensity = 1000; // faults in a row are what is wanted here
    s.supervision.session_intensity = 1000;
    s.supervision.journal_size = 100'000;
  }};
  working_sessions workers{daemon.port(), sessions};
  clock::duration slowest_without_fault{};
  std::set<std::string> seen_kinds;
  counts whole;
};

TEST_F(faults, an_exception_in_an_actor_of_every_kind_is_survived) {
  std::size_t turn = 0;
  for (const auto& kind : seen_kinds) {
    const auto known = kinds.find(kind);
    if (known == kinds.end()) {
      ADD_FAILURE() << "nobody has said what a fault of the kind '" << kind << "' may do";
      continue;
    }
    if (kind == "supervisor")
      continue; // each of them is a case of its own, below
    const auto session = workers.session_of(turn++);
    expect_recovery(kind, known->second, [&] { return inject([&] { return path_of(kind, session); }); });
  }
  EXPECT_EQ(seen_kinds.size(), kinds.size()) << "a kind is listed here that did not live";
}

TEST_F(faults, an_exception_in_every_supervisor_below_the_root_is_survived) {
  std::vector<std::string> paths;
  for (const auto& actor : daemon.actors().snapshot())
    if (actor.kind == "supervisor" && actor.path != root)
      paths.push_back(actor.path);
  EXPECT_GE(paths.size(), 4U); // sandbox, workload, sessions, executions
  for (const auto& path : paths)
    expect_recovery(path, kinds.at("supervisor"), [&] { return inject([&] { return path; }); });
}

TEST_F(faults, a_killed_bash_is_survived) {
  for (std::size_t i = 0; i < 5; ++i) { // each kind of worker
    const auto session = workers.session_of(i);
    expect_recovery("bash of " + session, disturbs::nobody,
                    [&] { return kill_process_of(daemon.tree_of(session) + "/shell"); });
  }
}

TEST_F(faults, a_killed_init_is_survived) {
  for (std::size_t i = 0; i < 5; ++i) {
    const auto session = workers.session_of(i);
    expect_recovery("init of " + session, disturbs::nobody,
                    [&] { return kill_process_of(daemon.tree_of(session) + "/init"); });
  }
}

TEST_F(faults, a_killed_spawner_is_survived) {
  for (int i = 0; i < 3; ++i)
    expect_recovery("spawner", disturbs::sessionless,
                    [&] { return kill_process_of("/root/sandbox/launcher"); });
}

/// Faults beyond what the supervisors allow.
class escalation : public ::testing::Test {
protected:
  static inline const std::string launcher = "/root/sandbox/launcher";

  /// Whether since event `before` the launcher runs again, or, after fault number 3, the root has given up.
  static bool happened(const test_daemon& daemon, std::uint64_t before, int fault) {
    const auto events = daemon.events().read(before);
    return std::any_of(events.begin(), events.end(), [&](const auto& event) {
      return fault < 3 ? event.kind == supervision::event_kind::started && event.path == launcher
                       : event.kind == supervision::event_kind::gave_up && event.path == root;
    });
  }

  /// Ends the daemon while a command runs and expects a typed answer for that.
  void expect_failing_end(test_daemon& daemon, const std::function<void()>& fail) {
    sdk_client client(daemon.port(), generation::b);
    client.begin("s", "touch running; sleep 4711");
    ASSERT_TRUE(eventually([&] { return exists(daemon.workspace() / "running"); }));
    fail();
    const auto answered = client.answer();
    EXPECT_GE(answered.status, 400);
    EXPECT_TRUE(answered.body.contains("code")) << answered.body;
    const auto exit_code = daemon.wait_for_end();
    ASSERT_TRUE(exit_code.has_value()) << "the daemon goes on";
    EXPECT_NE(*exit_code, 0);
    EXPECT_TRUE(eventually([] { return processes_below().empty(); }));
  }
};

TEST_F(escalation, ends_the_daemon_with_a_failure_when_restarts_are_exhausted) {
  test_daemon daemon([](config::settings& s) { s.supervision.intensity = 1; });
  expect_failing_end(daemon, [&] {
    // One restart is allowed per supervisor, so four faults of the launcher use up those of sandbox and root.
    for (int i = 0; i < 4; ++i) {
      const auto before = daemon.events().last_sequence();
      EXPECT_TRUE(eventually([&] { return daemon.actors().inject_fault(launcher); }));
      EXPECT_TRUE(eventually([&] { return happened(daemon, before, i); })) << i;
    }
  });
}

TEST_F(escalation, ends_the_daemon_with_a_failure_when_the_root_itself_fails) {
  test_daemon daemon;
  expect_failing_end(daemon, [&] { EXPECT_TRUE(daemon.actors().inject_fault(root)); });
}

} // namespace
} // namespace sandboxd::testing
