#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Figures as people read them, and back.
namespace sandboxd::sandboxctl {

using utc_time = std::chrono::sys_time<std::chrono::milliseconds>;

[[nodiscard]] utc_time time_now();

/// `999 B`, `1.5 KiB`, `134 MiB`.
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);

/// `12 us`, `1.2 ms`, `3.5 s`, `5 min 3 s`, `3 h 4 min`, `2 d 3 h`.
[[nodiscard]] std::string time_text(std::chrono::microseconds span);

/// `9,990`.
[[nodiscard]] std::string count_text(std::uint64_t count);

/// A count and its noun, which gets an s unless there is one: `1 restart`, `2 restarts`.
[[nodiscard]] std::string count_text(std::uint64_t count, std::string_view noun);

/// `0`, `0.5`, `12`, `1,234`.
[[nodiscard]] std::string rate_text(double per_second);

/// A share of one: `0%`, `0.2%`, `35%`.
[[nodiscard]] std::string share_text(double share);

/// `2026-11-28T18:23:46.673Z` as `2026-11-28 18:23:46.673`; anything else as it is.
[[nodiscard]] std::string clock_text(std::string_view timestamp);

/// Nothing when it is no timestamp of the interface.
[[nodiscard]] std::optional<utc_time> parse_timestamp(std::string_view timestamp);

/// A timestamp of the interface and how long ago it was; anything else as it is, nothing for nothing.
[[nodiscard]] std::string since_text(std::string_view timestamp, utc_time now);

/// A whole number and ms, s, min or h, as in the configuration; nothing when it is no such text or more than
/// a day.
[[nodiscard]] std::optional<std::chrono::milliseconds> parse_time(std::string_view text);

} // namespace sandboxd::sandboxctl
