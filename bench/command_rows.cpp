#include "bench/conversations.hpp"
#include "bench/row.hpp"
#include "bench/sample_text.hpp"

#include <string>

namespace sandboxd::bench {

namespace {

void converse_ping(lane& with, int connections) {
  for (int index = 0; index < connections; ++index)
    with.converse<repetition>(http_request("GET", "/api/ping"), check_ping);
}

void converse_create(lane& with) {
  const auto make_step = [&with](int number) {
    const auto session = unique_name("create", number);
    return succession::step{
        .request = create_request(session, with.plan().directory),
        .verdict = [session](const answer& whole) { return check_created(whole, session); },
        .undo = end_request(with.of(), session),
        .undo_verdict = {}};
  };
  with.converse<succession>(make_step, with.of().process);
}

void converse_execute(lane& with, std::string_view command, int sessions, int connections_per_session) {
  for (int session_index = 0; session_index < sessions; ++session_index) {
    const auto session = with.new_session();
    for (int index = 0; index < connections_per_session; ++index)
      with.converse<repetition>(
          execute_request("/api/execute", session, command),
          [expected = expected_text("")](const answer& whole) { return check_executed(whole, expected); });
  }
}

void converse_output(lane& with, std::size_t bytes) {
  const auto file = "bench-output-" + std::to_string(bytes);
  const auto session = with.new_session();
  with.make_text_file(session, file, bytes);
  with.converse<repetition>(execute_request("/api/execute", session, "cat " + file),
                            [expected = expected_text(sample_text(bytes))](const answer& whole) {
                              return check_executed(whole, expected);
                            });
}

void converse_stream(lane& with) {
  with.converse<stream_repetition>(execute_request("/api/execute/stream", with.new_session(), "echo hello"),
                                   [](const answer& whole) { return check_streamed(whole, "hello\n"); });
}

} // namespace

std::vector<row> command_rows() {
  return {
      on_all("ping-1", [](lane& with) { converse_ping(with, 1); }),
      on_all("ping-50", [](lane& with) { converse_ping(with, 50); }),
      on_all("create", converse_create),
      on_all("builtin", [](lane& with) { converse_execute(with, ":", 1, 1); }),
      on_all("true", [](lane& with) { converse_execute(with, "/bin/true", 1, 1); }),
      on_all("output-1m", [](lane& with) { converse_output(with, 1'000'000); }),
      on_all("output-10m", [](lane& with) { converse_output(with, 10'000'000); }),
      on_all("stream", converse_stream),
      on_all("parallel-20", [](lane& with) { converse_execute(with, ":", 20, 1); }),
      on_all("parallel-20x20", [](lane& with) { converse_execute(with, ":", 20, 20); }),
  };
}

} // namespace sandboxd::bench
