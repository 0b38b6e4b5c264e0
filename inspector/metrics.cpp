#include "inspector/metrics.hpp"

#include "inspector/metrics_text.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <map>
#include <string_view>

namespace sandboxd::inspector {

namespace {

/// The upper bounds of a histogram whose element i ends at 2^i units, but for the last; in seconds.
template <std::size_t Elements>
std::array<double, Elements - 1> bounds_in_seconds(double unit) {
  std::array<double, Elements - 1> bounds{};
  for (std::size_t place = 0; place < bounds.size(); ++place)
    bounds[place] = unit * static_cast<double>(std::uint64_t{1} << place);
  return bounds;
}

double real(std::uint64_t number) {
  return static_cast<double>(number);
}

void write_daemon(metrics_writer& text, const services& with, const health& all) {
  const auto version = with.sandbox->settings()->sandbox.version;
  const std::chrono::duration<double> start = with.started.time_since_epoch();
  text.begin("sandboxd_info", "gauge", "The release of the SDK that is served.")
      .sample({{"version", version}}, 1);
  text.begin("process_start_time_seconds", "gauge", "When the daemon started, in seconds since 1970.")
      .sample(start.count());
  text.begin("process_cpu_seconds_total", "counter", "Processor time of the daemon.")
      .sample(real(all.own.cpu_milliseconds) / 1000);
  text.begin("process_resident_memory_bytes", "gauge", "Resident memory of the daemon.")
      .sample(real(all.own.rss_bytes));
  text.begin("process_open_fds", "gauge", "Open descriptors of the daemon.")
      .sample(real(all.own.descriptors));
  text.begin("process_max_fds", "gauge", "Descriptors it may open.").sample(real(all.descriptor_limit));
  text.begin("sandboxd_journal_events_total", "counter", "Events in the journal since the start.")
      .sample(real(with.observer->events.last_sequence()));
}

void write_requests(metrics_writer& text, const services& with) {
  text.begin("sandboxd_http_connections", "gauge", "Connections to the sandbox's interface.")
      .sample(real(with.connections()));
  text.begin("sandboxd_http_buffered_bytes", "gauge", "Bytes of request bodies in memory.")
      .sample(real(with.buffered_bytes()));
  text.begin("sandboxd_http_requests_total", "counter",
             "Finished requests by status; 0: ended before an answer.");
  for (std::size_t status = 0; status < http::request_counters::statuses; ++status)
    if (const auto count = with.requests->of_status(status); count != 0 || status == 200)
      text.sample({{"status", std::to_string(status)}}, real(count));
  text.begin("sandboxd_http_received_bytes_total", "counter", "Bytes of requests.")
      .sample(real(with.requests->bytes_in()));
  text.begin("sandboxd_http_sent_bytes_total", "counter", "Bytes of answers.")
      .sample(real(with.requests->bytes_out()));
  const auto durations = with.requests->durations();
  text.begin("sandboxd_http_request_duration_seconds", "histogram",
             "From the first byte of a request to the end of its answer.")
      .histogram({}, bounds_in_seconds<std::tuple_size_v<http::request_counters::histogram>>(0.001),
                 durations, real(with.requests->microseconds()) / 1e6);
}

void write_kinds(metrics_writer& text, const health& all) {
  const auto write = [&](std::string_view name, std::string_view type, std::string_view help, auto member) {
    text.begin(name, type, help);
    for (const auto& [kind, sum] : all.kinds)
      text.sample({{"kind", kind}}, real(sum.*member));
  };
  using sum = health::kind_sum;
  write("sandboxd_actors", "gauge", "Actors that live.", &sum::actors);
  write("sandboxd_mailbox_messages", "gauge", "Messages that wait.", &sum::depth);
  write("sandboxd_mailbox_received_messages", "gauge",
        "Messages that came to the actors that live now, since each began.", &sum::received);
  write("sandboxd_actor_restarts", "gauge", "Restarts of the actors that live now.", &sum::restarts);
}

void write_pools(metrics_writer& text, const health& all) {
  text.begin("sandboxd_executors", "gauge", "Executors by language and state.");
  for (const auto& [status, minimum, maximum] : all.pools) {
    const auto language = name_of(status.spoken);
    text.sample({{"language", language}, {"state", "idle"}}, real(status.idle))
        .sample({{"language", language}, {"state", "starting"}}, real(status.starting))
        .sample({{"language", language}, {"state", "lent"}}, real(status.lent));
  }
  text.begin("sandboxd_executor_waiters", "gauge", "Contexts that wait for an executor.");
  for (const auto& pool : all.pools)
    text.sample({{"language", name_of(pool.status.spoken)}}, real(pool.status.waiting));
  text.begin("sandboxd_circuit_open", "gauge", "1 while contexts of the language are refused, else 0.");
  for (const auto& pool : all.pools)
    text.sample({{"language", name_of(pool.status.spoken)}}, pool.status.circuit == "open" ? 1 : 0);
}

void write_budgets(metrics_writer& text, const health& all) {
  text.begin("sandboxd_budget_used", "gauge", "How much of a bound is taken, in the unit of its setting.");
  for (const auto& budget : all.budgets)
    text.sample({{"setting", budget.setting}}, real(budget.used));
  text.begin("sandboxd_budget_limit", "gauge", "That bound; 0: none.");
  for (const auto& budget : all.budgets)
    text.sample({{"setting", budget.setting}}, real(budget.limit));
}

} // namespace

std::string metrics_text(const services& with, const health& all) {
  metrics_writer text;
  write_daemon(text, with, all);
  write_requests(text, with);
  write_kinds(text, all);
  write_pools(text, all);
  write_budgets(text, all);
  return text.take();
}

void show_metrics(const call& incoming) {
  incoming.answer->send({200,
                         {{"Content-Type", "text/plain; version=0.0.4; charset=utf-8"}},
                         metrics_text(*incoming.with, look_at_health(*incoming.with))});
}

} // namespace sandboxd::inspector
