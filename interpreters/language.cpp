#include "interpreters/language.hpp"

#include <algorithm>
#include <utility>

namespace sandboxd::interpreters {

namespace {

constexpr char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool same(std::string_view one, std::string_view other) {
  return std::ranges::equal(one, other, {}, lower, lower);
}

} // namespace

std::string_view name_of(language spoken) noexcept {
  switch (spoken) {
  case language::python:
    return "python";
  case language::javascript:
    return "javascript";
  case language::typescript:
    return "typescript";
  }
  return "";
}

language language_named(std::string_view name) noexcept {
  constexpr std::array<std::pair<std::string_view, language>, 5> names{{{"javascript", language::javascript},
                                                                        {"js", language::javascript},
                                                                        {"node", language::javascript},
                                                                        {"typescript", language::typescript},
                                                                        {"ts", language::typescript}}};
  for (const auto& [known, meant] : names)
    if (same(name, known))
      return meant;
  return language::python;
}

} // namespace sandboxd::interpreters
