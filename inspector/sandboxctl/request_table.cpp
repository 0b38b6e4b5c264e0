#include "inspector/sandboxctl/request_table.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>

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
  std::vector<std::vector<cell>> rows;
  rows.reserve(open.size() + ended.size());
  for (const auto* const requests : {&open, &ended})
    for (const auto& one : *requests)
      rows.push_back({{clock_text(one.started_at), tone::faint},
                      duration_of(one, now),
                      status_of(one),
                      {one.method},
                      {one.path},
                      {one.request_id, tone::strong},
                      remarkable_of(one)});
  return lay_out({{"TIME (UTC)"},
                  {"DURATION", side::right},
                  {"STATUS"},
                  {"METHOD"},
                  {"PATH"},
                  {"REQUEST ID"},
                  {"OUTCOME"}},
                 rows);
}

} // namespace sandboxd::sandboxctl
