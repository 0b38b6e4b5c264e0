#pragma once

#include "config/destination.hpp"
#include "launcher/egress_rules.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace sandboxd::launcher {

/// Of one name; further ones are left out.
inline constexpr std::size_t most_addresses_of_name = 64;

/// What a look-up of a name has found.
struct looked_up {
  std::vector<std::string> ipv4;
  std::vector<std::string> ipv6;
  /// Addresses that no name may stand for (`may_stand_for_name`), and those beyond `most_addresses_of_name`.
  std::size_t left_out = 0;
  std::string problem; ///< why nothing is known; empty: what there is, is known

  friend bool operator==(const looked_up&, const looked_up&) = default;
};

/// Asks the system's resolver (getaddrinfo(3)). Blocks, for as long as that is set to. Any thread.
looked_up look_up(const std::string& name);

/// Whether a name server's word is enough for that: not for the loopback, where other name servers and the
/// services of others are, nor for a link or another address by which clouds tell their machines secrets, nor
/// for many at once.
bool may_stand_for_name(std::string_view address);

/// What workloads may reach at the moment. Pure.
class host_addresses {
public:
  explicit host_addresses(const std::vector<config::destination>& allowed);

  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }

  /// Takes what has been found. After a problem what was known before stays. Returns whether anything is new.
  bool update(const std::string& name, looked_up found);

  /// The fixed ones and those of the names.
  [[nodiscard]] allowed_addresses all() const;

  /// The text of a hosts(5) file: that of the machine, and the names below it.
  [[nodiscard]] std::string hosts_file(std::string_view of_machine) const;

private:
  allowed_addresses fixed_;
  std::vector<std::string> names_;
  std::map<std::string, looked_up> found_;
};

} // namespace sandboxd::launcher
