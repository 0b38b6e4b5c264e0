#include "tests/fuzz/told_report.hpp"

#include "tests/fuzz/expect.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace sandboxd::fuzz {

namespace {

using nlohmann::json;

/// HTTP.md 3.2 has no more in one answer.
constexpr std::size_t most_errors = 20;

std::string text_in(const json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool is_field_error(const json& entry) {
  constexpr std::array names{"field", "message", "code"};
  return std::all_of(names.begin(), names.end(),
                     [&entry](const char* name) { return !text_in(entry, name).empty(); });
}

} // namespace

void check_refusal_report(const http::error_report& report) {
  expect(report.status >= 400 && report.status < 500, "who sends what is wrong is told so (4xx)");
  const auto body = json::parse(http::error_body(report, std::chrono::system_clock::time_point()));
  expect(text_in(body, "code") == report.code && !report.code.empty(), "a refusal has a code");
  expect(!text_in(body, "message").empty() && !text_in(body, "error").empty(), "a refusal has a message");
  expect(body.at("httpStatus") == report.status, "the body tells the status");
  expect(body.at("context").is_object(), "a refusal has a context");
}

bool names_a_field(const http::error_report& report) {
  if (report.code == "INVALID_COMMAND") // has one field only
    return true;
  const auto context = json::parse(report.context);
  const auto errors = context.find("validationErrors");
  if (errors == context.end())
    return !context.empty();
  return errors->is_array() && !errors->empty() && errors->size() <= most_errors &&
         std::all_of(errors->begin(), errors->end(), is_field_error);
}

} // namespace sandboxd::fuzz
