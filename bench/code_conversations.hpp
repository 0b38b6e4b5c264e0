#pragma once

#include "bench/clock_lines.hpp"
#include "bench/code_cell.hpp"
#include "bench/tally.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sandboxd::bench {

/// Contexts of one language, one after the other.
struct context_series {
  cell first;              ///< what each context is given to run
  std::size_t untimed = 0; ///< contexts made before any is timed, to use up the executors started ahead
  std::size_t most = 0;    ///< contexts timed, 0 = as many as there is time for
  std::size_t pool = 0; ///< executors started ahead that each context finds, 0 = whatever there is: each is
                        ///< then kept, otherwise deleted, untimed, before the pool is waited for
};

/// Creates contexts and runs code in each: times the creation, and as `ready` the creation and the run.
class context_maker : public conversation {
public:
  context_maker(tally& results, context_series series);

  std::optional<std::string> next() override;
  void finished(const answer& whole) override;

private:
  enum class step { creation, run, deletion, look_at_pool };

  bool is_timed() const { return made_ > series_.untimed; }
  void created(const answer& whole);
  void ran(const answer& whole);
  void saw_pool(const answer& whole);
  void fail(const std::string& failure);

  tally& results_;
  context_series series_;
  step step_ = step::creation;
  std::string context_;
  std::size_t made_ = 0;
  std::chrono::nanoseconds creation_{};
};

/// What the conversations of one volley share: when it began, and how many answers are still to come.
struct volley {
  std::chrono::steady_clock::time_point began;
  std::size_t open = 0;
};

/// One of many that create a context at once; in the next slice, untimed, all delete theirs.
class volley_member : public conversation {
public:
  volley_member(tally& results, std::shared_ptr<volley> all, std::string_view language);

  std::optional<std::string> next() override;
  void finished(const answer& whole) override;

private:
  tally& results_;
  std::shared_ptr<volley> all_;
  std::string request_;
  std::optional<std::string> context_;
  bool asked_ = false;
};

/// Runs code that prints `clock_lines` again and again, and times each line from being printed to being here.
class printed_lines : public conversation {
public:
  printed_lines(tally& results, std::string request, std::size_t lines);

  std::optional<std::string> next() override;
  bool go_on(const answer& part) override;
  void finished(const answer& whole) override;

private:
  void take(std::string_view body);

  tally& results_;
  std::string request_;
  std::size_t expected_;
  clock_lines lines_;
  std::size_t seen_ = 0;
  std::string failure_;
};

} // namespace sandboxd::bench
