#pragma once

#include "actors/services.hpp"
#include "config/settings.hpp"
#include "http/admission.hpp"
#include "http/server_hooks.hpp"

namespace sandboxd::daemon {

/// The rule that the settings ask for. Reads the token's file. Throws std::runtime_error that names the file
/// and what is wrong with it.
[[nodiscard]] http::admission_rule read_admission_rule(const config::http_settings& settings);

/// Where a connection comes from. Of one from this machine (over a Unix socket: from this PID namespace) the
/// kernel tells whether a workload has made it; where workloads are not marked
/// (`actors::services::workloads_are_marked`) everybody there counts as one, and so does who has connected to
/// the Unix socket and is gone, or whom the kernel does not tell (`launcher::knows_connectors`). System calls
/// that do not wait; any thread.
[[nodiscard]] http::origin find_origin(const actors::services& context, const http::peer& from);

/// Whether that is known to be a workload, and no client of this machine that counts as one and may bring the
/// token. Likewise.
[[nodiscard]] bool is_surely_workload(const actors::services& context, const http::peer& from);

/// Has a server ask both.
void tell_workloads(http::server_hooks& hooks, const actors::services_ptr& context);

} // namespace sandboxd::daemon
