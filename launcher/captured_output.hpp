#pragma once

#include "launcher/byte_budget.hpp"
#include "launcher/descriptor.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace sandboxd::launcher {

/// Where captured output is kept and how much of it.
struct capture_limits {
  /// Bytes kept in memory; what comes after goes to a file.
  std::uint64_t memory_bytes = 64u << 20;
  /// Bytes kept at all; what comes after is dropped and counted.
  std::uint64_t max_bytes = 1u << 30;
  /// Directory of the spill file, which has no name in it (O_TMPFILE, else unlinked at once).
  std::string spill_directory = "/tmp";
  /// Of the files, shared by all captures; what finds no room in it is dropped and counted. Null: no such
  /// bound.
  std::shared_ptr<byte_budget> budget = nullptr;
  /// Of the memory, likewise; what finds no room in it goes to the file.
  std::shared_ptr<byte_budget> memory_budget = nullptr;
};

/// The bytes one command wrote to one of its output streams: in memory up to a bound, then in an unnamed file
/// that vanishes with this object, at last dropped and counted.
///
/// One writer appends; after that any number of readers may read from any thread. Not copyable.
class captured_output {
public:
  explicit captured_output(capture_limits limits = {});
  ~captured_output();
  captured_output(const captured_output&) = delete;
  captured_output& operator=(const captured_output&) = delete;

  /// Appends, spills or drops. A failing disk counts as the hard bound: what does not fit is dropped and
  /// counted.
  void append(std::span<const char> bytes);

  /// Bytes that can be read back.
  [[nodiscard]] std::uint64_t size() const noexcept { return memory_.size() + spilled_; }

  /// Bytes that were dropped beyond the hard bound; zero means the capture is complete.
  [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

  /// The last byte that can be read back, or -1 when there is none.
  [[nodiscard]] int last_byte() const noexcept { return last_byte_; }

  /// Bytes [0, memory().size()): the part in memory, which is everything unless output was large.
  [[nodiscard]] const std::string& memory() const noexcept { return memory_; }

  /// Copies bytes from `offset` on into `target` and returns how many, zero at the end.
  /// Reads the spill file (blocking, page cache) for offsets beyond the memory part.
  [[nodiscard]] std::size_t read(std::uint64_t offset, std::span<char> target) const;

private:
  bool has_spill_file();
  std::uint64_t spill(std::span<const char> bytes);

  capture_limits limits_;
  std::string memory_;
  std::uint64_t spilled_ = 0;
  std::uint64_t dropped_ = 0;
  int last_byte_ = -1;
  descriptor spill_file_;
};

} // namespace sandboxd::launcher
