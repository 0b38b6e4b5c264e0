#pragma once

#include "http/chunked_body.hpp"
#include "http/request_head.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sandboxd::http {

/// Tracks the boundaries of one request message: head, then body. Pure. One object per message.
///
///     scanner.feed(bytes)            until head_complete (or refused)
///     scanner.begin_body()           once the head has been found acceptable
///     scanner.feed(bytes)            until complete (or refused)
class request_scanner {
public:
  enum class progress { before_head, in_head, head_complete, in_body, complete, refused };

  explicit request_scanner(const request_limits& limits);

  /// Takes bytes up to the end of the head or of the message, to the first fault or to the end of `bytes`;
  /// returns how many. Takes none in the states head_complete, complete and refused.
  std::size_t feed(std::string_view bytes);

  /// Goes on from head_complete: to complete when there is no body, to refused when it is declared too long.
  void begin_body();

  [[nodiscard]] progress where() const { return progress_; }
  [[nodiscard]] const request_head& head() const { return head_.head(); }
  /// Why, in the state refused.
  [[nodiscard]] const refusal& why() const { return *refused_; }
  /// The content received so far.
  [[nodiscard]] std::string& body() { return body_; }
  /// The head to pass on, which is gone from `head` then.
  [[nodiscard]] std::string take_forwarded() { return head_.take_forwarded(); }
  /// Bytes of both in memory, those of a line that has not ended included.
  [[nodiscard]] std::size_t held_bytes() const {
    return head_.held_bytes() + chunks_.held_bytes() + body_.size();
  }

private:
  std::size_t feed_counted(std::string_view bytes);
  std::size_t feed_chunked(std::string_view bytes);
  void refuse(refusal why);

  request_limits limits_;
  progress progress_ = progress::before_head;
  head_scanner head_;
  chunked_body chunks_;
  std::string body_;
  std::optional<refusal> refused_;
};

} // namespace sandboxd::http
