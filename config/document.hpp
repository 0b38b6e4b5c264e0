#pragma once

#include "config/load.hpp"

#include <string>

/// The texts that are derived from the table of keys. Pure; any thread.
namespace sandboxd::config {

/// `--help`.
std::string help();

/// `--version`, one line.
std::string version();

/// `--print-config`: a configuration file that has the same effect, with the source of each value as a
/// comment.
std::string effective_file(const configuration& current);

/// `--print-template`: the shipped `config/sandboxd.conf`, every key with its documentation and default.
std::string shipped_file();

} // namespace sandboxd::config
