#include "http/transport.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <random>
#include <utility>

namespace sandboxd::http {

namespace {

constexpr std::size_t max_offered_id_bytes = 64;

/// What can never fit is too long for ever, not too much for now: so a body has to fit beside its head.
std::uint64_t longest_body(const config::http_settings& with) {
  const std::uint64_t head =
      std::min(with.max_url_bytes + with.max_header_bytes, with.max_buffered_bytes / 2);
  return std::min(with.max_body_bytes, with.max_buffered_bytes - head);
}

bool is_harmless(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
         c == '-';
}

} // namespace

transport::transport(const config::settings& with, server_hooks calls)
    : settings(with.http), limits{settings.max_url_bytes, settings.max_header_bytes, longest_body(settings),
                                  settings.max_header_fields},
      least_body_bytes(
          std::max<std::uint64_t>(1, settings.min_body_bytes_per_second *
                                         static_cast<std::uint64_t>(settings.body_timeout.count()) / 1000)),
      hooks(std::move(calls)), budget(std::make_shared<body_budget>(settings.max_buffered_bytes)),
      relays(hooks.is_exposed
                 ? std::make_shared<port_relays>(with.ports, hooks.is_exposed, hooks.service_sockets)
                 : nullptr),
      run_(fmt::format("{:08x}", std::random_device{}())) {}

std::string transport::new_request_id() {
  return fmt::format("{}-{:x}", run_, ++request_count_);
}

std::string transport::request_id(const std::string& offered) {
  bool usable = !offered.empty() && offered.size() <= max_offered_id_bytes &&
                std::all_of(offered.begin(), offered.end(), is_harmless);
  return usable ? offered : new_request_id();
}

void transport::log(const access_record& record) noexcept {
  if (!hooks.access_log || silent)
    return;
  try {
    hooks.access_log(record);
  } catch (const std::exception& fault) {
    report(fault.what());
  }
}

void transport::report(std::string_view text) noexcept {
  try {
    if (hooks.report && !silent)
      hooks.report(text);
  } catch (const std::exception&) { // NOLINT(bugprone-empty-catch): there is nobody left to tell
  }
}

response transport::refuse(const refusal& why) noexcept {
  try {
    return silent ? response{why.status, {}, {}} : hooks.refuse(why);
  } catch (const std::exception& fault) {
    report(fault.what());
    return {why.status, {}, {}};
  }
}

std::string_view to_string(outcome how) {
  switch (how) {
  case outcome::complete:
    return "complete";
  case outcome::client_gone:
    return "client-gone";
  case outcome::stalled:
    return "stalled";
  case outcome::refused:
    return "refused";
  case outcome::cut:
    return "cut";
  }
  return "unknown";
}

} // namespace sandboxd::http
