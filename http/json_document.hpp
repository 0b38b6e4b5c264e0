#pragma once

#include "actors/messages.hpp"
#include "http/json_string.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <variant>

namespace sandboxd::http {

/// A text of captured output, as it shall stand in a document.
struct captured_text {
  /// Never null.
  std::shared_ptr<const actors::captured_output> output;
  /// Bytes of it to show, from the beginning.
  std::uint64_t length = 0;
  /// Text of our own that follows them.
  std::string tail;
};

/// A JSON document whose strings may be larger than one wants in memory: produced piece by piece, each once.
///
/// Reading output that was spilled to disk reads its file, at most 64 KiB for one piece: a page-cache read,
/// which is acceptable on an I/O thread.
class json_document {
public:
  explicit json_document(json_charset charset = json_charset::utf8) : encoder_(charset) {}

  /// Adds JSON text as it is.
  void raw(std::string json);
  /// Adds captured output as the content of a string, without the quotes.
  void text(captured_text captured);

  /// Adds JSON text that `next` makes: pieces of about `most` bytes, at last an empty one. `size`: about how
  /// many bytes in all.
  void generated(std::uint64_t size, std::function<std::string(std::size_t most)> next);

  /// Bytes of all parts before encoding.
  [[nodiscard]] std::uint64_t raw_size() const noexcept { return raw_size_; }

  /// Whether all of it has been given out.
  [[nodiscard]] bool done() const noexcept { return parts_.empty(); }

  /// The next piece, of about `most` bytes at most (a `raw` part is never cut); empty at the end.
  [[nodiscard]] std::string next(std::size_t most);

  /// All that is left.
  [[nodiscard]] std::string rest();

private:
  using generator = std::function<std::string(std::size_t most)>;

  bool encode_some(captured_text& captured, std::string& piece, std::size_t room);

  json_string_encoder encoder_;
  std::deque<std::variant<std::string, captured_text, generator>> parts_;
  std::uint64_t offset_ = 0; // within the first part's output
  std::uint64_t raw_size_ = 0;
};

} // namespace sandboxd::http
