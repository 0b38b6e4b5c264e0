#pragma once

#include "launcher/workload_groups.hpp"

#include <exception>
#include <string>
#include <unistd.h>

namespace sandboxd::testing {

/// Why workloads cannot be told from clients of this machine; empty when they can.
inline std::string why_not_marked() {
  if (::geteuid() != 0)
    return "needs root, to mark workloads";
  try {
    launcher::workload_groups::make({});
  } catch (const std::exception& reason) {
    return std::string("workloads cannot be marked here: ") + reason.what();
  }
  return {};
}

/// Why this machine does not let workloads be limited in everything; empty when it does.
inline std::string why_not_limited() {
  if (::geteuid() != 0)
    return "needs root, to make control groups";
  try {
    if (const auto made = launcher::workload_groups::make({}); !made->problems().empty())
      return "not all can be limited here: " + made->problems().front();
  } catch (const std::exception& reason) {
    return std::string("there are no control groups: ") + reason.what();
  }
  return {};
}

} // namespace sandboxd::testing
