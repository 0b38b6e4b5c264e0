// Prints what the daemon tells a fork server of confinement: the capabilities, a space, the filter of system
// calls in hexadecimal digits. For tests that play the daemon.

#include "launcher/confinement.hpp"

#include <cstdio>
#include <span>

int main() {
  const auto limits = sandboxd::launcher::make_confinement(false, false);
  std::printf("%llu ", static_cast<unsigned long long>(limits.capabilities));
  for (const auto byte : std::as_bytes(std::span(limits.filter)))
    std::printf("%02x", std::to_integer<unsigned>(byte));
}
