#include "actors/executor_pool.hpp"
#include "tests/actors/sandbox_world.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <set>

namespace sandboxd::actors {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::recorded_answers;
using answers = recorded_answers<lent_executor>;

executor_leaves leaving(std::uint64_t number, bool was_ready) {
  executor_leaves event;
  event.number = number;
  event.cause = "with exit code 3";
  event.was_ready = was_ready;
  return event;
}

fork_server_changed fork_server(std::shared_ptr<launcher::fork_server_link> link,
                                std::optional<failure> refusal = {}) {
  return {{std::move(link), true}, std::move(refusal)};
}

/// What was refused, if it was.
failure refusal(const answers& asked) {
  const auto* reason = asked.all->size() == 1 ? std::get_if<failure>(&asked.all->front()) : nullptr;
  return reason != nullptr ? *reason : failure(error_code::internal_error, "not refused");
}

/// What the pool knows, without actors and with a clock of the test; its executors are on paper.
class pool_books : public ::testing::Test {
protected:
  using clock = executor_pool_state::clock;

  asio::io_context io;
  std::shared_ptr<config::settings> settings = std::make_shared<config::settings>();
  services_ptr context;
  clock::time_point now = clock::time_point(1h);
  executor_pool_state pool;
  std::set<std::uint64_t> alive;
  std::vector<std::string> circuit; ///< what has become of it, in order

  void SetUp() override {
    settings->interpreter.javascript = {0, 0};
    settings->interpreter.failures_to_open = 3;
    settings->interpreter.open_time = 30s;
    settings->interpreter.trials_to_close = 2;
    settings->interpreter.start_timeout = 60s;
    settings->interpreter.idle_timeout = 5min;
    context = std::make_shared<services>(io, settings, ::testing::TempDir(), std::vector<std::string>{});
  }
  void configure(language spoken = language::javascript) {
    pool.configure(context, spoken, [this](const supervision::breaker_snapshot& breaker) {
      circuit.emplace_back(to_string(breaker.state));
    });
  }
  void use(std::size_t min, std::size_t max) {
    auto changed = std::make_shared<config::settings>(*settings);
    changed->interpreter.javascript = {min, max};
    context->use(changed);
  }

