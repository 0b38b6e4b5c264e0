#include "ports/response_reader.hpp"

#include <algorithm>
#include <cctype>
#include <limits>
#include <string>

namespace sandboxd::ports {

namespace {

/// What the parser wants to be told of a head: that no body follows it, or that it will not do.
constexpr int skip_body = 1;
constexpr int refuse = -1;

bool same_ignoring_case(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

/// What the parser lets pass although a client might read it differently, and so take the beginning of the
/// next answer for something else: spaces in names (RFC 9112 section 5.1), control characters in the reason,
/// transfer codings besides a single `chunked`.
bool is_sound(const response_head& head) {
  const bool has_sound_reason = std::none_of(head.reason.begin(), head.reason.end(), [](unsigned char byte) {
    return (byte < ' ' && byte != '\t') || byte == 0x7f;
  });
  int codings = 0;
  for (const auto& [name, value] : head.fields) {
    if (name.find(' ') != std::string::npos)
      return false;
    if (same_ignoring_case(name, "transfer-encoding") &&
        (++codings > 1 || !same_ignoring_case(value, "chunked")))
      return false;
  }
  return has_sound_reason;
}

} // namespace

response_reader::response_reader(bool to_head) : to_head_(to_head) {
  http_parser_init(&parser_, HTTP_RESPONSE);
  parser_.data = this;
}

const http_parser_settings* response_reader::callbacks() {
  static const http_parser_settings made = [] {
    http_parser_settings settings;
    http_parser_settings_init(&settings);
    settings.on_status = [](http_parser* parser, const char* at, std::size_t length) {
      self(parser).head_.reason.append(at, length);
      return 0;
    };
    settings.on_header_field = [](http_parser* parser, const char* at, std::size_t length) {
      auto& reader = self(parser);
      if (reader.progress_ != progress::in_head) // a trailer, which goes its way with the body
        return 0;
      if (reader.head_.fields.empty() || reader.value_began_)
        reader.head_.fields.emplace_back();
      reader.value_began_ = false;
      reader.head_.fields.back().first.append(at, length);
      return 0;
    };
    settings.on_header_value = [](http_parser* parser, const char* at, std::size_t length) {
      auto& reader = self(parser);
      if (reader.progress_ != progress::in_head)
        return 0;
      reader.value_began_ = true;
      reader.head_.fields.back().second.append(at, length);
      return 0;
    };
    settings.on_headers_complete = [](http_parser* parser) {
      if (!is_sound(self(parser).head_))
        return refuse;
      self(parser).head_is_over();
      http_parser_pause(parser, 1); // so that whoever feeds sees the head before the body
      return self(parser).head_.end == response_end::no_body ? skip_body : 0;
    };
    settings.on_body = [](http_parser* parser, const char* at, std::size_t length) {
      self(parser).content_.emplace_back(at, length);
      return 0;
    };
    settings.on_message_complete = [](http_parser* parser) {
      self(parser).progress_ = progress::complete;
      http_parser_pause(parser, 1);
      return 0;
    };
    return settings;
  }();
  return &made;
}

void response_reader::head_is_over() {
  constexpr auto unknown = std::numeric_limits<std::uint64_t>::max();
  const auto status = static_cast<int>(parser_.status_code);
  head_.status = status;
  head_.minor_version = parser_.http_minor;
  head_.keep_alive = http_should_keep_alive(&parser_) != 0;
  if (to_head_ || status < 200 || status == 204 || status == 304)
    head_.end = response_end::no_body;
  else if ((parser_.flags & F_CHUNKED) != 0)
    head_.end = response_end::chunked;
  else
    head_.end = parser_.content_length == unknown ? response_end::end_of_input : response_end::counted;
  head_.content_length = parser_.content_length == unknown ? 0 : parser_.content_length;
  body_left_ = head_.content_length;
  progress_ = head_.end == response_end::no_body ? progress::complete : progress::in_body;
}

std::size_t response_reader::execute(std::string_view bytes) {
  http_parser_pause(&parser_, 0);
  const auto used = http_parser_execute(&parser_, callbacks(), bytes.data(), bytes.size());
  const auto fault = HTTP_PARSER_ERRNO(&parser_);
  if (fault != HPE_OK && fault != HPE_PAUSED)
    progress_ = progress::failed;
  return used;
}

/// What has no framing needs no parser.
std::size_t response_reader::take_counted(std::string_view bytes) {
  const auto body = bytes.substr(0, body_left_);
  content_.push_back(body);
  body_left_ -= body.size();
  if (body_left_ == 0)
    progress_ = progress::complete;
  return body.size();
}

std::size_t response_reader::feed(std::string_view bytes) {
  content_.clear();
  if (bytes.empty() || progress_ == progress::complete || progress_ == progress::failed)
    return 0;
  if (progress_ == progress::in_body && head_.end == response_end::counted)
    return take_counted(bytes);
  const bool was_in_head = progress_ == progress::in_head;
  std::size_t used = execute(bytes);
  if (was_in_head && progress_ == progress::in_body) {
    // The parser stopped before the last byte of the head and wants to see it again.
    (void)execute(bytes.substr(used, 1));
    ++used;
  } else if (was_in_head && progress_ == progress::complete) {
    ++used; // the same byte; nothing else is to follow
  }
  return used;
}

void response_reader::end_of_input() {
  if (progress_ == progress::in_body && head_.end == response_end::end_of_input)
    progress_ = progress::complete;
  else if (progress_ != progress::complete)
    progress_ = progress::failed;
}

} // namespace sandboxd::ports
