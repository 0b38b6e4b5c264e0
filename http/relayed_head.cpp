#include "http/relayed_head.hpp"

#include "http/exchange.hpp"
#include "http/response_head.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>
#include <vector>

namespace sandboxd::http {

namespace {

constexpr std::string_view prefix = "/proxy";

using field = std::pair<std::string_view, std::string_view>;

/// Fields that concern one connection, besides those that `Connection` names (RFC 9110 section 7.6.1), and
/// those the proxy writes itself.
constexpr std::array<std::string_view, 10> own_fields{
    "connection", "keep-alive",        "proxy-connection", "proxy-authenticate", "proxy-authorization",
    "te",         "transfer-encoding", "upgrade",          "content-length",     "trailer"};

/// What a client says of where it comes from is passed on only with what we know added.
constexpr std::array<std::string_view, 3> forwarding_fields{"x-forwarded-for", "x-forwarded-host",
                                                            "x-forwarded-proto"};

template <typename Names>
bool is_one_of(const Names& names, std::string_view name) {
  return std::any_of(names.begin(), names.end(), [&](auto one) { return same_field_name(one, name); });
}

/// The fields of a head that a scanner has found well formed.
std::vector<field> fields_of(std::string_view head) {
  constexpr std::string_view line_end = "\r\n";
  std::vector<field> found;
  head.remove_prefix(head.find(line_end) + line_end.size()); // the request line
  while (!head.starts_with(line_end)) {
    const auto line = head.substr(0, head.find(line_end));
    const auto colon = line.find(':');
    found.emplace_back(line.substr(0, colon), line.substr(colon + 1));
    head.remove_prefix(line.size() + line_end.size());
  }
  return found;
}

/// The members of a comma-separated list.
std::vector<std::string_view> members_of(std::string_view list) {
  constexpr std::string_view space = " \t";
  std::vector<std::string_view> found;
  while (!list.empty()) {
    auto one = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), one.size() + 1));
    one.remove_prefix(std::min(one.size(), one.find_first_not_of(space)));
    one = one.substr(0, one.find_last_not_of(space) + 1);
    if (!one.empty())
      found.push_back(one);
  }
  return found;
}

/// What the `Connection` fields name.
template <typename Fields>
std::vector<std::string_view> connection_options(const Fields& fields) {
  std::vector<std::string_view> found;
  for (const auto& [name, value] : fields)
    if (same_field_name(name, "connection"))
      for (const auto one : members_of(value))
        found.push_back(one);
  return found;
}

template <typename Fields>
std::string_view value_of(const Fields& fields, std::string_view wanted) {
  for (const auto& [name, value] : fields)
    if (same_field_name(name, wanted))
      return value;
  return {};
}

void add(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ").append(value).append("\r\n");
}

/// All values of a field as one list, with `last` at its end.
std::string list_with(const std::vector<field>& fields, std::string_view name, std::string_view last) {
  std::string list;
  for (const auto& [one, value] : fields)
    if (same_field_name(one, name) && !value.empty())
      list.append(value).append(", ");
  return list.append(last);
}

} // namespace

bool is_relayed(std::string_view target) {
  return target.starts_with(prefix) &&
         (target.size() == prefix.size() || target[prefix.size()] == '/' || target[prefix.size()] == '?');
}

std::variant<relay_target, refusal> read_relay_target(std::string_view target) {
  target.remove_prefix(prefix.size());
  if (!target.starts_with('/'))
    return refusal{400, "Invalid proxy path"};
  target.remove_prefix(1);
  const auto number = target.substr(0, target.find_first_of("/?"));
  const auto rest = target.substr(number.size());
  relay_target found;
  const auto [end, fault] = std::from_chars(number.data(), number.data() + number.size(), found.port);
  if (fault != std::errc() || end != number.data() + number.size() || found.port == 0)
    return refusal{400, "Invalid port in proxy path"};
  found.target = rest.starts_with('/') ? std::string(rest) : fmt::format("/{}", rest);
  return found;
}

