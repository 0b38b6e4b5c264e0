#pragma once

#include "actors/messages.hpp"
#include "http/json_string.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace sandboxd::http {

/// Output of a command on its way to become `stdout` and `stderr` events: bytes wait here in the order they
/// came, and each event takes as many as fit, ending between two characters.
///
/// Not thread-safe. Memory: the bytes that wait, and 16 bytes for each change from one stream to the other.
class output_events {
public:
  /// `largest_data`: bytes of the encoded text in one event.
  explicit output_events(std::size_t largest_data) : largest_data_(largest_data) {}

  /// Adds bytes as the command wrote them.
  void add(actors::output_stream stream, std::string_view bytes);

  /// No more bytes come: a character that stayed incomplete becomes U+FFFD.
  void end();

  struct event {
    actors::output_stream stream = actors::output_stream::out;
    /// JSON string content, ASCII only. May be empty when the bytes taken were the beginning of a character.
    std::string data;
    /// How many bytes of the command's output were taken.
    std::size_t taken = 0;
  };

  /// Whether `next` has something to give.
  [[nodiscard]] bool empty() const noexcept;

  /// Takes the text of the next event.
  [[nodiscard]] event next();

private:
  struct run {
    actors::output_stream stream;
    std::size_t length;
  };

  void drop_taken();

  json_string_encoder& encoder_of(actors::output_stream stream) {
    return stream == actors::output_stream::out ? out_ : err_;
  }

  std::size_t largest_data_;
  std::string bytes_; // all that waits; [0, consumed_) is gone already
  std::size_t consumed_ = 0;
  std::vector<run> runs_; // whose bytes they are; [0, first_run_) are gone already
  std::size_t first_run_ = 0;
  bool ended_ = false;
  json_string_encoder out_{json_charset::ascii};
  json_string_encoder err_{json_charset::ascii};
};

} // namespace sandboxd::http
