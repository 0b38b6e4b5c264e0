#include "http/request_head.hpp"

#include "http/exchange.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace sandboxd::http {

namespace {

/// Longest registered method is 17 letters (UPDATEREDIRECTREF).
constexpr std::size_t max_method_bytes = 32;
constexpr std::string_view version_form = "HTTP/1.1";

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// `tchar` of RFC 9110 section 5.6.2.
bool is_token_byte(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

/// Visible ASCII. A fragment never travels in a request.
bool is_target_byte(char c) {
  return c > ' ' && c < '\x7f' && c != '#';
}

/// VCHAR, obs-text, space and tab of RFC 9110 section 5.5.
bool is_value_byte(char c) {
  auto byte = static_cast<unsigned char>(c);
  return byte == '\t' || (byte >= ' ' && byte != 0x7f);
}

/// Cuts scheme and authority from an absolute URL; RFC 9112 section 3.2.2 wants servers to accept that form.
std::string to_origin_form(std::string target) {
  for (std::string_view scheme : {"http://", "https://"}) {
    if (!same_field_name(std::string_view(target).substr(0, scheme.size()), scheme))
      continue;
    auto path = target.find_first_of("/?", scheme.size());
    if (path == std::string::npos)
      return "/";
    return target[path] == '/' ? target.substr(path) : "/" + target.substr(path);
  }
  return target;
}

} // namespace

field_scanner::step field_scanner::fail(std::string_view problem) {
  problem_ = problem;
  return step::malformed;
}

field_scanner::step field_scanner::feed_line_start(char byte) {
  if (byte == '\r') {
    state_ = state::last_line_feed;
    return step::more;
  }
  if (byte == ' ' || byte == '\t')
    return fail("a header line begins with white space");
  if (!is_token_byte(byte))
    return fail(byte == '\n' ? "a line ends without a carriage return"
                             : "a header name holds an illegal character");
  name_.assign(1, byte);
  value_.clear();
  state_ = state::name;
  return step::more;
}

field_scanner::step field_scanner::feed(char byte) {
  switch (state_) {
  case state::line_start:
    return feed_line_start(byte);
  case state::name:
    if (byte == ':')
      state_ = state::before_value;
    else if (is_token_byte(byte))
      name_ += byte;
    else
      return fail(byte == ' ' || byte == '\t' ? "white space stands before the colon of a header"
                                              : "a header name holds an illegal character");
    return step::more;
  case state::before_value:
    if (byte == ' ' || byte == '\t')
      return step::more;
    state_ = state::value;
    [[fallthrough]];
  case state::value:
    if (byte == '\r')
      state_ = state::line_feed;
    else if (is_value_byte(byte))
      value_ += byte;
    else
      return fail(byte == '\n' ? "a line ends without a carriage return"
                               : "a header value holds a control character");
    return step::more;
  case state::line_feed:
    if (byte != '\n')
      return fail("a carriage return stands alone");
    value_.erase(value_.find_last_not_of(" \t") + 1);
    state_ = state::line_start;
    return step::field;
  case state::last_line_feed:
    return byte == '\n' ? step::end : fail("a carriage return stands alone");
  }
  return step::more;
}

head_scanner::head_scanner(const request_limits& limits) : limits_(limits) {}

std::size_t head_scanner::feed(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size() && !refused_ && !complete())
    feed(bytes[used++]);
  return used;
}

void head_scanner::refuse(int status, std::string message) {
  refused_ = refusal{status, std::move(message)};
}

void head_scanner::feed(char byte) {
  switch (state_) {
  case state::start:
    if (byte == '\r' && !skipped_empty_line_) {
      // RFC 9112 section 2.2: one empty line before the request line is to be ignored.
      skipped_empty_line_ = true;
      state_ = state::empty_line;
      return;
    }
    state_ = state::method;
    [[fallthrough]];
  case state::method:
    if (byte == ' ' && !head_.method.empty())
      state_ = state::target;
    else if (!is_token_byte(byte) || head_.method.size() == max_method_bytes)
      refuse(400, "Malformed request: no valid method");
    else
      head_.method += byte;
    return;
  case state::empty_line:
    state_ = state::start;
    if (byte != '\n')
      refuse(400, "Malformed request: a carriage return stands alone");
    return;
  case state::target:
    if (byte == ' ')
      end_target();
    else if (!is_target_byte(byte))
      refuse(400, "Malformed request: the URL holds an illegal character");
    else if (head_.target.size() == limits_.url_bytes)
      refuse(414, "The URL is longer than " + std::to_string(limits_.url_bytes) + " bytes");
    else
      head_.target += byte;
    return;
  case state::version:
    if (byte == '\r')
      end_version();
    else if (version_.size() == version_form.size() || !is_value_byte(byte))
      refuse(400, "Malformed request: no valid HTTP version");
    else
      version_ += byte;
    return;
  case state::line_feed:
    if (byte == '\n')
      state_ = state::fields;
    else
      refuse(400, "Malformed request: a carriage return stands alone");
    return;
  case state::fields:
    feed_field(byte);
    return;
  case state::complete:
    return;
  }
}

