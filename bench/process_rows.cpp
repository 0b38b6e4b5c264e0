#include "bench/conversations.hpp"
#include "bench/log_followers.hpp"
#include "bench/row.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace sandboxd::bench {

namespace {

void converse_start(lane& with) {
  const auto make_step = [session = with.new_session()](int number) {
    const auto process = unique_name("start", number);
    return succession::step{
        .request = start_request(session, process, "sleep 1000"),
        .verdict = [process](const answer& whole) { return check_started(whole, process); },
        .undo = kill_request(process),
        .undo_verdict =
            [process](const answer& whole) {
              return check_fields(whole, {{"success", true}, {"processId", process}}, "not killed");
            }};
  };
  with.converse<succession>(make_step, with.of().process);
}

void converse_log_line(lane& with) {
  with.converse<line_follower>(
      follow_request(with.new_process(with.new_session(), std::string(clock_printer))));
}

/// The reference keeps in memory what the logs have shown once, so that its first event needs no poll.
void converse_log_first(lane& with) {
  const auto process = with.new_process(with.new_session(), "sh -c 'echo ready; exec sleep 1000'");
  with.converse<first_event>(follow_request(process), with.output_of(process));
}

} // namespace

std::vector<row> process_rows() {
  return {
      on_all("process-start", converse_start),
      on_all("log-line", converse_log_line),
      on_all("log-first", converse_log_first),
  };
}

} // namespace sandboxd::bench
