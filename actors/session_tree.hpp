#pragma once

#include "actors/messages.hpp"
#include "actors/services.hpp"
#include "supervision/child_spec.hpp"

#include <string>

namespace sandboxd::actors {

/// The tree of one session as a child of the `sessions` supervisor: rest_for_one over session, init and
/// shell, so that a lost init takes the shell with it, and a crashed session both. It is temporary: a session
/// that fails too often
/// (`supervision.session-intensity`) is gone, and nobody else notices.
/// `control_directory`: where the shell's control files go.
supervision::child_spec session_tree(std::string child_id, const services_ptr& context,
                                     const session_options& options, const std::string& control_directory);

} // namespace sandboxd::actors
