#pragma once

#include "inspector/sandboxctl/documents.hpp"
#include "inspector/sandboxctl/styled_line.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sandboxd::sandboxctl {

struct supervision_figures {
  std::string strategy;
  std::uint64_t intensity = 0; ///< restarts allowed within the period
  std::uint64_t period_seconds = 0;
  std::uint64_t used = 0;
  std::int64_t left = 0; ///< below zero: it has given up
};

/// Times in microseconds.
struct mailbox_figures {
  std::uint64_t depth = 0;
  std::uint64_t high_water = 0;
  std::uint64_t received = 0;
  std::uint64_t handled = 0;
  std::uint64_t oldest = 0;
  std::uint64_t handling = 0;
  std::uint64_t longest_handling = 0;
};

/// As the interface's schema Actor; what is not there is empty.
struct actor {
  std::string path;
  std::string kind;
  std::string phase;
  std::string status;
  std::vector<std::pair<std::string, std::string>> details;
  std::string last_error;
  std::uint64_t restarts = 0;
  std::string started_at;
  std::string restart_due;
  std::int64_t pid = 0;
  std::optional<supervision_figures> supervisor;
  mailbox_figures mailbox;
};

[[nodiscard]] actor read_actor(const json& document);

/// What an actor has that most have not, e.g. restarts or a deep mailbox.
struct remark {
  std::string text;
  tone how = tone::warning;
};

[[nodiscard]] std::vector<remark> remarks_on(const actor& one);

} // namespace sandboxd::sandboxctl
