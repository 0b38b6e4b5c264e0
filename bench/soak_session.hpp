#pragma once

#include "bench/client.hpp"

#include <array>
#include <string>
#include <string_view>

namespace sandboxd::bench {

/// What a soak does to a session.
enum class soak_kind {
  builtin,     ///< counts in a shell variable: shows as well that the state of the session is intact
  fork,        ///< `/bin/true`
  megabyte,    ///< prints 1,000,000 bytes
  background,  ///< leaves a job behind that prints later: its output must appear nowhere
  timeout,     ///< runs into its time limit: the shell and its variables must survive
  exit,        ///< ends the shell: the next command finds a fresh one
  left_stream, ///< a stream whose client goes away after the first output
};

inline constexpr std::array soak_kinds{soak_kind::builtin,    soak_kind::fork,    soak_kind::megabyte,
                                       soak_kind::background, soak_kind::timeout, soak_kind::exit,
                                       soak_kind::left_stream};

/// The name of a kind in options and results.
std::string_view name_of(soak_kind kind);

/// One session of dialect B (created by its first command) as its only client knows it: makes requests and
/// says what is wrong with the answers. Requests must be answered before the next is made.
class soak_session {
public:
  explicit soak_session(std::string id) : id_(std::move(id)) {}

  /// The next request of this kind.
  std::string request(soak_kind kind);

  /// What is wrong with the answer to the last request; empty when nothing is. After a wrong answer the
  /// expected count is resumed from the next answer, so that one fault is not reported twice.
  std::string check(soak_kind kind, const answer& whole);

  /// True when the unfinished answer of a `left_stream` has brought its first output, as it should.
  static bool brought_output(const answer& part);

private:
  std::string check_count(const answer& whole);
  std::string check_timeout(const answer& whole) const;
  std::string check_exit(const answer& whole) const;

  std::string id_;
  long count_ = 0; ///< value of the shell's variable, -1 when unknown
};

} // namespace sandboxd::bench
