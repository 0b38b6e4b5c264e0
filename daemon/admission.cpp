#include "daemon/admission.hpp"

#include "launcher/descriptor.hpp"
#include "launcher/socket_connector.hpp"
#include "launcher/socket_group.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <stdexcept>
#include <string>
#include <system_error>
#include <unistd.h>
#include <variant>

namespace sandboxd::daemon {

namespace {

/// What cannot be guessed in any time; and what fits into a header.
constexpr std::size_t shortest_token = 16;
constexpr std::size_t longest_token = 4096;

bool is_visible(char c) {
  return c > ' ' && c < '\x7f';
}

/// Of a pipe what is in it: nobody waits for more.
std::string content_of(const std::string& path) {
  const launcher::descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  std::string text(longest_token + 2, '\0');
  const auto count = file ? ::read(file.get(), text.data(), text.size()) : -1;
  if (count < 0)
    throw std::runtime_error(fmt::format("http.token-file = {}: {}", path, std::strerror(errno)));
  text.resize(static_cast<std::size_t>(count));
  return text;
}

std::string read_token(const std::string& path) {
  auto text = content_of(path);
  text.erase(text.find_last_not_of(" \t\r\n") + 1);
  if (text.size() < shortest_token || text.size() > longest_token ||
      !std::all_of(text.begin(), text.end(), is_visible))
    throw std::runtime_error(
        fmt::format("http.token-file = {}: holds no token of {} to {} visible ASCII characters on one line",
                    path, shortest_token, longest_token));
  return text;
}

/// Every process of a workload has a number in our namespace.
bool is_elsewhere(const http::peer& from) {
  const auto* connector = std::get_if<http::unix_peer>(&from);
  return connector != nullptr ? connector->process == 0
                              : !launcher::is_own_address(std::get<http::tcp_peer>(from).remote.address());
}

/// One that has let go of its connection already cannot be told any more, and waits for no answer either.
bool is_in_no_workload(const launcher::workload_groups& workloads, const http::tcp_peer& from) {
  const auto group = launcher::group_of_socket(from.remote, from.local);
  return group && !workloads.contain(*group);
}

/// The socket does not tell the group in which it was made, but the process that has connected stays in its
/// own.
bool is_in_no_workload(const launcher::workload_groups& workloads, const http::unix_peer& from) {
  const auto groups = launcher::groups_of_connector(from.socket, from.process);
  return groups && !workloads.contain_process(*groups);
}

bool is_known_workload(const launcher::workload_groups& workloads, const http::tcp_peer& from) {
  const auto group = launcher::group_of_socket(from.remote, from.local);
  return group && workloads.surely_contain(*group);
}

bool is_known_workload(const launcher::workload_groups& workloads, const http::unix_peer& from) {
  const auto groups = launcher::groups_of_connector(from.socket, from.process);
  return groups && workloads.contain_process(*groups);
}

} // namespace

http::admission_rule read_admission_rule(const config::http_settings& settings) {
  http::admission_rule rule;
  if (!settings.token_file.empty())
    rule.token.emplace(read_token(settings.token_file));
  rule.needs_token = settings.require_token;
  if (rule.needs_token && !rule.token)
    throw std::runtime_error("http.require-token = true: needs http.token-file");
  return rule;
}

http::origin find_origin(const actors::services& context, const http::peer& from) {
  if (is_elsewhere(from))
    return http::origin::client;
  if (!context.workloads_are_marked())
    return http::origin::workload;
  try {
    return std::visit([&](const auto& ends) { return is_in_no_workload(*context.workload_groups, ends); },
                      from)
               ? http::origin::client
               : http::origin::workload;
  } catch (const std::system_error&) {
    return http::origin::untold;
  }
}

void tell_workloads(http::server_hooks& hooks, const actors::services_ptr& context) {
  hooks.origin_of = [context](const http::peer& from) { return find_origin(*context, from); };
  hooks.is_surely_workload = [context](const http::peer& from) { return is_surely_workload(*context, from); };
}

bool is_surely_workload(const actors::services& context, const http::peer& from) {
  if (is_elsewhere(from) || !context.workloads_are_marked())
    return false;
  try {
    return std::visit([&](const auto& ends) { return is_known_workload(*context.workload_groups, ends); },
                      from);
  } catch (const std::system_error&) {
    return false;
  }
}

} // namespace sandboxd::daemon