void head_scanner::end_target() {
  head_.target = to_origin_form(std::move(head_.target));
  if (!head_.target.starts_with('/') && head_.target != "*")
    return refuse(400, "Malformed request: the URL is neither a path nor absolute");
  state_ = state::version;
}

void head_scanner::end_version() {
  if (version_.size() != version_form.size() || !version_.starts_with("HTTP/") || !is_digit(version_[5]) ||
      version_[6] != '.' || !is_digit(version_[7]))
    return refuse(400, "Malformed request: no valid HTTP version");
  if (version_[5] != '1')
    return refuse(505, "Only HTTP/1.0 and HTTP/1.1 are spoken here");
  // RFC 9112 section 2.3: a higher minor version is treated as the highest one known.
  head_.minor_version = version_[7] == '0' ? 0 : 1;
  head_.forwarded =
      head_.method + ' ' + head_.target + (head_.minor_version == 0 ? " HTTP/1.0" : " HTTP/1.1") + "\r\n";
  state_ = state::line_feed;
}

void head_scanner::feed_field(char byte) {
  if (++header_bytes_ > limits_.header_bytes)
    return refuse(431, "The headers are longer than " + std::to_string(limits_.header_bytes) + " bytes");
  switch (fields_.feed(byte)) {
  case field_scanner::step::more:
    return;
  case field_scanner::step::field:
    return end_field(fields_.name(), fields_.value());
  case field_scanner::step::end:
    return end_head();
  case field_scanner::step::malformed:
    return refuse(400, "Malformed request: " + std::string(fields_.problem()));
  }
}

void head_scanner::end_field(const std::string& name, const std::string& value) {
  if (++field_count_ > limits_.header_fields)
    return refuse(431, "There are more than " + std::to_string(limits_.header_fields) + " header fields");
  if (same_field_name(name, "content-length")) {
    const char* end = value.data() + value.size();
    auto [stop, fault] = std::from_chars(value.data(), end, head_.content_length);
    if (value.empty() || !is_digit(value.front()) || stop != end || fault == std::errc::invalid_argument)
      return refuse(400, "Malformed request: Content-Length is not a number");
    if (fault == std::errc::result_out_of_range)
      return refuse(413, "The body is longer than " + std::to_string(limits_.body_bytes) + " bytes");
    if (std::exchange(has_content_length_, true))
      return refuse(400, "Malformed request: Content-Length is given more than once");
    return;
  }
  if (same_field_name(name, "transfer-encoding")) {
    if (std::exchange(has_transfer_encoding_, true))
      return refuse(400, "Malformed request: Transfer-Encoding is given more than once");
    if (!same_field_name(value, "chunked"))
      return refuse(501, "No transfer encoding but chunked is understood");
    return;
  }
  if (same_field_name(name, "expect")) {
    if (!same_field_name(value, "100-continue"))
      return refuse(417, "No expectation but 100-continue is understood");
    head_.expects_continue = true;
    return;
  }
  // An offer to speak HTTP/2 may be ignored, but RESTinio would take it for the end of this HTTP dialogue.
  if (same_field_name(name, "upgrade") && !same_field_name(value, "websocket"))
    return;
  if (same_field_name(name, "host"))
    ++hosts_;
  if (same_field_name(name, "x-request-id"))
    head_.request_id = value;
  if (same_field_name(name, "authorization") && !std::exchange(head_.authorization, value).empty())
    return refuse(400, "Malformed request: Authorization is given more than once");
  // Never longer than it came, so that what is within our limit is within RESTinio's.
  head_.forwarded.append(name).append(":").append(value).append("\r\n");
}

void head_scanner::end_head() {
  if (hosts_ > 1 || (hosts_ == 0 && head_.minor_version == 1))
    return refuse(400, "Malformed request: exactly one Host header is needed");
  if (has_transfer_encoding_ && has_content_length_)
    return refuse(400, "Malformed request: both Content-Length and Transfer-Encoding are given");
  if (has_transfer_encoding_ && head_.minor_version == 0)
    return refuse(400, "Malformed request: HTTP/1.0 has no Transfer-Encoding");
  if (has_transfer_encoding_)
    head_.framing = body_framing::chunked;
  else if (head_.content_length > 0)
    head_.framing = body_framing::counted;
  head_.forwarded += "\r\n";
  fields_ = field_scanner(); // this lives as long as the request is served; its last line need not
  state_ = state::complete;
}

} // namespace sandboxd::http
