#pragma once

#include "launcher/workload_groups.hpp"

#include <exception>
#include <string>
#include <unistd.h>

namespace sandboxd::testing {

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
