#include "config/value.hpp"

#include "config/destination.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <cstddef>
#include <limits>
#include <optional>
#include <span>
#include <utility>

namespace sandboxd::config {

namespace {

struct unit {
  std::string_view name;
  std::uint64_t factor;
};

// Largest first, so that writing takes the largest that divides.
constexpr std::array size_units{unit{"TiB", 1ull << 40}, unit{"GiB", 1ull << 30}, unit{"MiB", 1ull << 20},
                                unit{"KiB", 1ull << 10}, unit{"B", 1}};
constexpr std::array duration_units{unit{"h", 3'600'000}, unit{"min", 60'000}, unit{"s", 1000},
                                    unit{"ms", 1}};

bool is_number(kind type) {
  return type == kind::count || type == kind::size || type == kind::duration;
}

std::span<const unit> units_of(kind type) {
  if (type == kind::size)
    return size_units;
  if (type == kind::duration)
    return duration_units;
  return {};
}

std::string_view noun(kind type) {
  switch (type) {
  case kind::count:
    return "a whole number";
  case kind::size:
    return "a size in bytes (such as 64KiB or 512MiB)";
  case kind::duration:
    return "a duration with its unit (such as 300ms, 5s or 1min)";
  case kind::boolean:
    return "true or false";
  case kind::word:
    return "one of the words";
  case kind::text:
    return "a text without control characters";
  case kind::path:
    return "an absolute path";
  case kind::address:
    return "an IPv4 or IPv6 address";
  case kind::hosts:
    return "IPv4 or IPv6 addresses, blocks of them (such as 10.0.0.0/8) and names of hosts, separated by "
           "commas";
  }
  return {};
}

refusal refuse(std::string_view problem, const domain& allowed) {
  return {std::string(problem) + "; allowed: " + describe(allowed)};
}

std::variant<value, refusal> read_number(std::string_view literal, const domain& allowed) {
  const auto out_of_range = [&] { return refuse("out of range", allowed); };
  const auto wrong_type = [&] { return refuse("not " + std::string(noun(allowed.type)), allowed); };
  const bool negative = literal.starts_with('-');
  const auto digits = literal.substr(negative || literal.starts_with('+') ? 1 : 0);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  const bool octal_elsewhere = digits.size() > 1 && digits[0] == '0' && digits[1] >= '0' && digits[1] <= '9';
  if (end == digits.data() || octal_elsewhere)
    return wrong_type();
  const auto suffix = digits.substr(static_cast<std::size_t>(end - digits.data()));
  std::uint64_t factor = 1;
  if (!suffix.empty()) {
    const auto units = units_of(allowed.type);
    const auto found = std::ranges::find(units, suffix, &unit::name);
    if (found == units.end())
      return wrong_type();
    factor = found->factor;
  } else if (allowed.type == kind::duration && (number != 0 || error != std::errc{})) {
    return wrong_type();
  }
  if (error != std::errc{} || number > std::numeric_limits<std::uint64_t>::max() / factor)
    return out_of_range();
  number *= factor;
  const bool is_special_zero = number == 0 && !allowed.zero_means.empty();
  if ((negative && number != 0) ||
      (!is_special_zero && (number < allowed.minimum || number > allowed.maximum)))
    return out_of_range();
  if (number % allowed.step != 0)
    return refuse("not a multiple of " + to_literal(value{allowed.step}, allowed), allowed);
  return value{number};
}

bool is_address(const std::string& literal) {
  std::array<unsigned char, sizeof(in6_addr)> buffer{};
  return inet_pton(AF_INET, literal.c_str(), buffer.data()) == 1 ||
         inet_pton(AF_INET6, literal.c_str(), buffer.data()) == 1;
}

std::variant<value, refusal> read_text(std::string_view literal, const domain& allowed) {
  std::string text(literal);
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::ranges::any_of(text, is_control) || (allowed.type == kind::path && !text.starts_with('/')) ||
      (allowed.type == kind::address && !is_address(text)))
    return refuse("not " + std::string(noun(allowed.type)), allowed);
  if (text.size() < allowed.minimum || text.size() > allowed.maximum)
    return refuse("too " + std::string(text.size() < allowed.minimum ? "short" : "long"), allowed);
  if (allowed.type == kind::hosts)
    if (const auto read = read_destinations(text); const auto* wrong = std::get_if<std::string>(&read))
      return refuse(*wrong, allowed);
  return value{std::move(text)};
}

/// `1 to 64`, each bound in its largest unit.
std::string describe_range(const domain& allowed) {
  return to_literal(value{allowed.minimum}, allowed) + " to " + to_literal(value{allowed.maximum}, allowed);
}

} // namespace

std::variant<value, refusal> read_value(std::string_view literal, const domain& allowed) {
  if (is_number(allowed.type))
    return read_number(literal, allowed);
  if (allowed.type == kind::boolean) {
    if (literal == "true" || literal == "false")
      return value{literal == "true"};
    return refuse("not a boolean", allowed);
  }
  if (allowed.type == kind::word) {
    if (std::ranges::find(allowed.words, literal) != allowed.words.end())
      return value{std::string(literal)};
    return refuse("not a word known here", allowed);
  }
  return read_text(literal, allowed);
}

std::string to_literal(const value& what, const domain& allowed) {
  if (const auto* flag = std::get_if<bool>(&what))
    return *flag ? "true" : "false";
  if (const auto* text = std::get_if<std::string>(&what))
    return *text;
  const auto number = std::get<std::uint64_t>(what);
  if (number == 0)
    return "0";
  for (const auto& unit : units_of(allowed.type))
    if (number % unit.factor == 0)
      return std::to_string(number / unit.factor) + (unit.name == "B" ? "" : std::string(unit.name));
  return std::to_string(number);
}

std::string to_file_literal(const value& what, const domain& allowed) {
  auto literal = to_literal(what, allowed);
  const bool plain_number = literal.find_first_not_of("0123456789") == std::string::npos && !literal.empty();
  if (std::holds_alternative<bool>(what) || allowed.type == kind::duration ||
      (is_number(allowed.type) && plain_number))
    return literal;
  std::string quoted = "\"";
  for (const char c : literal) {
    if (c == '"' || c == '\\')
      quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string describe(const domain& allowed) {
  switch (allowed.type) {
  case kind::count:
  case kind::size:
  case kind::duration: {
    auto range = describe_range(allowed);
    if (!allowed.zero_means.empty())
      range += (allowed.minimum == 0 ? " (0 = " : ", or 0 = ") + std::string(allowed.zero_means) +
               (allowed.minimum == 0 ? ")" : "");
    if (allowed.step > 1)
      range += ", a multiple of " + to_literal(value{allowed.step}, allowed);
    return range;
  }
  case kind::word: {
    std::string list;
    for (std::size_t i = 0; i < allowed.words.size(); ++i) {
      if (i > 0)
        list += i + 1 == allowed.words.size() ? " or " : ", ";
      list += allowed.words[i];
    }
    return list;
  }
  case kind::boolean:
    return "true or false";
  case kind::text:
  case kind::path:
  case kind::address:
  case kind::hosts:
    return std::string(noun(allowed.type)) + ", " + std::to_string(allowed.minimum) + " to " +
           std::to_string(allowed.maximum) + " bytes";
  }
  return {};
}

} // namespace sandboxd::config
