#include "http/chunked_body.hpp"

#include <algorithm>
#include <utility>

namespace sandboxd::http {

namespace {

/// Enough for any 64-bit size; a bound, so that leading zeros end too.
constexpr int max_size_digits = 16;

/// The value of a hexadecimal digit, or -1.
int hex_value(char c) {
  if (c >= '0' && c <= '9')
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return -1;
}

} // namespace

chunked_body::chunked_body(const request_limits& limits) : limits_(limits) {}

std::size_t chunked_body::feed(std::string_view bytes, std::string& body) {
  std::size_t used = 0;
  while (used < bytes.size() && !refused_ && !complete()) {
    if (state_ == state::data) {
      auto piece = bytes.substr(used, std::min<std::uint64_t>(chunk_bytes_, bytes.size() - used));
      body.append(piece);
      used += piece.size();
      chunk_bytes_ -= piece.size();
      if (chunk_bytes_ == 0)
        state_ = state::data_cr;
    } else {
      feed(bytes[used++], body.size());
    }
  }
  return used;
}

void chunked_body::refuse(int status, std::string message) {
  refused_ = refusal{status, std::move(message)};
}

void chunked_body::feed(char byte, std::uint64_t body_bytes) {
  switch (state_) {
  case state::size_start:
  case state::size:
    return feed_size(byte, body_bytes);
  case state::extension:
    if (byte == '\r')
      state_ = state::size_line_feed;
    else if (static_cast<unsigned char>(byte) < ' ' && byte != '\t')
      refuse(400, "Malformed request: a chunk extension holds a control character");
    else if (++extension_bytes_ > limits_.header_bytes)
      refuse(431, "The chunk extensions are longer than " + std::to_string(limits_.header_bytes) + " bytes");
    return;
  case state::size_line_feed:
    if (byte != '\n')
      return refuse(400, "Malformed request: a carriage return stands alone");
    state_ = chunk_bytes_ == 0 ? state::trailer : state::data;
    size_digits_ = 0;
    return;
  case state::data_cr:
  case state::data_line_feed:
    if (byte != (state_ == state::data_cr ? '\r' : '\n'))
      return refuse(400, "Malformed request: a chunk is not as long as it says");
    state_ = state_ == state::data_cr ? state::data_line_feed : state::size_start;
    return;
  case state::trailer:
    return feed_trailer(byte);
  case state::data:
  case state::complete:
    return;
  }
}

void chunked_body::feed_size(char byte, std::uint64_t body_bytes) {
  if (int digit = hex_value(byte); digit >= 0) {
    if (++size_digits_ > max_size_digits)
      return refuse(400, "Malformed request: a chunk size has too many digits");
    chunk_bytes_ = chunk_bytes_ * 16 + static_cast<unsigned>(digit);
    if (chunk_bytes_ > limits_.body_bytes - std::min(body_bytes, limits_.body_bytes))
      return refuse(413, "The body is longer than " + std::to_string(limits_.body_bytes) + " bytes");
    state_ = state::size;
    return;
  }
  if (state_ == state::size_start)
    return refuse(400, "Malformed request: a chunk has no size");
  if (byte == ';')
    state_ = state::extension;
  else if (byte == '\r')
    state_ = state::size_line_feed;
  else
    refuse(400, "Malformed request: a chunk size is not a number");
}

void chunked_body::feed_trailer(char byte) {
  if (++trailer_bytes_ > limits_.header_bytes)
    return refuse(431, "The trailers are longer than " + std::to_string(limits_.header_bytes) + " bytes");
  switch (trailer_.feed(byte)) {
  case field_scanner::step::more:
  case field_scanner::step::field:
    return;
  case field_scanner::step::end:
    state_ = state::complete;
    return;
  case field_scanner::step::malformed:
    return refuse(400, "Malformed request: " + std::string(trailer_.problem()));
  }
}

} // namespace sandboxd::http
