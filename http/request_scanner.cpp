#include "http/request_scanner.hpp"

#include "http/exchange.hpp"

#include <algorithm>
#include <utility>

namespace sandboxd::http {

namespace {

/// A client that has sent this much of a body is believed to send the rest.
constexpr std::size_t trusted_bytes = 1u << 20;

} // namespace

request_scanner::request_scanner(const request_limits& limits)
    : limits_(limits), head_(limits), chunks_(limits) {}

void request_scanner::refuse(refusal why) {
  refused_ = std::move(why);
  progress_ = progress::refused;
}

std::size_t request_scanner::feed(std::string_view bytes) {
  if (progress_ == progress::in_body)
    return head().framing == body_framing::chunked ? feed_chunked(bytes) : feed_counted(bytes);
  if (progress_ != progress::before_head && progress_ != progress::in_head)
    return 0;
  auto used = head_.feed(bytes);
  if (head_.refused())
    refuse(*head_.refused());
  else if (head_.complete())
    progress_ = progress::head_complete;
  else
    progress_ = head_.started() ? progress::in_head : progress::before_head; // again, after an empty line
  return used;
}

void request_scanner::begin_body() {
  if (head().framing == body_framing::none) {
    progress_ = progress::complete;
    return;
  }
  if (head().content_length > limits_.body_bytes)
    return refuse({413, "The body is longer than " + std::to_string(limits_.body_bytes) + " bytes"});
  body_.reserve(std::min<std::uint64_t>(head().content_length, trusted_bytes) + body_padding);
  progress_ = progress::in_body;
}

std::size_t request_scanner::feed_counted(std::string_view bytes) {
  auto piece = bytes.substr(0, std::min<std::uint64_t>(bytes.size(), head().content_length - body_.size()));
  // Room for all of a large body once a part of it is here: nobody gets memory for what is merely declared.
  if (body_.size() < trusted_bytes && body_.size() + piece.size() >= trusted_bytes)
    body_.reserve(head().content_length + body_padding);
  body_.append(piece);
  if (body_.size() == head().content_length)
    progress_ = progress::complete;
  return piece.size();
}

std::size_t request_scanner::feed_chunked(std::string_view bytes) {
  auto used = chunks_.feed(bytes, body_);
  if (chunks_.refused())
    refuse(*chunks_.refused());
  else if (chunks_.complete())
    progress_ = progress::complete;
  return used;
}

} // namespace sandboxd::http
