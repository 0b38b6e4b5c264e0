#include "config/file.hpp"

#include "caf/atom.hpp"
#include "caf/detail/parser/read_ini.hpp"
#include "caf/parser_state.hpp"
#include "caf/pec.hpp"
#include "caf/timespan.hpp"
#include "caf/uri.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>

namespace sandboxd::config {

namespace {

using parser_state = caf::parser_state<std::string_view::const_iterator>;

int line_at(std::string_view text, std::size_t position) {
  return 1 + static_cast<int>(std::ranges::count(text.substr(0, position), '\n'));
}

/// CAF's parser takes no carriage returns, which files from elsewhere have before each newline.
std::string with_plain_newlines(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i)
    if (text[i] != '\r' || i + 1 == text.size() || text[i + 1] != '\n')
      result += text[i];
  return result;
}

/// Leaves CAF's parser from a callback that it makes outside of its destructors.
struct stop {};

/// Whether CAF's parser would overflow, silently, while it turns this number into nanoseconds.
bool overflows(std::string_view token) {
  struct suffix_of_caf {
    std::string_view name;
    std::int64_t nanoseconds;
  };
  constexpr std::array suffixes{suffix_of_caf{"h", 3'600'000'000'000}, suffix_of_caf{"min", 60'000'000'000},
                                suffix_of_caf{"ms", 1'000'000}, suffix_of_caf{"us", 1000},
                                suffix_of_caf{"s", 1'000'000'000}};
  if (token.starts_with('-') || token.starts_with('+'))
    token.remove_prefix(1);
  const bool is_hexadecimal = token.starts_with("0x") || token.starts_with("0X");
  const bool is_binary = token.starts_with("0b") || token.starts_with("0B");
  token.remove_prefix(is_hexadecimal || is_binary ? 2 : 0);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), number,
                                            is_hexadecimal ? 16
                                            : is_binary    ? 2
                                                           : 10);
  if (error != std::errc{})
    return error == std::errc::result_out_of_range;
  token.remove_prefix(static_cast<std::size_t>(end - token.data()));
  const auto suffix =
      std::ranges::find_if(suffixes, [&](const suffix_of_caf& one) { return token.starts_with(one.name); });
  return suffix != suffixes.end() && number > std::numeric_limits<std::int64_t>::max() / suffix->nanoseconds;
}

/// Receives the events of CAF's parser. Fed by the parser itself, it knows the place of every key, which
/// `caf::actor_system_config` forgets.
class assignment_collector {
public:
  assignment_collector(std::string_view text, const parser_state& state) : text_(text), state_(state) {}

  void key(std::string name) {
    line_ += static_cast<int>(std::count(text_.begin() + counted_, state_.i, '\n'));
    counted_ = state_.i - text_.begin();
    name_ = std::move(name);
    token_ = upcoming_token();
    if (token_.starts_with('[') || token_.starts_with('<'))
      refuse("lists and URIs have no place here");
    if (overflows(token_)) {
      // Still an assignment: the check of the key refuses it and can name the allowed range.
      add(std::string(token_), false);
      throw stop{};
    }
  }

  assignment_collector& begin_map() {
    constexpr std::size_t deepest = 8; // CAF's parser recurses once per level
    if (sections_.size() == deepest)
      refuse("sections nested too deeply");
    sections_.push_back(std::move(name_));
    name_.clear();
    return *this;
  }

  void end_map() noexcept {
    if (!sections_.empty())
      sections_.pop_back();
  }

  // Never reached, see `key`; CAF's templates want them.
  assignment_collector& begin_list() { return *this; }
  void end_list() noexcept {}
  void value(const caf::uri&) {}

  void value(std::string text) { add(std::move(text), true); }
  void value(caf::atom_value word) { add(to_string(word), true); }
  void value(bool) { add(std::string(token_), false); }
  void value(std::int64_t) { add(std::string(token_), false); }
  void value(double) { add(std::string(token_), false); }
  void value(caf::timespan) { add(std::string(token_), false); }

  [[noreturn]] void refuse(std::string what) {
    content_.problems.push_back({line_, path() + ": " + std::move(what)});
    throw stop{};
  }

  file_content take() { return std::move(content_); }

private:
  /// The value that follows the `=` at which the parser stands, up to what ends a number or a boolean.
  std::string_view upcoming_token() const {
    auto rest = text_.substr(static_cast<std::size_t>(state_.i - text_.begin()));
    if (rest.starts_with('='))
      rest.remove_prefix(1);
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t"), rest.size()));
    return rest.substr(0, rest.find_first_of(" \t\n;,}"));
  }

  /// The current key with its sections; what stands before the first section is in none (CAF calls it
  /// `global`).
  std::string path() const {
    std::string result;
    for (const auto& section : sections_)
      if (section != "global")
        result += section + '.';
    return result + name_;
  }

  void add(std::string literal, bool quoted) {
    content_.assignments.push_back({path(), std::move(literal), quoted, line_});
  }

  std::string_view text_;
  const parser_state& state_;
  std::ptrdiff_t counted_ = 0; ///< the newlines before this position are in `line_`
  int line_ = 1;
  std::string name_;
  std::string_view token_;
  std::vector<std::string> sections_;
  file_content content_;
};

std::string explain(caf::pec code) {
  return "cannot be read (" + to_string(code) +
         "): expected [section], key = value, or a comment after ';'; texts and words stand in double quotes";
}

} // namespace

file_content read_file_text(std::string_view original) {
  if (original.size() > longest_file)
    return {{}, {{0, "longer than " + std::to_string(longest_file) + " bytes"}}};
  if (const auto nul = original.find('\0'); nul != std::string_view::npos)
    return {{}, {{line_at(original, nul), "holds a NUL byte, so it is no text"}}};
  const auto text = with_plain_newlines(original);
  const std::string_view view = text;
  parser_state state(view.begin(), view.end());
  assignment_collector collector(view, state);
  try {
    caf::detail::parser::read_ini(state, collector);
  } catch (const stop&) {
    return collector.take();
  }
  auto content = collector.take();
  if (state.code != caf::pec::success)
    content.problems.push_back(
        {line_at(view, static_cast<std::size_t>(state.i - view.begin())), explain(state.code)});
  return content;
}

} // namespace sandboxd::config
