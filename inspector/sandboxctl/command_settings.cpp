#include "inspector/sandboxctl/commands.hpp"
#include "inspector/sandboxctl/confirmation.hpp"
#include "inspector/sandboxctl/doctor_report.hpp"
#include "inspector/sandboxctl/figures.hpp"
#include "inspector/sandboxctl/overview.hpp"
#include "inspector/sandboxctl/pool_table.hpp"
#include "inspector/sandboxctl/setting_report.hpp"
#include "inspector/sandboxctl/terminal.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sandboxd::sandboxctl {

namespace {

constexpr const char* overview_path = "/inspector/api/overview";
constexpr const char* settings_path = "/inspector/api/settings";

using change = std::pair<std::string, std::string>;

json post_setting(const surroundings& with, const change& wanted) {
  auto answer = with.server.post(settings_path, {{"name", wanted.first}, {"value", wanted.second}});
  if (!with.wants_json)
    print(styled_line(fmt::format("{} is {} now", text_of(answer, "name"), text_of(answer, "value"))),
          with.view);
  return answer;
}

exit_code show_settings(const surroundings& with, const std::string& name) {
  const auto answer = with.server.get(settings_path);
  const auto found = settings_named(member(answer, "settings"), name);
  if (found.empty())
    throw failure(exit_code::refused,
                  fmt::format("There is no setting {}; sandboxctl settings shows all", name));
  const bool is_one = found.size() == 1 && text_of(found.front(), "name") == name;
  if (with.wants_json)
    print_raw(indented(is_one ? found.front() : json{{"settings", found}}));
  else
    print(is_one ? setting_report(found.front()) : setting_table(found),
          is_one ? uncut(with.view) : with.view);
  return exit_code::done;
}

exit_code show_pools(const surroundings& with, const std::string& language) {
  auto document = with.server.get(overview_path);
  auto pools = read_overview(document).pools;
  const auto is_other = [&](const std::string& name) { return !language.empty() && name != language; };
  std::erase_if(pools, [&](const pool& one) { return is_other(one.language); });
  if (pools.empty())
    throw failure(exit_code::refused,
                  language.empty() ? "There are no pools" : fmt::format("There is no pool of {}", language));
  auto shown = json::array();
  for (const auto& one : member(document, "pools"))
    if (!is_other(text_of(one, "language")))
      shown.push_back(one);
  if (with.wants_json)
    print_raw(indented(shown));
  else
    print(pool_table(pools), with.view);
  return exit_code::done;
}

/// The pool as it is, as far as the server tells.
std::optional<pool> fetch_pool(client& server, const std::string& language) {
  try {
    const auto pools = read_overview(server.get(overview_path)).pools;
    const auto found = std::ranges::find(pools, language, &pool::language);
    return found == pools.end() ? std::nullopt : std::optional(*found);
  } catch (const not_offered&) {
    return std::nullopt;
  }
}

} // namespace

exit_code run_settings(const surroundings& with, const settings_request& request) {
  if (!request.value)
    return show_settings(with, request.name);
  confirm(with, fmt::format("{} will be \"{}\" until sandboxd ends or reads its configuration again.",
                            request.name, *request.value));
  const auto answer = post_setting(with, {request.name, *request.value});
  if (with.wants_json)
    print_raw(indented(answer));
  return exit_code::done;
}

exit_code run_pools(const surroundings& with, const pools_request& request) {
  if (!request.minimum && !request.maximum)
    return show_pools(with, request.language);
  // The first of two changes would be done before the server refuses the second.
  if (request.minimum && request.maximum && *request.maximum != 0 && *request.minimum > *request.maximum)
    throw failure(exit_code::usage, "--min is above --max");
  require_somebody(with);
  const auto now = fetch_pool(with.server, request.language);
  const auto changes =
      pool_settings(request.language, request.minimum, request.maximum, now ? &*now : nullptr);
  std::string words;
  for (const auto& [name, value] : changes)
    words += fmt::format("{}{} will be {}", words.empty() ? "" : ", ", name, value);
  confirm(with, words + " until sandboxd ends or reads its configuration again.");
  for (const auto& wanted : changes) {
    const auto answer = post_setting(with, wanted);
    if (with.wants_json)
      print_raw(one_line(answer));
  }
  return exit_code::done;
}

exit_code run_doctor(const surroundings& with) {
  const auto document = with.server.get(overview_path);
  const auto daemon = read_overview(document);
  if (with.wants_json)
    print_raw(indented(member(document, "lints")));
  else
    print(doctor_report(daemon), uncut(with.view));
  return is_critical(daemon) ? exit_code::refused : exit_code::done;
}

} // namespace sandboxd::sandboxctl