  answers lease() {
    answers asked;
    pool.lease(asked.reply(), now);
    return asked;
  }
  /// Starts what is missing; all of that comes up.
  void fill() {
    while (pool.missing(now) > 0)
      for (auto count = pool.missing(now); count > 0; --count) {
        const auto number = pool.begin({}).number;
        alive.insert(number);
        pool.joined(std::make_shared<const executor_lease>(number, nullptr), now);
      }
  }
  /// Whom somebody has, dies in a run.
  void lose(const answers& who) {
    ASSERT_TRUE(who.value());
    pool.left(leaving((*who.value())->number, true), now);
    judge(*who.value(), false);
  }
  void serve(const answers& who) {
    ASSERT_TRUE(who.value());
    judge(*who.value(), true);
  }
  void judge(const lent_executor& who, bool survived) { pool.run_ended({who->number, survived}, now); }
  answers lease_and_fill() {
    auto asked = lease();
    fill();
    return asked;
  }
  void open_the_circuit() {
    for (int i = 0; i < 3; ++i)
      lose(lease_and_fill());
    ASSERT_EQ(pool.status(now).circuit, "open");
  }
};

TEST_F(pool_books, start_the_minimum_ahead_and_one_for_each_that_is_lent) {
  settings->interpreter.javascript = {2, 0};
  configure();
  EXPECT_EQ(pool.missing(now), 2u);
  fill();
  EXPECT_EQ(pool.status(now).idle, 2u);
  EXPECT_TRUE(lease().value());
  EXPECT_EQ(pool.missing(now), 1u);
}

TEST_F(pool_books, refuse_beyond_the_maximum) {
  settings->interpreter.javascript = {0, 2};
  configure();
  const auto first = lease_and_fill();
  const auto second = lease();
  EXPECT_TRUE(second.empty()) << "it waits for one that starts";
  const auto third = lease();
  EXPECT_EQ(refusal(third).code, error_code::context_creation_failed);
  EXPECT_EQ(refusal(third).message,
            "Maximum javascript executor limit reached (2). Cannot create new executor."); // HTTP.md 9.1
  fill();
  EXPECT_TRUE(second.value());
  pool.left(leaving((*first.value())->number, true), now);
  EXPECT_TRUE(lease().empty()) << "there is room again";
}

TEST_F(pool_books, follow_changed_settings) {
  configure();
  EXPECT_EQ(pool.missing(now), 0u);
  use(2, 4);
  pool.tend(now);
  EXPECT_EQ(pool.missing(now), 2u);
  fill();
  use(1, 0);
  pool.tend(now);
  EXPECT_EQ(pool.status(now).idle, 2u) << "not yet";
  now += 5min;
  pool.tend(now);
  EXPECT_EQ(pool.status(now).idle, 1u);
  use(0, 1);
  const auto lent = lease();
  ASSERT_TRUE(lent.value());
  pool.tend(now);
  EXPECT_EQ(refusal(lease()).code, error_code::context_creation_failed);
}

TEST_F(pool_books, end_who_idles_beyond_the_minimum_by_letting_go) {
  settings->interpreter.javascript = {1, 0};
  configure();
  fill();
  std::vector<std::weak_ptr<const executor_lease>> executors;
  for (int i = 0; i < 2; ++i) {
    const auto number = pool.begin({}).number;
    const auto executor = std::make_shared<const executor_lease>(number, nullptr);
    executors.push_back(executor);
    pool.joined(executor, now);
  }
  now += 5min - 1ms;
  pool.tend(now);
  EXPECT_EQ(pool.status(now).idle, 3u);
  now += 1ms;
  pool.tend(now);
  EXPECT_EQ(pool.status(now).idle, 1u);
  EXPECT_TRUE(executors[0].expired());
  EXPECT_FALSE(executors[1].expired()) << "the newest stays";
}

TEST_F(pool_books, hold_no_executor_that_is_lent) {
  configure();
  auto lent = lease_and_fill();
  const std::weak_ptr<const executor_lease> watched = *lent.value();
  lent.all->clear();
  EXPECT_TRUE(watched.expired());
}

TEST_F(pool_books, pause_after_an_executor_that_did_not_come_up) {
  configure();
  const auto first = lease();
  const auto second = lease();
  pool.left(leaving(pool.begin({}).number, false), now);
  EXPECT_EQ(refusal(first).code, error_code::context_creation_failed);
  EXPECT_EQ(refusal(first).message, "The executor ended with exit code 3");
  EXPECT_TRUE(second.empty()) << "one failure refuses one";
  now += 499ms;
  EXPECT_EQ(pool.missing(now), 0u);
  now += 1ms;
  EXPECT_EQ(pool.missing(now), 1u);
  fill();
  EXPECT_TRUE(second.value());
}

TEST_F(pool_books, let_nobody_wait_longer_than_a_start_may_take) {
  configure();
  const auto early = lease();
  now += 1ms;
  const auto late = lease();
  now += 60s - 1ms;
  pool.tend(now);
  EXPECT_TRUE(early.empty());
  now += 1ms;
  pool.tend(now);
  EXPECT_EQ(refusal(early).code, error_code::interpreter_not_ready);
  EXPECT_GE(refusal(early).retry_after, 1u);
  EXPECT_TRUE(late.empty());
}

// ---- circuit

TEST_F(pool_books, open_the_circuit_after_losses_in_a_row) {
  configure();
  lose(lease_and_fill());
  lose(lease_and_fill());
  serve(lease_and_fill()); // which ends the row
  lose(lease_and_fill());
  lose(lease_and_fill());
  EXPECT_EQ(pool.status(now).circuit, "closed");
  lose(lease_and_fill());
  EXPECT_EQ(pool.status(now).circuit, "open");
  EXPECT_THAT(circuit, ElementsAre("open"));
}

TEST_F(pool_books, count_executors_that_did_not_come_up) {
  configure();
  for (int i = 0; i < 3; ++i) {
    pool.left(leaving(pool.begin({}).number, false), now);
    now += 500ms;
  }
  EXPECT_EQ(pool.status(now).circuit, "open");
}

/// Who waits gets one of the next fork server.
TEST_F(pool_books, blame_nobody_for_executors_that_end_with_their_fork_server) {
  configure(language::python);
  const auto link = [this] {
    return launcher::fork_server_link::create(io, std::move(launcher::make_seqpacket_pair().first), 60s, {});
  };
  pool.fork_server_changed(fork_server(link()), now);
  const auto waits = lease();
  for (int i = 0; i < 10; ++i) {
    auto lost = leaving(pool.begin({}).number, false);
    lost.blameless = true;
    pool.left(lost, now);
  }
  EXPECT_TRUE(waits.empty());
  EXPECT_EQ(pool.status(now).circuit, "closed");
  EXPECT_EQ(pool.missing(now), 0u) << "none of the one that is lost";
  pool.fork_server_changed(fork_server(link()), now);
  fill();
  EXPECT_TRUE(waits.value());
}

TEST_F(pool_books, do_not_count_executors_that_are_let_go) {
  configure();
  for (int i = 0; i < 10; ++i) {
    const auto lent = lease_and_fill();
    pool.left(leaving((*lent.value())->number, true), now); // its context was deleted
  }
  EXPECT_EQ(pool.status(now).circuit, "closed");
}

TEST_F(pool_books, refuse_while_the_circuit_is_open) {
  configure();
  open_the_circuit();
  now += 1ms;
  const auto reason = refusal(lease());
  EXPECT_EQ(reason.code, error_code::circuit_open);
  EXPECT_EQ(reason.message,
            "Service temporarily unavailable due to high error rate. Please try again later."); // HTTP.md 9.1
  EXPECT_EQ(reason.retry_after, 30u) << "whole seconds, rounded up";
  EXPECT_EQ(pool.status(now).retry_after, 30s - 1ms);
  now += 28s;
  EXPECT_EQ(refusal(lease()).retry_after, 2u);
}

TEST_F(pool_books, close_the_circuit_when_trials_go_well) {
  configure();
  open_the_circuit();
  now += 30s;
  const auto first = lease_and_fill();
  ASSERT_TRUE(first.value()) << "a trial";
  EXPECT_EQ(pool.status(now).circuit, "half_open");
  const auto second = lease_and_fill();
  serve(first);
  EXPECT_EQ(pool.status(now).circuit, "half_open");
  serve(second);
  EXPECT_EQ(pool.status(now).circuit, "closed");
  EXPECT_THAT(circuit, ElementsAre("open", "half_open", "closed"));
}

TEST_F(pool_books, open_the_circuit_again_when_a_trial_goes_wrong) {
  configure();
  open_the_circuit();
  now += 30s;
  lose(lease_and_fill());
  EXPECT_EQ(pool.status(now).circuit, "open");
  EXPECT_EQ(refusal(lease()).retry_after, 30u) << "anew";
  EXPECT_THAT(circuit, ElementsAre("open", "half_open", "open"));
}

// ---- fork server

TEST_F(pool_books, let_only_so_many_trials_through_at_a_time) {
  configure();
  open_the_circuit();
  now += 30s;
  const auto first = lease_and_fill();
  const auto second = lease_and_fill();
  EXPECT_EQ(refusal(lease()).code, error_code::circuit_open);
  EXPECT_GE(refusal(lease()).retry_after, 1u);
  serve(first);
  EXPECT_EQ(refusal(lease()).code, error_code::circuit_open) << "the second may yet decide";
  serve(second);
  EXPECT_TRUE(lease_and_fill().value());
}

TEST_F(pool_books, give_the_place_of_a_trial_that_tells_nothing_to_another) {
  configure();
  open_the_circuit();
  now += 30s;
  const auto silent = lease_and_fill();
  const auto returned = lease_and_fill();
  pool.left(leaving((*returned.value())->number, true), now); // its context was deleted
  pool.tend(now);
  EXPECT_EQ(refusal(lease()).code, error_code::circuit_open);
  now += 1s;
  pool.tend(now);
  EXPECT_TRUE(lease_and_fill().value());
  EXPECT_EQ(refusal(lease()).code, error_code::circuit_open);
  now += 9s;
  pool.tend(now);
  EXPECT_TRUE(lease_and_fill().value());
}

TEST_F(pool_books, take_each_run_of_a_trial_for_one) {
  configure();
  open_the_circuit();
  now += 30s;
  const auto trial = lease_and_fill();
  serve(trial);
  EXPECT_EQ(pool.status(now).circuit, "half_open");
  serve(trial);
  EXPECT_EQ(pool.status(now).circuit, "closed");
}

TEST_F(pool_books, hear_only_trials_once_the_circuit_has_opened) {
  configure();
  const auto before = lease_and_fill();
  open_the_circuit();
  serve(before);
  EXPECT_EQ(pool.status(now).circuit, "open");
  now += 30s;
  const auto trial = lease_and_fill();
  serve(before);
  serve(before);
  judge(*before.value(), false);
  EXPECT_EQ(pool.status(now).circuit, "half_open");
  judge(*trial.value(), false);
  EXPECT_EQ(pool.status(now).circuit, "open");
}

TEST_F(pool_books, take_executors_that_end_while_they_idle_for_ones_that_did_not_come_up) {
  settings->interpreter.javascript = {1, 0};
  configure();
  for (int i = 0; i < 3; ++i) {
    fill();
    ASSERT_EQ(pool.status(now).idle, 1u);
    pool.left(leaving(*alive.rbegin(), true), now);
    EXPECT_EQ(pool.missing(now), 0u) << "not at once";
    now += 1s;
  }
  EXPECT_EQ(pool.status(now).circuit, "open");
}

TEST_F(pool_books, start_none_ahead_while_the_circuit_is_open) {
  settings->interpreter.javascript = {2, 0};
  configure();
  fill();
  open_the_circuit();
  use(4, 0);
  pool.tend(now);
  EXPECT_EQ(pool.missing(now), 0u);
  now += 30s;
  for (int i = 0; i < 2; ++i)
    serve(lease_and_fill());
  EXPECT_GT(pool.missing(now), 0u);
}

TEST_F(pool_books, tell_a_language_without_a_program_from_one_that_fails) {
  settings->interpreter.javascript = {0, 0};
  configure();
  const auto asked = lease();
  ASSERT_EQ(pool.missing(now), 1u);
  auto event = leaving(pool.begin({}).number, false);
  event.no_program = true;
  pool.left(event, now);
  EXPECT_EQ(refusal(asked).code, error_code::javascript_not_available);
  EXPECT_EQ(refusal(lease()).code, error_code::javascript_not_available);
  EXPECT_EQ(pool.missing(now), 0u);
  now += 1s;
  EXPECT_TRUE(lease_and_fill().value()) << "it may have been installed meanwhile";
  EXPECT_EQ(pool.status(now).problem, "");
}

TEST_F(pool_books, have_the_executors_of_the_newest_fork_server_only) {
  settings->interpreter.python = {1, 0};
  configure(language::python);
  const auto link = [this] {
    return launcher::fork_server_link::create(io, std::move(launcher::make_seqpacket_pair().first), 60s, {});
  };
  pool.fork_server_changed(fork_server(link()), now);
  fill();
  EXPECT_EQ(pool.status(now).idle, 1u);
  pool.fork_server_changed(fork_server(nullptr), now);
  EXPECT_EQ(pool.status(now).idle, 1u) << "it is as good as before";
  pool.fork_server_changed(fork_server(link()), now);
  EXPECT_EQ(pool.status(now).idle, 0u);
  EXPECT_EQ(pool.missing(now), 1u);
}

TEST_F(pool_books, start_no_python_without_a_fork_server) {
  settings->interpreter.python = {1, 0};
  configure(language::python);
  EXPECT_TRUE(pool.needs_helper());
  pool.helper_is_asked();
  EXPECT_FALSE(pool.needs_helper());
  const auto waits = lease();
  EXPECT_TRUE(waits.empty());
  EXPECT_EQ(pool.missing(now), 0u);
  auto sockets = launcher::make_seqpacket_pair();
  const auto link = launcher::fork_server_link::create(io, std::move(sockets.first), 60s, {});
  pool.fork_server_changed(fork_server(link), now);
  EXPECT_EQ(pool.missing(now), 2u);
  EXPECT_NE(pool.begin({}).number, 0u);
}

TEST_F(pool_books, refuse_python_while_the_fork_server_is_gone) {
  configure(language::python);
  const auto waits = lease();
  failure told(error_code::python_not_available, "Python interpreter not available");
  told.detail = "it ended with exit code 127";
  pool.fork_server_changed(fork_server(nullptr, told), now);
  for (const auto& refused : {waits, lease()}) {
    EXPECT_EQ(refusal(refused).code, told.code);
    EXPECT_EQ(refusal(refused).message, told.message);
    EXPECT_EQ(refusal(refused).detail, told.detail);
  }
  EXPECT_EQ(pool.status(now).problem, "it ended with exit code 127");
  auto sockets = launcher::make_seqpacket_pair();
  pool.fork_server_changed(
      fork_server(launcher::fork_server_link::create(io, std::move(sockets.first), 60s, {})), now);
  EXPECT_EQ(pool.status(now).problem, "");
  const auto again = lease_and_fill();
  EXPECT_TRUE(again.value());
}

TEST_F(pool_books, want_a_helper_only_when_somebody_wants_an_executor) {
  settings->interpreter.python = {0, 0};
  configure(language::python);
  EXPECT_FALSE(pool.needs_helper());
  lease();
  EXPECT_TRUE(pool.needs_helper());
}

// ---- the actor

/// The actor among doubles, in virtual time.
class executor_pools : public testing::sandbox_world {
protected:
  static constexpr const char* path = "/root/interpreters/javascript";
  std::shared_ptr<testing::obedient_supervisor> executors = std::make_shared<testing::obedient_supervisor>();
  executor_pool_actor pool;

