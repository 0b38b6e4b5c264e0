#pragma once

#include "actors/watch_client.hpp"
#include "http/call.hpp"
#include "http/paced_body.hpp"
#include "http/watch_request.hpp"

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>

namespace sandboxd::http {

/// Answers a request to watch with events (HTTP.md 10.1): `watching`, then changes, at last `stopped` or
/// `error`. Before everything is watched, failures are plain error answers.
///
/// A client that does not read holds nobody up: it gets its next batch when the one before has left for the
/// kernel, and what the watch has no room for meanwhile is lost and logged. Memory: one batch here, one
/// there.
class watch_stream final : public actors::watch_reader, public std::enable_shared_from_this<watch_stream> {
public:
  watch_stream(call incoming, watch_request wanted)
      : call_(std::move(incoming)), wanted_(std::move(wanted)) {}

  void watching(const std::string& watch_id, actors::watch_control control) override;
  void changed(actors::watch_changes batch) override;
  void ended(actors::watch_changes rest, actors::watch_end how) override;
  void failed(actors::failure reason) override;

private:
  void add(actors::watch_changes batch);
  void pump();
  [[nodiscard]] body_piece next_piece();

  const call call_;
  const watch_request wanted_;

  /// Guards what follows: actors fill it, the connection's thread takes from it.
  std::mutex mutex_;
  std::string first_;
  std::vector<actors::watch_change> waiting_;
  std::size_t sent_ = 0; ///< of those
  std::string last_;
  /// Weak, since it holds this object as its source.
  std::weak_ptr<paced_body> body_;
};

} // namespace sandboxd::http
