#include "actors/interpreter_tree.hpp"

#include "actors/context_manager.hpp"
#include "actors/executor_pool.hpp"
#include "actors/fork_server.hpp"
#include "actors/transpiler.hpp"
#include "actors/tree_parts.hpp"
#include "supervision/spawn.hpp"
#include "supervision/supervisor.hpp"

#include <string>
#include <utility>

namespace sandboxd::actors {

namespace {

using supervision::supervised;

/// A pool that crashes has forgotten who has its executors: they are restarted with it, and contexts lose
/// theirs.
supervision::child_spec pool_tree(const services_ptr& context, language spoken) {
  const auto settings = context->settings();
  auto tree = with_limits(settings->supervision);
  tree.strategy = supervision::strategy::rest_for_one;
  tree.children = {worker("pool", supervised(executor_pool_behavior, context, spoken)),
                   dynamic_supervisor("executors", settings->supervision)};
  if (spoken == language::python)
    tree.children.push_back(worker("fork-server", supervised(fork_server_behavior, context)));
  if (spoken == language::typescript)
    tree.children.push_back(worker("transpiler", supervised(transpiler_behavior, context)));
  return supervision::supervisor_child(std::string(name_of(spoken)), std::move(tree));
}

} // namespace

supervision::child_spec interpreter_tree(const services_ptr& context) {
  const auto settings = context->settings();
  auto tree = with_limits(settings->supervision);
  for (const auto spoken : interpreters::every_language)
    tree.children.push_back(pool_tree(context, spoken));
  tree.children.push_back(dynamic_supervisor("contexts", settings->supervision));
  tree.children.push_back(worker("context-manager", supervised(context_manager_behavior, context)));
  return supervision::supervisor_child("interpreters", std::move(tree));
}

} // namespace sandboxd::actors
