#pragma once

#include "supervision/journal.hpp"

#include <string>
#include <string_view>

namespace sandboxd::inspector {

/// One entry of the journal as a JSON object (`Event` in openapi.json).
[[nodiscard]] std::string event_document(const supervision::journal_event& event);

/// What a reader of the journal wants to see of it.
struct event_filter {
  std::string path; ///< of an actor: of it and all below; empty: of all
  std::string kind; ///< the name of a kind of event; empty: all
  std::string
      text; ///< that the event's words or path contain, whatever the case of ASCII letters; empty: all

  [[nodiscard]] bool passes(const supervision::journal_event& event) const;
};

/// Whether `path` is that of `top`, or of what is below it. An empty `top`, and "/", are above all.
[[nodiscard]] bool is_at_or_below(std::string_view path, std::string_view top);

/// Whether `text` contains `part`, whatever the case of ASCII letters.
[[nodiscard]] bool contains(std::string_view text, std::string_view part);

} // namespace sandboxd::inspector