  void SetUp() override {
    settings->interpreter.javascript = {1, 3};
    spawn_at(std::string(path) + "/executors", testing::obedient_supervisor_behavior, executors);
    run();
  }
  void TearDown() override {
    pool = nullptr;
    *executors = {};
    sandbox_world::TearDown();
  }
  void start() {
    pool =
        spawn_at(paths::executor_pool("javascript"), executor_pool_behavior, context, language::javascript);
    run();
  }
  /// The supervisor answers for this executor.
  void settle(std::uint64_t number, caf::expected<caf::strong_actor_ptr> outcome) {
    const auto child = std::to_string(number);
    executors->outcomes.insert_or_assign(child, std::move(outcome));
    caf::anon_send(tree->actors->find<supervision::supervisor_actor>(std::string(path) + "/executors"),
                   supervision::restart_due{child, 0});
    run();
  }
  void come_up(std::uint64_t number) {
    settle(number, caf::actor_cast<caf::strong_actor_ptr>(spawn_tree()));
    caf::anon_send(pool, executor_joins{std::make_shared<const executor_lease>(number, nullptr)});
    run();
  }
  void leave(std::uint64_t number, bool was_ready) {
    caf::anon_send(pool, leaving(number, was_ready));
    run();
  }
  answers lease() {
    answers asked;
    caf::anon_send(pool, lease_executor{asked.reply()});
    run();
    return asked;
  }
  [[nodiscard]] pool_status status() const {
    const auto known = context->pool(language::javascript);
    return known ? *known : pool_status{};
  }
};

TEST_F(executor_pools, start_executors_and_lend_them) {
  start();
  EXPECT_THAT(executors->started, ElementsAre("1"));
  EXPECT_EQ(status().starting, 1u);
  come_up(1);
  EXPECT_EQ(status().idle, 1u);
  const auto lent = lease();
  ASSERT_TRUE(lent.value());
  EXPECT_EQ((*lent.value())->number, 1u);
  EXPECT_THAT(executors->started, ElementsAre("1", "2")) << "another ahead";
  EXPECT_EQ(status().lent, 1u);
  EXPECT_EQ(status().circuit, "closed");
}

TEST_F(executor_pools, let_contexts_wait_in_order_and_refuse_beyond_the_maximum) {
  start();
  const auto first = lease();
  const auto second = lease();
  const auto third = lease();
  EXPECT_THAT(executors->started, ElementsAre("1", "2", "3")) << "the minimum ahead does not fit";
  EXPECT_EQ(lease().failure_code(), error_code::context_creation_failed);
  EXPECT_EQ(status().waiting, 3u);
  come_up(2);
  EXPECT_TRUE(first.value());
  come_up(1);
  come_up(3);
  EXPECT_TRUE(second.value());
  EXPECT_TRUE(third.value());
  EXPECT_EQ(lease().failure_code(), error_code::context_creation_failed);
  leave(2, true);
  EXPECT_EQ(executors->started.back(), "4");
}

TEST_F(executor_pools, take_an_executor_that_could_not_be_spawned_for_one_that_did_not_come_up) {
  start();
  const auto waits = lease();
  settle(1, supervision::make_supervision_error(supervision::supervision_error::start_failed, "no room"));
  EXPECT_EQ(waits.failure_code(), error_code::context_creation_failed);
  EXPECT_THAT(refusal(waits).message, ::testing::HasSubstr("no room"));
}

TEST_F(executor_pools, give_up_a_supervisor_that_does_not_answer) {
  start();
  const auto waits = lease();
  advance(5s);
  EXPECT_EQ(waits.failure_code(), error_code::context_creation_failed);
  come_up(1); // late: nobody knows of it any more
  EXPECT_EQ(status().lent + status().idle, 0u);
}

TEST_F(executor_pools, follow_changed_settings_within_a_second) {
  start();
  come_up(1);
  auto changed = std::make_shared<config::settings>(*settings);
  changed->interpreter.javascript = {3, 3};
  context->use(changed);
  advance(1s);
  EXPECT_THAT(executors->started, ElementsAre("1", "2", "3"));
}

TEST_F(executor_pools, start_nothing_while_there_is_no_supervisor) {
  sandbox_world::TearDown();
  start();
  EXPECT_EQ(status().starting, 0u);
  const auto waits = lease();
  EXPECT_TRUE(waits.empty());
  spawn_at(std::string(path) + "/executors", testing::obedient_supervisor_behavior, executors);
  advance(1s);
  EXPECT_FALSE(executors->started.empty());
}

TEST_F(executor_pools, answer_who_waits_when_they_crash) {
  start();
  const auto waits = lease();
  EXPECT_TRUE(waits.empty());
  caf::anon_send_exit(pool, caf::exit_reason::kill);
  run();
  EXPECT_EQ(waits.failure_code(), error_code::internal_error);
}

TEST_F(executor_pools, tell_the_journal_of_their_circuit) {
  settings->interpreter.failures_to_open = 1;
  start();
  leave(1, false);
  EXPECT_EQ(status().circuit, "open");
  EXPECT_GT(status().retry_after, 0ms);
  EXPECT_EQ(lease().failure_code(), error_code::circuit_open);
  const auto events = tree->events.read();
  EXPECT_TRUE(std::ranges::any_of(events, [](const auto& one) { return one.text == "circuit open"; }));
}

} // namespace
} // namespace sandboxd::actors
