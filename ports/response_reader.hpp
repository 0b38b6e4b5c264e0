#pragma once

#include <cstddef>
#include <cstdint>
#include <http_parser.h>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sandboxd::ports {

/// How the end of a response's body is told (RFC 9112 section 6.3).
enum class response_end : std::uint8_t { no_body, counted, chunked, end_of_input };

/// The head of a response.
struct response_head {
  int status = 0;
  std::string reason;
  int minor_version = 1;
  std::vector<std::pair<std::string, std::string>> fields; ///< as sent, in order
  response_end end = response_end::no_body;
  std::uint64_t content_length = 0; ///< when counted
  bool keep_alive = false;          ///< the service will take another request

  /// Whether it merely announces another one (`100 Continue`); 101 is a final one.
  [[nodiscard]] bool is_informational() const { return status >= 100 && status < 200 && status != 101; }
};

/// Finds head and end of one response of a service, fed in arbitrary pieces. Pure. One object per response,
/// informational ones included. A head longer than the parser's limit for the whole process fails.
class response_reader {
public:
  enum class progress { in_head, in_body, complete, failed };

  /// `to_head`: the request was HEAD, so that no body follows whatever the head says.
  explicit response_reader(bool to_head);
  response_reader(const response_reader&) = delete;
  response_reader& operator=(const response_reader&) = delete;

  /// Takes bytes up to the end of the head, to that of the response, to the first fault or to the end of
  /// `bytes`; returns how many.
  std::size_t feed(std::string_view bytes);

  /// No more comes. Ends a body that ends so, fails what is incomplete.
  void end_of_input();

  /// The content in the bytes last fed, without its framing; valid as long as they are.
  [[nodiscard]] const std::vector<std::string_view>& content() const { return content_; }

  [[nodiscard]] progress where() const { return progress_; }
  /// Of a counted body, in bytes.
  [[nodiscard]] std::uint64_t body_left() const { return body_left_; }
  /// So many bytes of a counted body, fewer than are left, go another way than through `feed`.
  void pass_over(std::uint64_t bytes) { body_left_ -= bytes; }

  /// Whole once the head is over.
  [[nodiscard]] const response_head& head() const { return head_; }

private:
  static const http_parser_settings* callbacks();
  static response_reader& self(http_parser* parser) { return *static_cast<response_reader*>(parser->data); }
  std::size_t execute(std::string_view bytes);
  std::size_t take_counted(std::string_view bytes);
  void head_is_over();

  http_parser parser_;
  bool to_head_;
  bool value_began_ = false;
  progress progress_ = progress::in_head;
  response_head head_;
  std::uint64_t body_left_ = 0;
  std::vector<std::string_view> content_;
};

} // namespace sandboxd::ports
