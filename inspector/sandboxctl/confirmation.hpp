#pragma once

#include "inspector/sandboxctl/commands.hpp"

#include <string>

namespace sandboxd::sandboxctl {

/// Throws `failure` when somebody has to be asked and nobody is there.
void require_somebody(const surroundings& with);

/// Says what will happen and asks whether it is to. Throws `failure` unless the answer is yes.
void confirm(const surroundings& with, const std::string& what_happens);

} // namespace sandboxd::sandboxctl
