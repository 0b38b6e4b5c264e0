#include "http/json_writer.hpp"

#include <utility>

namespace sandboxd::http {

void json_writer::begin(std::string_view name) {
  if (!text_.empty() && text_.back() != '{')
    text_.push_back(',');
  text_.push_back('"');
  text_.append(name);
  text_.append("\":");
}

json_writer& json_writer::text(std::string_view name, std::string_view value) {
  begin(name);
  append_json_string(text_, value, charset_);
  return *this;
}

json_writer& json_writer::texts(std::string_view name, std::span<const std::string> values) {
  begin(name);
  text_.push_back('[');
  for (const std::string& value : values) {
    if (&value != values.data())
      text_.push_back(',');
    append_json_string(text_, value, charset_);
  }
  text_.push_back(']');
  return *this;
}

json_writer& json_writer::boolean(std::string_view name, bool value) {
  return raw(name, value ? "true" : "false");
}

json_writer& json_writer::null(std::string_view name) {
  return raw(name, "null");
}

json_writer& json_writer::raw(std::string_view name, std::string_view json) {
  begin(name);
  text_.append(json);
  return *this;
}

json_writer& json_writer::begin_object(std::string_view name) {
  begin(name);
  text_.push_back('{');
  return *this;
}

json_writer& json_writer::end_object() {
  text_.push_back('}');
  return *this;
}

json_writer& json_writer::begin_element(bool is_first) {
  text_.append(is_first ? "{" : ",{");
  return *this;
}

json_writer& json_writer::members(std::string_view json) {
  if (!text_.empty() && !json.empty())
    text_.push_back(',');
  text_.append(json);
  return *this;
}

std::string json_writer::finish() {
  std::string object;
  object.reserve(text_.size() + 2);
  object.push_back('{');
  object.append(text_);
  object.push_back('}');
  return object;
}

} // namespace sandboxd::http
