#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sandboxd::bench {

/// Reads one HTTP/1.1 response after the other from a byte stream, however the stream is cut into pieces.
/// Understands bodies by Content-Length, by chunks (RFC 9112 section 7.1) and until the connection closes.
/// Used by one thread.
class response_parser {
public:
  /// Takes the next bytes. Bytes beyond the end of the response break it: no request is sent ahead of its
  /// predecessor's answer, so there is nothing that they could answer.
  void feed(std::string_view bytes);

  /// Tells the parser that the peer has closed: ends a body that has no other end, breaks any other response.
  void end_of_stream();

  /// Forgets the finished response and waits for the next one.
  void reset();

  /// True before the first byte of a response.
  bool untouched() const { return untouched_; }
  bool done() const { return stage_ == stage::done; }
  bool broken() const { return !error_.empty(); }

  /// What is wrong with the bytes received; empty while nothing is.
  const std::string& error() const { return error_; }

  /// Status code of the response, 0 before its head is complete.
  int status() const { return status_; }

  /// False when the server will close the connection after this response.
  bool keep_alive() const { return keep_alive_; }

  /// The decoded body received so far.
  const std::string& body() const { return body_; }

private:
  enum class stage { head, sized_body, chunk_size, chunk_data, chunk_end, trailers, until_close, done };

  std::size_t take_line(std::string_view bytes);
  std::size_t take_body(std::string_view bytes);
  void read_head_line(std::string_view line);
  void read_field(std::string_view name, std::string_view value);
  void head_complete();
  void read_chunk_size(std::string_view line);
  void line_complete(std::string_view line);

  stage stage_ = stage::head;
  std::string line_;
  std::string body_;
  std::string error_;
  std::size_t missing_ = 0; ///< bytes of the body or of the chunk still to come
  int status_ = 0;
  bool has_length_ = false;
  bool chunked_ = false;
  bool keep_alive_ = true;
  bool untouched_ = true;
};

} // namespace sandboxd::bench
