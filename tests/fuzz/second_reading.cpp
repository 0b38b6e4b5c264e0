#include "tests/fuzz/second_reading.hpp"

#include <http_parser.h>
#include <limits>

namespace sandboxd::fuzz {

namespace {

struct reader {
  http_parser parser{};
  second_reading found;
  bool value_began = false;
};

reader& self(http_parser* parser) {
  return *static_cast<reader*>(parser->data);
}

int take_field(http_parser* parser, const char* at, std::size_t length) {
  auto& state = self(parser);
  auto& fields = state.found.fields;
  if (state.found.has_head) // a trailer
    return 0;
  if (fields.empty() || state.value_began)
    fields.emplace_back();
  state.value_began = false;
  fields.back().first.append(at, length);
  return 0;
}

int take_value(http_parser* parser, const char* at, std::size_t length) {
  auto& state = self(parser);
  if (state.found.has_head)
    return 0;
  state.value_began = true;
  state.found.fields.back().second.append(at, length);
  return 0;
}

int end_head(http_parser* parser) {
  auto& found = self(parser).found;
  found.has_head = true;
  found.method = http_method_str(static_cast<http_method>(parser->method));
  found.minor_version = parser->http_minor;
  found.is_chunked = (parser->flags & F_CHUNKED) != 0;
  if (parser->content_length != std::numeric_limits<std::uint64_t>::max()) // its word for none
    found.content_length = parser->content_length;
  return 0;
}

int end_message(http_parser* parser) {
  self(parser).found.is_complete = true;
  http_parser_pause(parser, 1); // what follows is another message
  return 0;
}

http_parser_settings make_callbacks() {
  http_parser_settings settings;
  http_parser_settings_init(&settings);
  settings.on_url = [](http_parser* parser, const char* at, std::size_t length) {
    self(parser).found.target.append(at, length);
    return 0;
  };
  settings.on_header_field = take_field;
  settings.on_header_value = take_value;
  settings.on_headers_complete = end_head;
  settings.on_body = [](http_parser* parser, const char* at, std::size_t length) {
    self(parser).found.body.append(at, length);
    return 0;
  };
  settings.on_message_complete = end_message;
  return settings;
}

} // namespace

second_reading read_again(std::string_view request) {
  static const http_parser_settings callbacks = make_callbacks();
  reader state;
  http_parser_init(&state.parser, HTTP_REQUEST);
  state.parser.data = &state;
  state.found.used = http_parser_execute(&state.parser, &callbacks, request.data(), request.size());
  const auto fault = HTTP_PARSER_ERRNO(&state.parser);
  state.found.is_refused = fault != HPE_OK && fault != HPE_PAUSED;
  if (state.found.is_refused)
    state.found.why = http_errno_name(fault);
  return std::move(state.found);
}

} // namespace sandboxd::fuzz
