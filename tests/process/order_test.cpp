#include "tests/process/daemon_fixture.hpp"

#include <chrono>
#include <string>
#include <thread>
#include <vector>

/// Commands of one session run one after another in order of arrival; sessions never wait for each other.
namespace sandboxd::testing {
namespace {

class command_order : public each_generation {};
FOR_EACH_GENERATION(command_order);

TEST_P(command_order, commands_of_one_session_run_in_order_of_arrival_and_never_together) {
  constexpr int count = 20;
  std::vector<sdk_client> clients;
  for (int i = 0; i < count; ++i)
    clients.emplace_back(daemon.port(), GetParam());
  // Each waits in the queue before the next is sent; the status of the session tells.
  const auto queued = [&](int number) {
    const auto session = daemon.actors().record(daemon.tree_of("s") + "/session");
    return session && session->status().ends_with(", " + std::to_string(number) + " waiting");
  };
  clients[0].begin("s", "[ -e inside ] && echo both >> log; touch inside; until [ -e go ]; do sleep 0.01; "
                        "done; rm inside; echo 0 >> log");
  ASSERT_TRUE(eventually([&] { return queued(0); }));
  for (int i = 1; i < count; ++i) {
    clients[static_cast<std::size_t>(i)].begin(
        "s", "[ -e inside ] && echo both >> log; touch inside; sleep 0; rm inside; echo " +
                 std::to_string(i) + " >> log");
    ASSERT_TRUE(eventually([&] { return queued(i); })) << i;
  }
  ASSERT_EQ(sdk().create("other").status, 200);
  sdk().output("other", "touch go");
  std::string expected;
  for (int i = 0; i < count; ++i) {
    EXPECT_EQ(clients[static_cast<std::size_t>(i)].answer().status, 200);
    expected += std::to_string(i) + "\n";
  }
  EXPECT_EQ(read_text(daemon.workspace() / "log"), expected);
}

TEST_P(command_order, other_sessions_never_wait_for_a_busy_one) {
  sdk_client busy(daemon.port(), GetParam());
  busy.begin("s", "until [ -e end ]; do sleep 0.01; done; echo ended");
  ASSERT_EQ(sdk().create("other").status, 200);
  for (int i = 0; i < 50; ++i)
    ASSERT_EQ(sdk().output("other", "echo " + std::to_string(i)), shown(std::to_string(i) + "\n"));
  sdk().output("other", "touch end");
  EXPECT_EQ(busy.answer().body.at("stdout"), shown("ended\n"));
}

TEST_P(command_order, three_thousand_quick_commands_keep_the_state_and_leave_nothing) {
  run("n=0");
  const auto descriptors = settled(count_descriptors);
  const auto fifos = count_fifos(daemon.runtime_directory()); // an idle session keeps two
  const auto processes = processes_below().size();
  for (int i = 1; i <= 3000; ++i)
    ASSERT_EQ(run("n=$((n+1)); echo $n"), shown(std::to_string(i) + "\n"));
  EXPECT_TRUE(eventually([&] { return count_descriptors() == descriptors; }))
      << count_descriptors() << " descriptors, before " << descriptors;
  EXPECT_EQ(processes_below().size(), processes);
  EXPECT_EQ(count_fifos(daemon.runtime_directory()), fifos);
}

TEST_P(command_order, twenty_sessions_work_side_by_side) {
  std::vector<std::thread> threads;
  std::vector<std::string> wrong(20);
  for (std::size_t i = 0; i < wrong.size(); ++i)
    threads.emplace_back([&, i] {
      try {
        sdk_client client(daemon.port(), GetParam());
        const std::string session = "side-" + std::to_string(i);
        client.create(session);
        for (int n = 1; n <= 50; ++n)
          if (const auto got = client.output(session, "n=$((n+1)); echo " + session + " $n");
              got != shown(session + " " + std::to_string(n) + "\n"))
            wrong[i] += got;
      } catch (const std::exception& error) {
        wrong[i] += error.what();
      }
    });
  for (auto& thread : threads)
    thread.join();
  EXPECT_EQ(wrong, std::vector<std::string>(20));
}

class bounded_queue : public daemon_test {
protected:
  bounded_queue() : daemon_test([](config::settings& s) { s.session.max_queued_commands = 2; }) {}
};

TEST_F(bounded_queue, a_command_beyond_the_bound_is_refused_at_once) {
  ASSERT_EQ(b.create("s").status, 200);
  std::vector<sdk_client> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back(daemon.port(), generation::b);
    clients.back().begin("s", "until [ -e end ]; do sleep 0.01; done");
    const auto session = daemon.actors().record(daemon.tree_of("s") + "/session");
    ASSERT_TRUE(
        eventually([&] { return session->status().ends_with(", " + std::to_string(i) + " waiting"); }));
  }
  const auto refused = b.execute("s", "true");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(refused.body.at("code"), "RESOURCE_BUSY");
  b.output("other", "touch end");
  for (auto& client : clients)
    EXPECT_EQ(client.answer().status, 200);
}

} // namespace
} // namespace sandboxd::testing
