#pragma once

#include "http/request_head.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sandboxd::http {

/// Removes the chunk framing of a request body (RFC 9112 section 7.1) fed in arbitrary pieces. Chunk
/// extensions and trailer fields are checked for form, bounded and dropped.
class chunked_body {
public:
  explicit chunked_body(const request_limits& limits);

  /// Takes bytes up to the end of the body, to the first fault or to the end of `bytes`, appends the content
  /// to `body`; returns how many bytes it took.
  std::size_t feed(std::string_view bytes, std::string& body);

  [[nodiscard]] bool complete() const { return state_ == state::complete; }
  /// Bytes in memory besides the content: the trailer line that is being read.
  [[nodiscard]] std::size_t held_bytes() const { return trailer_.held_bytes(); }
  [[nodiscard]] const std::optional<refusal>& refused() const { return refused_; }

private:
  enum class state {
    size_start,
    size,
    extension,
    size_line_feed,
    data,
    data_cr,
    data_line_feed,
    trailer,
    complete
  };

  void feed(char byte, std::uint64_t body_bytes);
  void feed_size(char byte, std::uint64_t body_bytes);
  void feed_trailer(char byte);
  void refuse(int status, std::string message);

  request_limits limits_;
  state state_ = state::size_start;
  std::uint64_t chunk_bytes_ = 0; ///< of the current chunk, still to come
  int size_digits_ = 0;
  std::size_t extension_bytes_ = 0; ///< of all chunks so far
  std::size_t trailer_bytes_ = 0;
  field_scanner trailer_;
  std::optional<refusal> refused_;
};

} // namespace sandboxd::http
