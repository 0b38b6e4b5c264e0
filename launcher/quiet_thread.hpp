#pragma once

#include <functional>
#include <thread>

namespace sandboxd::launcher {

/// A thread that no signal interrupts: those are for the threads that know what to do with them. Throws
/// std::system_error when there is none to be had.
std::thread quiet_thread(std::function<void()> work);

} // namespace sandboxd::launcher
