#pragma once

#include "actors/process_client.hpp"
#include "http/call.hpp"
#include "http/json_string.hpp"
#include "http/paced_body.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

namespace sandboxd::http {

/// Where a follower of a process wants to begin, in bytes of each stream.
struct log_offsets {
  std::uint64_t out = 0;
  std::uint64_t err = 0;
};

/// Follows a background process (HTTP.md 5.5): what it has written so far, what it writes, at last how it
/// ended. A client that does not read holds nobody up: what it misses is told in its place.
class process_stream : public std::enable_shared_from_this<process_stream> {
public:
  static void start(const call& incoming, actors::tracked_process_ptr process, log_offsets from);

private:
  process_stream(call incoming, actors::tracked_process_ptr process, log_offsets from);

  /// One of its streams, as far as this client has it.
  struct stream {
    std::uint64_t position = 0;
    json_string_encoder encoder{json_charset::ascii};
  };

  [[nodiscard]] body_piece next_piece();
  [[nodiscard]] std::string next_event(bool is_error_stream);
  [[nodiscard]] std::string output_event(bool is_error_stream, std::uint64_t offset,
                                         std::string_view data) const;
  [[nodiscard]] std::string info_event() const;
  [[nodiscard]] std::string last_events();

  const call call_;
  const actors::tracked_process_ptr process_;

  std::mutex mutex_;
  std::weak_ptr<paced_body> body_;
  std::shared_ptr<const void> following_;
  bool begun_ = false;
  bool error_stream_next_ = false;
  stream out_;
  stream err_;
};

} // namespace sandboxd::http
