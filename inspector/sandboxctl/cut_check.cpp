#include "inspector/sandboxctl/cut_check.hpp"

#include "inspector/sandboxctl/failure.hpp"
#include "inspector/sandboxctl/request_table.hpp"

#include <fmt/format.h>

#include <cstddef>

namespace sandboxd::sandboxctl {

namespace {

std::string about(const traced_request& request) {
  return fmt::format("{} {} of {}", request.method, request.path, request.client);
}

} // namespace

void require_under_way(const traced_request& request) {
  if (request.duration)
    throw failure(exit_code::refused,
                  fmt::format("Request {} ({}) has ended", request.request_id, about(request)));
}

void require_only_one(const std::string& id, const std::vector<traced_request>& open) {
  std::size_t found = 0;
  std::string list;
  for (const auto& one : open)
    if (one.request_id == id || one.trace_id == id)
      list += fmt::format("{} {} ({})", found++ == 0 ? ":" : ",", one.span_id, about(one));
  if (found > 1)
    throw failure(
        exit_code::refused,
        fmt::format("Several requests under way have the id {}, name one by its span id{}", id, list));
}

std::string what_cut_does(const traced_request& request, utc_time now) {
  const auto age = age_of(request, now);
  return fmt::format("Request {} ({}), under way{}, will be cut: its answer will not be whole.",
                     request.request_id, about(request), age ? " for " + time_text(*age) : "");
}

} // namespace sandboxd::sandboxctl
