#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace sandboxd::interpreters {

/// What a code context speaks.
enum class language : std::uint8_t { python, javascript, typescript };

inline constexpr std::array every_language{language::python, language::javascript, language::typescript};

/// The canonical name: "python", "javascript" or "typescript". Clients compare it with what they asked for.
[[nodiscard]] std::string_view name_of(language spoken) noexcept;

/// The language a client means, in any case: "python3", "js", "node" and "ts" are other names, and whatever
/// is unknown is Python (HTTP.md 9.1).
[[nodiscard]] language language_named(std::string_view name) noexcept;

} // namespace sandboxd::interpreters
