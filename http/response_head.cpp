#include "http/response_head.hpp"

#include <algorithm>
#include <array>
#include <ctime>

namespace sandboxd::http {

namespace {

/// HTTP.md section 1.3: the longer list of dialect B, once, on every response.
constexpr std::string_view cors_lines =
    "Access-Control-Allow-Origin: *\r\n"
    "Access-Control-Allow-Methods: GET, POST, PUT, DELETE, OPTIONS\r\n"
    "Access-Control-Allow-Headers: Content-Type, Authorization, X-Session-Id, X-Sandbox-Id, X-Trace-Id\r\n";

constexpr std::array<std::string_view, 8> decided_here = {
    "Connection",
    "Content-Length",
    "Transfer-Encoding",
    "Date",
    "X-Request-Id",
    "Access-Control-Allow-Origin",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Headers",
};

std::string_view reason_phrase(int status) {
  switch (status) {
  case 200:
    return "OK";
  case 201:
    return "Created";
  case 202:
    return "Accepted";
  case 204:
    return "No Content";
  case 304:
    return "Not Modified";
  case 400:
    return "Bad Request";
  case 401:
    return "Unauthorized";
  case 403:
    return "Forbidden";
  case 404:
    return "Not Found";
  case 405:
    return "Method Not Allowed";
  case 408:
    return "Request Timeout";
  case 409:
    return "Conflict";
  case 410:
    return "Gone";
  case 413:
    return "Content Too Large";
  case 414:
    return "URI Too Long";
  case 417:
    return "Expectation Failed";
  case 422:
    return "Unprocessable Content";
  case 426:
    return "Upgrade Required";
  case 429:
    return "Too Many Requests";
  case 431:
    return "Request Header Fields Too Large";
  case 500:
    return "Internal Server Error";
  case 501:
    return "Not Implemented";
  case 502:
    return "Bad Gateway";
  case 503:
    return "Service Unavailable";
  case 504:
    return "Gateway Timeout";
  case 505:
    return "HTTP Version Not Supported";
  default:
    return "Status";
  }
}

/// The Date line, made once per second and thread.
std::string_view date_line() {
  thread_local std::time_t made_at = -1;
  thread_local std::array<char, 64> line{};
  thread_local std::size_t length = 0;
  auto now = std::time(nullptr);
  if (now != made_at) {
    std::tm utc{};
    gmtime_r(&now, &utc);
    length = std::strftime(line.data(), line.size(), "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &utc);
    made_at = now;
  }
  return {line.data(), length};
}

void append_line(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ");
  auto begin = head.size();
  head.append(value);
  std::replace_if(
      head.begin() + static_cast<std::ptrdiff_t>(begin), head.end(),
      [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
  head.append("\r\n");
}

} // namespace

std::string_view cors_header_lines() {
  return cors_lines;
}

bool is_bodiless(int status) {
  return status == 204 || status == 304;
}

std::string response_head(int status, const header_list& headers, const response_form& form) {
  std::string head;
  head.reserve(512);
  head.append("HTTP/1.1 ")
      .append(std::to_string(status))
      .append(" ")
      .append(reason_phrase(status))
      .append("\r\n");
  for (const auto& [name, value] : headers) {
    bool ours = std::any_of(decided_here.begin(), decided_here.end(),
                            [&name = name](std::string_view taken) { return same_field_name(name, taken); });
    if (!ours)
      append_line(head, name, value);
  }
  head.append(form.keep_alive ? "Connection: keep-alive\r\n" : "Connection: close\r\n");
  if (form.framing == response_framing::counted && !is_bodiless(status))
    append_line(head, "Content-Length", std::to_string(form.content_length));
  else if (form.framing == response_framing::chunked)
    head.append("Transfer-Encoding: chunked\r\n");
  append_line(head, "X-Request-Id", form.request_id);
  if (form.any_origin)
    head.append(cors_lines);
  head.append(date_line()).append("\r\n");
  return head;
}

} // namespace sandboxd::http
