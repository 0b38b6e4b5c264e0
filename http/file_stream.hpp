#pragma once

#include "actors/file_client.hpp"
#include "http/call.hpp"
#include "http/file_operation.hpp"
#include "http/paced_body.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

namespace sandboxd::http {

/// Answers a request for a file with events (HTTP.md 6.4): `metadata`, `chunk` for each piece, at last
/// exactly one `complete` or `error`. One piece at a time is read, when the client has taken the ones before.
class file_stream : public std::enable_shared_from_this<file_stream> {
public:
  static void start(const call& incoming, std::shared_ptr<actors::open_file> file);

  /// Answers that the file could not be opened; `path` as the client wrote it.
  static void fail(const call& incoming, const actors::failure& reason, const std::string& path);

  /// Answers with one `error` event.
  static void refuse(const call& incoming, const std::string& message);

private:
  explicit file_stream(std::shared_ptr<actors::open_file> file);

  void read_on();
  void on_read(actors::result_of<std::string> result);
  [[nodiscard]] std::string chunk_event(std::string bytes, bool is_last);
  [[nodiscard]] body_piece next_piece();

  const std::shared_ptr<actors::open_file> file_;
  const bool as_text_;

  std::mutex mutex_;
  std::weak_ptr<paced_body> body_;
  std::string ready_; // events to send
  bool reading_ = false;
  bool ended_ = false;
  std::string carried_; // the beginning of a character whose rest is in the next piece
  std::uint64_t bytes_read_ = 0;
};

} // namespace sandboxd::http
