#pragma once

#include <caf/allowed_unsafe_message_type.hpp>

#include <string>

namespace sandboxd::supervision {

/// The message behind `directory::inject_fault`. The actor base answers it by throwing.
struct injected_fault {
  std::string text;
};

} // namespace sandboxd::supervision

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(sandboxd::supervision::injected_fault)
