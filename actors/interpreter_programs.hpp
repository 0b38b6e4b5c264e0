#pragma once

#include "actors/services.hpp"
#include "launcher/confinement.hpp"
#include "launcher/program.hpp"

#include <optional>
#include <string>

/// The programs of the code interpreter as they are to be started.
namespace sandboxd::actors {

/// The exit code of these programs (of env(1), which starts them) when there is none of the configured name.
inline constexpr int no_such_program = 127;

/// The fork server of Python; its control socket is descriptor 3, and 4 a file with the filter of system
/// calls for its forks, if they have `limits`; then come the directories of `services::workload_groups`, if
/// there are any. `isolate`: they get namespaces of their own.
[[nodiscard]] launcher::program fork_server_program(const services& context, bool isolate,
                                                    const std::optional<launcher::confinement>& limits);

/// An executor of JavaScript, and of TypeScript transpiled; requests on descriptor 3, events on 4.
[[nodiscard]] launcher::program node_executor_program(const services& context);

/// The transpiler of TypeScript; descriptors likewise.
[[nodiscard]] launcher::program transpiler_program(const services& context);

} // namespace sandboxd::actors
