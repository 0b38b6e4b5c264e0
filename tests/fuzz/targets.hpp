#pragma once

#include <cstdint>
#include <span>

/// What fuzzers feed and `replay_test.cpp` replays. Each function hands any bytes to one part of the server
/// that reads what others have written, and ends the process when a rule does not hold (`expect.hpp`); the
/// sanitizers see the rest. Nothing is kept from one call to the next. What stands in a corpus is told at
/// each.
namespace sandboxd::fuzz {

/// Bodies of requests. The first byte tells what the others are: `c` a body in chunks, `=` base64, anything
/// else JSON of a client of dialect A (`a`), B (`b`) or an unknown one.
void fuzz_bodies(std::span<const std::uint8_t> bytes);

/// Streams of events. The first byte tells what runs, for which dialect: `a`, `b` or `u` (unknown) a command,
/// `A`, `B` or `U` code. Then come steps with a byte 0x1E between them: `o` or `e` and what is printed, `r`
/// and a result of code, `d` the client takes what there is, `k` the transport's comment comes, `x` the
/// client leaves, `f` and why it fails. What is not over then comes to its end.
void fuzz_events(std::span<const std::uint8_t> bytes);

/// What executors send: frames, or one message alone when it begins with `{`.
void fuzz_frames(std::span<const std::uint8_t> bytes);

/// A path as a client gives it.
void fuzz_paths(std::span<const std::uint8_t> bytes);

/// The URL of a repository; what stands in further lines is a text that may hold it.
void fuzz_repositories(std::span<const std::uint8_t> bytes);

/// A configuration file.
void fuzz_configuration(std::span<const std::uint8_t> bytes);

/// What a client sends on a connection: requests, one after the other.
void fuzz_heads(std::span<const std::uint8_t> bytes);

} // namespace sandboxd::fuzz
