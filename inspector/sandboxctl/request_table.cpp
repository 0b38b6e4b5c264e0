#include "inspector/sandboxctl/request_table.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>

namespace sandboxd::sandboxctl {

namespace {

using std::chrono::microseconds;

/// Below it a client is only slower than the server.
constexpr std::uint64_t long_stall = 1'000'000;

cell duration_of(const traced_request& request, utc_time now) {
  if (request.duration)
    return {time_text(microseconds(*request.duration))};
  const auto age = age_of(request, now);
  return {age ? time_text(*age) : "", tone::accent};
}

/// How many of these have each request id.
std::unordered_map<std::string, std::size_t> count_ids(const std::vector<traced_request>& open,
                                                       const std::vector<traced_request>& ended) {
  std::unordered_map<std::string, std::size_t> counts;
  for (const auto* const some : {&open, &ended})
    for (const auto& one : *some)
      ++counts[one.request_id];
  return counts;
}

} // namespace

std::optional<microseconds> age_of(const traced_request& request, utc_time now) {
  const auto started = parse_timestamp(request.started_at);
  if (!started)
    return std::nullopt;
  // The server's clock may be ahead of this one.
  return std::max<microseconds>(now - *started, microseconds(0));
}

cell status_of(const traced_request& request) {
  if (!request.duration)
    return {"under way", tone::accent};
  if (request.status == 0)
    return {"none", tone::warning};
  return {std::to_string(request.status), request.status >= 500   ? tone::bad
                                          : request.status >= 400 ? tone::warning
                                                                  : tone::good};
}

cell remarkable_of(const traced_request& request) {
  if (request.client_stalls)
    return {"client takes nothing for " + time_text(microseconds(*request.client_stalls)),
            *request.client_stalls >= long_stall ? tone::bad : tone::plain};
  return {request.outcome == "complete" ? "" : request.outcome, tone::warning};
}

std::vector<styled_line> request_table(const std::vector<traced_request>& open,
                                       const std::vector<traced_request>& ended, utc_time now) {
  const auto counts = count_ids(open, ended);
  const bool has_spans = std::ranges::any_of(counts, [](const auto& entry) { return entry.second > 1; });
  std::vector<column> columns{{"TIME (UTC)"}, {"DURATION", side::right}, {"STATUS"}, {"METHOD"}, {"PATH"},
                              {"REQUEST ID"}};
  if (has_spans)
    columns.push_back({"SPAN ID"});
  columns.push_back({"OUTCOME"});
  std::vector<std::vector<cell>> rows;
  rows.reserve(open.size() + ended.size());
  for (const auto* const some : {&open, &ended})
    for (const auto& one : *some) {
      auto& row = rows.emplace_back(std::vector<cell>{{clock_text(one.started_at), tone::faint},
                                                      duration_of(one, now),
                                                      status_of(one),
                                                      {one.method},
                                                      {one.path},
                                                      {one.request_id, tone::strong}});
      if (has_spans)
        row.push_back({counts.at(one.request_id) > 1 ? one.span_id : "", tone::strong});
      row.push_back(remarkable_of(one));
    }
  return lay_out(columns, rows);
}

} // namespace sandboxd::sandboxctl
