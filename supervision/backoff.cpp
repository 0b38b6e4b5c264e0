#include "supervision/backoff.hpp"

#include <algorithm>
#include <cmath>
#include <random>

namespace sandboxd::supervision {

double default_random() {
  thread_local std::minstd_rand generator{std::random_device{}()};
  return std::uniform_real_distribution<double>{0.0, 1.0}(generator);
}

std::chrono::milliseconds backoff::next_delay(clock::time_point alive_since, clock::time_point now) {
  if (!policy_.enabled())
    return std::chrono::milliseconds{0};
  if (now - alive_since >= policy_.reset_after)
    reset();
  // pow() reaches infinity, not undefined behaviour, however many failures there were; min() tames it.
  const auto grown = static_cast<double>(policy_.initial.count()) * std::pow(policy_.multiplier, failures_);
  const auto ceiling = std::min(grown, static_cast<double>(policy_.maximum.count()));
  const auto delay = ceiling * (1.0 - policy_.jitter * random_());
  ++failures_;
  return std::chrono::milliseconds{std::llround(delay)};
}

} // namespace sandboxd::supervision
