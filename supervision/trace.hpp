#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace sandboxd::supervision {

/// Number of a trace, as W3C Trace Context and OpenTelemetry have it; never 0.
struct trace_id {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
};

/// 32 lower-case hexadecimal digits.
[[nodiscard]] std::string to_string(const trace_id& id);

/// The number of a span as 16 of them.
[[nodiscard]] std::string span_text(std::uint64_t span);

/// What a client says of the trace its request belongs to.
struct trace_parent {
  trace_id id;
  std::uint64_t span = 0;  ///< the client's, never 0
  bool is_sampled = false; ///< the client records it, and wants others to
};

/// Reads a header `traceparent` (W3C Trace Context, version 00 and what later ones keep of it); nothing when
/// it is malformed.
[[nodiscard]] std::optional<trace_parent> parse_trace_parent(std::string_view header);

/// Where an actor lives in the tree, such as "/root/sandbox/launcher"; shared, as there is one text of it and
/// many who name it.
using actor_path = std::shared_ptr<const std::string>;

/// One step of what is done for a request.
struct span {
  using clock = std::chrono::steady_clock;

  std::uint64_t id = 0; ///< unique in its trace, from 2: 1 is the request itself
  std::uint64_t parent = 1;
  /// What is done, such as "command"; of a message its type as the compiler names it. Of static storage: many
  /// spans are recorded, few are read.
  const char* name = "";
  bool is_message = false;             ///< an actor handles a message; else work that takes longer than that
  actor_path path;                     ///< of the actor; null: none
  pid_t process = 0;                   ///< that does it, as this process sees its number; 0: none
  std::string text;                    ///< how it ended, or what it was about
  std::chrono::microseconds waited{0}; ///< of a message, before it was handled
  clock::time_point begin;
  std::optional<clock::time_point> end; ///< nothing: it is under way
};

/// Its name for people: of a message the plain name of its type, such as "run_command", or "answer".
[[nodiscard]] std::string shown_name(const span& one);

/// Which request it is: those that a client makes for one purpose may share a trace, and even a request id.
struct trace_context {
  trace_id id;
  std::uint64_t span = 1;   ///< of this request alone; never 0
  std::uint64_t parent = 0; ///< the client's; 0: it named none
};

/// The request that a trace is of.
struct traced_request {
  std::string request_id;
  std::string method;
  std::string path; ///< without the query
  std::string client;
};

/// What was done for one request: by which actors, with which processes, when. Bounded. Every member may be
/// called from any thread.
class trace {
public:
  using clock = span::clock;

  static constexpr std::size_t most_spans = 256;
  static constexpr std::size_t longest_text = 200; ///< bytes

  /// `records`: whether spans are kept; without, it only tells of the request. `began`: when its first byte
  /// came.
  trace(traced_request about, const trace_context& context, bool records,
        clock::time_point began = clock::now());

  [[nodiscard]] const traced_request& about() const noexcept { return about_; }
  [[nodiscard]] const trace_context& context() const noexcept { return context_; }
  [[nodiscard]] clock::time_point began() const noexcept { return began_; }
  [[nodiscard]] bool records() const noexcept { return records_; }

  /// Begins a span, whose number is given. Returns the number, 1 (which is the request's) when there is no
  /// room.
  std::uint64_t begin(span one);
  /// Ends a span, once; a text that is not empty replaces the one it has.
  void end(std::uint64_t span, std::string_view text = {});

  /// The answer has left, or never will: `outcome` in words.
  void finish(int status, std::uint64_t bytes_out, std::string outcome);

  /// `cut()` ends the request before its answer is whole; it must not block.
  void can_be_cut(std::function<void()> cut);
  /// Ends it; false when it has ended, or cannot be.
  bool cut() const;

  /// The client is to take bytes of the answer, or has taken some.
  void waits_for_client(bool waits) noexcept;

  /// How it is at one moment.
  struct view {
    traced_request about;
    trace_context context;
    bool records = false;
    std::chrono::system_clock::time_point started; ///< the time of day at `began`
    clock::time_point began;
    std::optional<clock::time_point> ended;                 ///< nothing: it is under way
    std::optional<std::chrono::microseconds> client_stalls; ///< it has taken nothing for so long
    int status = 0;
    std::uint64_t bytes_out = 0;
    std::string outcome;
    std::vector<span> spans; ///< as they began
    std::uint64_t lost = 0;  ///< spans for which there was no room
  };
  [[nodiscard]] view look(clock::time_point now = clock::now()) const;

  /// The same without its spans.
  [[nodiscard]] view glance(clock::time_point now = clock::now()) const;

  /// Whether an actor of that path took part.
  [[nodiscard]] bool has_visited(std::string_view path) const;

private:
  [[nodiscard]] view look_locked(clock::time_point now) const;

  const traced_request about_;
  const trace_context context_;
  const bool records_;
  const clock::time_point began_;
  const std::chrono::system_clock::time_point started_;
  std::atomic<clock::rep> client_waited_for_since_{0}; // 0: it is not

  mutable std::mutex mutex_; // of what follows; held for copies of short strings only
  std::vector<span> spans_;
  std::uint64_t lost_ = 0;
  std::optional<clock::time_point> ended_;
  int status_ = 0;
  std::uint64_t bytes_out_ = 0;
  std::string outcome_;
  std::function<void()> cut_; // empty once it has ended
};

using trace_ptr = std::shared_ptr<trace>;

/// The step for which the code that runs now works; without a trace: none is recorded.
struct trace_origin {
  trace_ptr of;
  std::uint64_t span = 1;

  explicit operator bool() const noexcept { return of != nullptr; }
};

/// What this thread works for. What it sends to actors is done for the same request.
[[nodiscard]] const trace_origin& current_origin() noexcept;

/// As long as this lives its thread works for `origin`.
class trace_scope {
public:
  explicit trace_scope(trace_origin origin) noexcept;
  /// For the request itself; null: for none.
  explicit trace_scope(const trace_ptr& request) noexcept
      : trace_scope(request && request->records() ? trace_origin{request} : trace_origin{}) {}
  trace_scope(const trace_scope&) = delete;
  trace_scope& operator=(const trace_scope&) = delete;
  ~trace_scope();

private:
  const trace_origin origin_;
  const trace_origin* const before_;
};

/// Work that takes longer than one message: a span from its making to `end`, or to its destruction. Any
/// thread.
class traced_work {
public:
  /// Nothing is recorded when `origin` names no trace.
  /// `name` is of static storage.
  traced_work(const trace_origin& origin, const char* name, actor_path path, pid_t process = 0,
              std::string_view text = {});
  traced_work(const traced_work&) = delete;
  traced_work& operator=(const traced_work&) = delete;
  ~traced_work() { end(); }

  void end(std::string_view text = {}) const;

  /// What is done for this work.
  [[nodiscard]] const trace_origin& origin() const noexcept { return origin_; }

private:
  trace_origin origin_;
};

} // namespace sandboxd::supervision
