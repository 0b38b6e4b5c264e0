#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

/// The rules for what workloads send, in the language of nft(8). Pure; any thread.
namespace sandboxd::launcher {

/// What workloads may reach: addresses, and blocks of them, as `config::read_destinations` takes them.
struct allowed_addresses {
  std::vector<std::string> ipv4;
  std::vector<std::string> ipv6;

  friend bool operator==(const allowed_addresses&, const allowed_addresses&) = default;
};

/// A table that ends with the socket it is made by, and refuses what workloads send but
///  - to what is allowed, which is nothing as yet;
///  - to this machine, except to name servers (port 53), which would ask others;
///  - on TCP connections that are there: those of others to a service in the sandbox.
/// Workloads are who is in `group`, of control groups of version 2, `level` levels below the root of the
/// hierarchy. Throws std::invalid_argument when the group's name cannot be said in that language.
std::string make_rules(const std::string& table, const std::filesystem::path& group, unsigned level);

/// Allows these instead of those before, in one step.
std::string change_allowed(const std::string& table, const allowed_addresses& to);

/// Takes the table away.
std::string remove_rules(const std::string& table);

} // namespace sandboxd::launcher