std::string relayed_request(const request_head& head, const relay_target& to, const relay_origin& from) {
  const auto fields = fields_of(head.forwarded);
  const auto options = connection_options(fields);
  std::string sent = fmt::format("{} {} HTTP/1.{}\r\n", head.method, to.target, head.minor_version);
  for (const auto& [name, value] : fields) {
    // Whatever a client names: a request without Host is none (RFC 9112 section 3.2).
    const bool is_of_the_connection = is_one_of(options, name) && !same_field_name(name, "host");
    if (!is_one_of(own_fields, name) && !is_of_the_connection && !is_one_of(forwarding_fields, name) &&
        !same_field_name(name, "x-request-id") &&
        !(from.hides_authorization && same_field_name(name, "authorization")))
      add(sent, name, value);
  }
  add(sent, "X-Forwarded-For", list_with(fields, "x-forwarded-for", from.client_address));
  // What a proxy before us has said of the first connection, which ours is not.
  const auto host = value_of(fields, "x-forwarded-host");
  const auto scheme = value_of(fields, "x-forwarded-proto");
  add(sent, "X-Forwarded-Host", host.empty() ? value_of(fields, "host") : host);
  add(sent, "X-Forwarded-Proto", scheme.empty() ? "http" : scheme);
  add(sent, "X-Request-Id", from.request_id);
  if (head.framing == body_framing::chunked)
    add(sent, "Transfer-Encoding", "chunked");
  else if (head.framing == body_framing::counted)
    add(sent, "Content-Length", std::to_string(head.content_length));
  else if (head.method != "GET" && head.method != "HEAD" && head.method != "OPTIONS")
    add(sent, "Content-Length", "0"); // RFC 9110 section 8.6
  if (head.expects_continue)
    add(sent, "Expect", "100-continue");
  if (asks_for_upgrade(head)) {
    add(sent, "Connection", "Upgrade");
    add(sent, "Upgrade", value_of(fields, "upgrade"));
  } else if (head.minor_version == 0) {
    add(sent, "Connection", "close"); // its service must not answer in chunks
  }
  return sent += "\r\n";
}

std::string relayed_response(const ports::response_head& head, const relayed_form& form) {
  const auto options = connection_options(head.fields);
  std::string sent = fmt::format("HTTP/1.1 {} {}\r\n", head.status, head.reason);
  const bool informational = head.status < 200;
  // RFC 9110 section 8.6
  const bool may_tell_length =
      head.end != ports::response_end::chunked && !informational && head.status != 204;
  for (const auto& [name, value] : head.fields)
    // The length also of a HEAD or a 304, which have no body.
    if ((!is_one_of(own_fields, name) && !is_one_of(options, name)) ||
        (same_field_name(name, "content-length") && may_tell_length))
      add(sent, name, value);
  if (head.end == ports::response_end::chunked)
    add(sent, "Transfer-Encoding", "chunked");
  if (head.status == 101) {
    add(sent, "Connection", "Upgrade");
    add(sent, "Upgrade", value_of(head.fields, "upgrade"));
  } else if (!informational && !form.keep_alive) {
    add(sent, "Connection", "close");
  } else if (!informational && form.minor_version == 0) {
    add(sent, "Connection", "keep-alive");
  }
  if (informational)
    return sent += "\r\n";
  if (value_of(head.fields, "x-request-id").empty())
    add(sent, "X-Request-Id", form.request_id);
  // A service that has a mind of its own about other origins is asked by nobody else.
  if (value_of(head.fields, "access-control-allow-origin").empty())
    sent += cors_header_lines();
  return sent += "\r\n";
}

bool may_be_repeated(const request_head& head) {
  constexpr std::array<std::string_view, 6> idempotent{"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"};
  return head.framing == body_framing::none &&
         std::find(idempotent.begin(), idempotent.end(), head.method) != idempotent.end();
}

bool asks_for_upgrade(const request_head& head) {
  const auto fields = fields_of(head.forwarded);
  return !value_of(fields, "upgrade").empty() && is_one_of(connection_options(fields), "upgrade");
}

bool wants_keep_alive(const request_head& head) {
  const auto fields = fields_of(head.forwarded);
  const auto options = connection_options(fields);
  return head.minor_version == 0 ? is_one_of(options, "keep-alive") : !is_one_of(options, "close");
}

} // namespace sandboxd::http
