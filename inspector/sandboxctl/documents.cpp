#include "inspector/sandboxctl/documents.hpp"

#include "inspector/sandboxctl/failure.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace sandboxd::sandboxctl {

json parse_document(std::string_view text) {
  auto document = json::parse(text, nullptr, false);
  if (document.is_discarded())
    throw failure(exit_code::refused, "The answer is no JSON; is this the inspector of a sandboxd?");
  return document;
}

std::string one_line(const json& document) {
  return document.dump(-1, ' ', true);
}

std::string indented(const json& document) {
  return document.dump(2, ' ', true);
}

const json& member(const json& object, const char* name) {
  static const json nothing;
  const auto found = object.is_object() ? object.find(name) : object.end();
  return found == object.end() ? nothing : *found;
}

std::string text_of(const json& object, const char* name) {
  const auto& value = member(object, name);
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::uint64_t count_of(const json& object, const char* name) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(number_of(object, name), 0));
}

std::int64_t number_of(const json& object, const char* name) {
  const auto& value = member(object, name);
  return value.is_number() ? value.get<std::int64_t>() : 0;
}

std::string plain_value(const json& value) {
  return value.is_string() ? value.get<std::string>() : one_line(value);
}

} // namespace sandboxd::sandboxctl
