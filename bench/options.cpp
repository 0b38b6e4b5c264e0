#include "bench/options.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace sandboxd::bench {

options::options(const std::vector<std::string>& arguments, const std::vector<std::string_view>& known) {
  for (auto argument = arguments.begin(); argument != arguments.end(); ++argument) {
    if (*argument == "--") {
      command_.assign(argument + 1, arguments.end());
      return;
    }
    const auto equals = argument->find('=');
    const auto name = argument->substr(0, equals);
    if (equals == std::string::npos || !name.starts_with("--") ||
        std::find(known.begin(), known.end(), std::string_view(name).substr(2)) == known.end())
      throw std::invalid_argument("unknown argument: " + *argument);
    values_[name.substr(2)] = argument->substr(equals + 1);
  }
}

std::string options::text(std::string_view name, std::string_view fallback) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::string(fallback) : found->second;
}

double options::number(std::string_view name, double fallback) const {
  const auto found = values_.find(name);
  if (found == values_.end())
    return fallback;
  std::size_t read = 0;
  double value = -1;
  try {
    value = std::stod(found->second, &read);
  } catch (const std::logic_error&) {
    read = 0;
  }
  if (read == 0 || read != found->second.size() || !std::isfinite(value) || value < 0)
    throw std::invalid_argument("not a number: --" + found->first + "=" + found->second);
  return value;
}

} // namespace sandboxd::bench
