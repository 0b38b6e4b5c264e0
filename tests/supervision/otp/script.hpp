#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace sandboxd::supervision::differential {

// clang-format off
/// One line of a script, split at blanks. Paths name places in the tree, "top/s1/w2"; the last part is the
/// child's id, the rest its supervisor.
///
/// Lines that describe the tree, children in start order after their supervisor:
///
///     supervisor PATH RESTART STRATEGY INTENSITY PERIOD_S CHILD_RESTART CHILD_SHUTDOWN
///                        the last two for `dynamic` only, where all children share them; else "-"
///     worker PATH RESTART SHUTDOWN MANNER START_MS
///         SHUTDOWN       brutal_kill or a grace in ms
///         MANNER         what it does when asked to stop: obey, normal (ends normally), fail (ends with an
///                        error), slow:MS (ends after that time), stubborn (does not end)
///         START_MS       how long its start takes
///
/// Lines that let something happen; all messages are handled between two of them:
///
///     advance MS
///     fail_next PATH COUNT                  the next starts of this worker fail
///     crash PATH REASON                     REASON: normal, shutdown, detail (shutdown with words), boom, killed
///     crash_both PATH REASON PATH REASON    two children of one supervisor, before it has noticed either
///     crash_and PATH REASON COMMAND...      a crash, and the command is sent before the supervisor has noticed
///     start PATH RESTART SHUTDOWN MANNER START_MS | terminate PATH | restart PATH | delete PATH
// clang-format on
using script_line = std::vector<std::string>;

/// A tree and what happens to it.
struct script {
  std::vector<script_line> tree;
  std::vector<script_line> steps;
};

/// Makes script number `number` of the series `seed`.
script make_script(std::uint64_t seed, std::uint64_t number);

/// Writes scripts the way otp_harness.erl reads them.
void write(std::ostream& out, const std::vector<script>& scripts);

/// "top/s1" of "top/s1/w2", "" of "top".
std::string parent_of(const std::string& path);

/// "w2" of "top/s1/w2".
std::string id_of(const std::string& path);

} // namespace sandboxd::supervision::differential
