#include "http/exchange.hpp"

#include <algorithm>

namespace sandboxd::http {

namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

} // namespace

bool same_field_name(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char a, char b) { return lower(a) == lower(b); });
}

const std::string* request::header(std::string_view name) const {
  auto found = std::find_if(headers.begin(), headers.end(),
                            [&](const auto& field) { return same_field_name(field.first, name); });
  return found == headers.end() ? nullptr : &found->second;
}

} // namespace sandboxd::http
