#pragma once

#include "supervision/verdict.hpp"
#include "tests/supervision/otp/script.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace sandboxd::supervision::differential {

/// What happened in one script: (step, channel) -> lines in order. Step 0 is the start of the tree; the
/// channel is the path of the supervisor that acted, or "reply".
using log = std::map<std::pair<int, std::string>, std::vector<std::string>>;

/// What a script put to the test.
struct coverage {
  bool slid = false;            ///< a restart left a window
  bool hit_edge = false;        ///< a restart was exactly `period` seconds old when another came
  bool escalated = false;       ///< a nested supervisor gave up
  bool escalated_twice = false; ///< and the top supervisor too
  std::size_t restarts = 0;
};

/// Plays a script on this library's supervisors, in virtual time, with the given restart rule.
log play(const script& script, const restart_rule& rule, coverage& covered);

/// Makes what is nobody's promise the same everywhere: the order of replies to different callers and of
/// dynamic children; and whether a supervisor that gives up is still asked to stop by its parent in the same
/// instant.
void normalize(log& lines, const script& script);

} // namespace sandboxd::supervision::differential
