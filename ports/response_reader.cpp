#include "ports/response_reader.hpp"

#include <algorithm>
#include <limits>
#include <string>

namespace sandboxd::ports {

namespace {

/// What the parser wants to be told of a head: that no body follows it, or that it will not do.
constexpr int skip_body = 1;
constexpr int refuse = -1;

/// The parser lets spaces pass in names (RFC 9112 section 5.1 does not): a client might take
/// `Content-Length : 5` for what it is not to us, and where the next answer begins for something else.
bool has_sound_names(const response_head& head) {
  return std::all_of(head.fields.begin(), head.fields.end(),
                     [](const auto& field) { return field.first.find(' ') == std::string::npos; });
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
      if (!has_sound_names(self(parser).head_))
        return refuse;
      self(parser).head_is_over();
      http_parser_pause(parser, 1); // so that whoever feeds sees the head before the body
      return self(parser).head_.end == response_end::no_body ? skip_body : 0;
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
  const int status = parser_.status_code;
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

std::size_t response_reader::feed(std::string_view bytes) {
  if (bytes.empty() || progress_ == progress::complete || progress_ == progress::failed)
    return 0;
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
