#pragma once

#include "bench/checks.hpp"
#include "bench/client.hpp"
#include "bench/process_count.hpp"
#include "bench/tally.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <sys/types.h>

namespace sandboxd::bench {

/// Sends the same request again and again.
class repetition : public conversation {
public:
  repetition(tally& results, std::string request, answer_check verdict);

  std::optional<std::string> next() override;
  void finished(const answer& whole) override;

protected:
  tally& results() { return results_; }

private:
  tally& results_;
  std::string request_;
  answer_check verdict_;
};

/// The same for a stream, whose first output is timed as well.
class stream_repetition : public repetition {
public:
  using repetition::repetition;

  bool go_on(const answer& part) override;
  void finished(const answer& whole) override;

private:
  std::optional<std::chrono::nanoseconds> first_output_;
};

/// One step after the other, each with a request of its own. What a step has made is undone, untimed, before
/// the next, and the server left to rest, if its process is given.
class succession : public conversation {
public:
  struct step {
    std::string request;
    answer_check verdict;
    std::string undo;          ///< empty: nothing is to be undone
    answer_check undo_verdict; ///< empty: whatever the answer is
  };
  using step_maker = std::function<step(int number)>;

  /// `server`: its process; 0: it is not waited for.
  succession(tally& results, step_maker make_step, pid_t server = 0);

  std::optional<std::string> next() override;
  void finished(const answer& whole) override;

private:
  void let_rest();

  tally& results_;
  step_maker make_step_;
  process_count processes_;
  step current_;
  int number_ = 0;
  bool undoing_ = false;
};

} // namespace sandboxd::bench
