#pragma once

#include "bench/connection.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sandboxd::bench {

/// The bytes of one request with a JSON body; an empty body sends none. `fields` are further header fields,
/// each with its line end.
std::string http_request(std::string_view method, std::string_view path, std::string_view body = {},
                         std::string_view fields = {});

/// One answer, or as much of it as has arrived.
struct answer {
  int status = 0;                     ///< 0 when the connection failed before the head was complete
  std::string_view body;              ///< decoded; valid during the call only
  std::chrono::nanoseconds elapsed{}; ///< since the request was handed to the kernel
  std::string error;                  ///< why there is no whole answer; empty when there is one
};

/// What one connection asks and what it thinks of the answers: one request at a time, the next after the
/// answer to the last. Called by the thread that runs the client.
class conversation {
public:
  conversation() = default;
  conversation(const conversation&) = delete;
  conversation& operator=(const conversation&) = delete;
  virtual ~conversation() = default;

  /// The next request, nothing when this conversation rests.
  virtual std::optional<std::string> next() = 0;

  /// Sees an unfinished answer grow. Returns false to leave: the connection is closed mid-way and
  /// `finished` is not called.
  virtual bool go_on(const answer& part);

  /// Takes the whole answer, or its failure.
  virtual void finished(const answer& whole) = 0;
};

/// Drives conversations over keep-alive connections, one connection each, on the calling thread.
class client {
public:
  /// `patience`: an answer that takes longer is a failure.
  client(const endpoint& server, const std::vector<conversation*>& conversations,
         std::chrono::milliseconds patience);
  ~client();
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  /// Runs until every conversation rests. Connections stay open for the next run. Throws std::system_error
  /// when a connection cannot be opened.
  void run();

private:
  struct line;

  void start_next(line& it);
  void finish(line& it, std::string error);
  void ready(line& it, unsigned events);
  void reopen(line& it);
  void watch(const line& it, int operation, unsigned events) const;
  void end_overdue();

  std::vector<std::unique_ptr<line>> lines_;
  std::chrono::milliseconds patience_;
  int epoll_ = -1;
  std::size_t busy_ = 0;
};

/// An answer that outlives its connection.
struct reply {
  int status = 0;
  std::string body;
  std::chrono::nanoseconds elapsed{};
  std::string error; ///< as in `answer`
};

/// Asks one question over a connection of its own and waits for the answer. Throws std::system_error when
/// nobody listens.
reply ask(const endpoint& server, std::string request, std::chrono::milliseconds patience);

} // namespace sandboxd::bench
