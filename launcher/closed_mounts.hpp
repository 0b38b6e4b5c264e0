#pragma once

namespace sandboxd::launcher {

/// For the spawner, before it forks anything: gives the calling process, which must have no other thread, a
/// mount namespace in which no control group can be written, so that nothing below it that cannot mount
/// leaves its group. Mounts that are made outside appear in it, its own nowhere else.
///
/// Returns the errno of what prevented it, else 0. Then nothing can be said of who is in which group.
int close_control_groups();

} // namespace sandboxd::launcher
