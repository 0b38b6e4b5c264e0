#pragma once

#include <string>
#include <string_view>

/// Where the sandbox's actors live in the tree (`supervision::directory`).
namespace sandboxd::actors::paths {

inline const std::string sandbox = "/root/sandbox";
inline const std::string launcher = sandbox + "/launcher";
inline const std::string workload = sandbox + "/workload";
inline const std::string sessions = workload + "/sessions";
inline const std::string executions = workload + "/executions";
inline const std::string processes = workload + "/processes";
inline const std::string process_starter = workload + "/process-starter";
inline const std::string git = workload + "/git";
inline const std::string files = workload + "/files";
inline const std::string file_pool = files + "/pool";
inline const std::string ports = workload + "/ports";
inline const std::string port_watches = ports + "/watches";
inline const std::string port_registry = ports + "/registry";
inline const std::string watches = workload + "/watches";
inline const std::string watch_registry = workload + "/watch-registry";
inline const std::string session_manager = workload + "/session-manager";

inline const std::string interpreters = "/root/interpreters";
/// The pool of a language, by its canonical name.
inline std::string executor_pool(std::string_view language) {
  return interpreters + '/' + std::string(language) + "/pool";
}
inline const std::string fork_server = interpreters + "/python/fork-server";
inline const std::string transpiler = interpreters + "/typescript/transpiler";
inline const std::string contexts = interpreters + "/contexts";
inline const std::string context_manager = interpreters + "/context-manager";

/// The path of the parent of the actor at `path`.
inline std::string parent(std::string_view path) {
  return std::string(path.substr(0, path.rfind('/')));
}

/// The path of a sibling of the actor at `path`.
inline std::string sibling(std::string_view path, std::string_view id) {
  return parent(path) + '/' + std::string(id);
}

} // namespace sandboxd::actors::paths
