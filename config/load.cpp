#include "config/load.hpp"

#include "config/document.hpp"
#include "config/file.hpp"
#include "config/list.hpp"
#include "config/table.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace sandboxd::config {

namespace {

/// A value that one source gives to one key.
struct given {
  std::string key;
  std::string literal;
  std::optional<bool> quoted; ///< in a file: whether it stood in quotes
  std::string source;
  std::string written = literal; ///< what somebody wrote, where a variable had to be translated
};

/// The parts of the command line.
struct command_line {
  std::vector<given> values;
  std::optional<std::string> config_file;
  std::vector<std::string> actions; ///< `--help` and its like
  std::vector<std::string> command;
  std::vector<std::string> problems;
};

command_line read_arguments(const std::vector<std::string>& arguments) {
  command_line line;
  auto next = arguments.begin();
  for (; next != arguments.end() && next->starts_with('-'); ++next) {
    if (*next == "--") {
      ++next;
      break;
    }
    const auto equals = next->find('=');
    const auto name = next->substr(0, equals);
    if (equals != std::string::npos && name == "--config-file") {
      if (line.config_file)
        line.problems.push_back("flag --config-file: given twice");
      line.config_file = next->substr(equals + 1);
    } else if (equals != std::string::npos && name.starts_with("--")) {
      line.values.push_back({name.substr(2), next->substr(equals + 1), {}, "flag " + name});
    } else if (*next == "-h" || *next == "--help" || *next == "--version" || *next == "--check-config" ||
               *next == "--print-config" || *next == "--print-template") {
      line.actions.push_back(*next == "-h" ? "--help" : *next);
    } else if (name == "--config-file" || (name.starts_with("--") && find_key(name.substr(2)) != nullptr)) {
      line.problems.push_back("flag " + name + ": has no value; write it with =VALUE");
    } else {
      line.problems.push_back("flag " + *next + ": unknown; see --help");
    }
  }
  line.command.assign(next, arguments.end());
  return line;
}

/// The value of a variable; an empty one counts as missing.
std::string_view variable(const invocation& how, const std::string& name) {
  const auto found = how.environment.find(name);
  return found == how.environment.end() ? std::string_view{} : found->second;
}

/// Whether the name is that of a key, as far as its group goes. Platforms set variables such as
/// SANDBOXD_SERVICE_PORT on their own account, which are none of ours.
bool has_group(std::string_view variable_name) {
  return std::ranges::any_of(table(), [&](const key& one) {
    return variable_name.starts_with(variable_of(group_of(one.name)) + '_');
  });
}

std::vector<given> read_environment(const invocation& how, std::vector<std::string>& problems) {
  std::vector<given> values;
  std::set<std::string> names;
  for (const auto& key : table()) {
    const auto name = variable_of(key.name);
    names.insert(name);
    if (const auto text = variable(how, name); !text.empty()) {
      values.push_back({std::string(key.name), std::string(text), {}, "variable " + name});
    } else if (const auto known = variable(how, std::string(key.variable.name)); !known.empty()) {
      auto literal = key.variable.to_literal != nullptr ? key.variable.to_literal(known) : std::string(known);
      values.push_back({std::string(key.name),
                        std::move(literal),
                        {},
                        "variable " + std::string(key.variable.name),
                        std::string(known)});
    }
  }
  for (const auto& [name, text] : how.environment)
    if (!text.empty() && has_group(name) && !names.contains(name))
      problems.push_back("variable " + name + ": sets no key; see --help");
  return values;
}

/// The bytes of a file, at most one more than are ever accepted; or why not.
std::variant<std::string, problems> read_bytes(const std::string& path) {
  const auto failed = [&] { return problems{{path + ": cannot be read: " + std::strerror(errno)}}; };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"), &std::fclose);
  if (!file)
    return failed();
  std::string text(longest_file + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0)
    return failed();
  return text;
}

std::vector<given> read_file(const std::string& path, std::vector<std::string>& found) {
  auto bytes = read_bytes(path);
  if (const auto* unreadable = std::get_if<problems>(&bytes)) {
    found.insert(found.end(), unreadable->lines.begin(), unreadable->lines.end());
    return {};
  }
  const auto content = read_file_text(std::get<std::string>(bytes));
  const auto place = [&](int line) { return path + (line > 0 ? ":" + std::to_string(line) : ""); };
  std::vector<given> values;
  for (const auto& one : content.assignments)
    values.push_back({one.key, one.literal, one.quoted, place(one.line)});
  for (const auto& problem : content.problems)
    found.push_back(place(problem.line) + ": " + problem.what);
  return values;
}

/// Whether quotes, or their absence, make the value of a file one of another type.
bool has_wrong_quotes(const given& one, kind type) {
  switch (type) {
  case kind::count:
  case kind::boolean:
    return one.quoted == true;
  case kind::size:
  case kind::duration:
    return false;
  case kind::word:
  case kind::text:
  case kind::path:
  case kind::address:
  case kind::hosts:
    return one.quoted == false;
  }
  return false;
}

/// Applies the values of one source to `target`.
void apply(const std::vector<given>& values, configuration& target, std::vector<std::string>& problems) {
  std::map<std::string_view, std::string_view> seen;
  for (const auto& one : values) {
    const auto report = [&](std::string_view why) {
      problems.push_back(one.source + ": " + one.key + " = " + one.written + ": " + std::string(why));
    };
    const auto* key = find_key(one.key);
    if (key == nullptr) {
      const auto nearest = nearest_key(one.key);
      report(nearest.empty() ? "unknown key; see --help"
                             : "unknown key; did you mean " + std::string(nearest) + "?");
      continue;
    }
    if (const auto [first, is_new] = seen.emplace(key->name, one.source); !is_new) {
      report("given twice, first at " + std::string(first->second));
      continue;
    }
    if (has_wrong_quotes(one, key->allowed.type)) {
      report((one.quoted == true ? "a text in quotes where none belongs; allowed: "
                                 : "not a text in double quotes; allowed: ") +
             describe(key->allowed));
      continue;
    }
    const auto outcome = read_value(one.literal, key->allowed);
    if (const auto* refused = std::get_if<refusal>(&outcome)) {
      report(refused->why);
      continue;
    }
    key->set(target.values, std::get<value>(outcome));
    target.sources.at(key->name) = one.source;
  }
}

/// Checks the pairs of `orderings`. A default yields to what was set on purpose, also a default that somebody
/// wrote down: the image sets the minima of the pools to theirs, and its users only the maxima.
void check_orderings(configuration& target, std::vector<std::string>& problems) {
  const settings built_in;
  for (const auto& pair : orderings()) {
    const auto& smaller = *find_key(pair.smaller);
    const auto& larger = *find_key(pair.larger);
    const auto low = smaller.get(target.values);
    const auto high = larger.get(target.values);
    const bool high_is_unlimited = !larger.allowed.zero_means.empty() && std::get<std::uint64_t>(high) == 0;
    if (low <= high || high_is_unlimited)
      continue;
    if (low == smaller.get(built_in)) {
      smaller.set(target.values, high);
      target.sources.at(smaller.name) = "lowered to " + std::string(larger.name);
      continue;
    }
    const auto label = [&](const key& one, const value& what) {
      return target.sources.at(one.name) + ": " + std::string(one.name) + " = " +
             to_literal(what, one.allowed);
    };
    problems.push_back(label(smaller, low) + ": exceeds " + std::string(larger.name) + " = " +
                       to_literal(high, larger.allowed) + " (" + target.sources.at(larger.name) + ")");
  }
}

/// Or the inspector, which listens first, would take it.
void check_ports(const configuration& target, std::vector<std::string>& problems) {
  const auto& values = target.values;
  if (values.inspector.enabled && values.http.port != 0 && values.http.port == values.inspector.port)
    problems.push_back(target.sources.at("inspector.port") +
                       ": inspector.port = " + std::to_string(values.inspector.port) + ": is http.port (" +
                       target.sources.at("http.port") + ")");
}

std::string described(const configuration& target, std::string_view name) {
  const auto& key = *find_key(name);
  return target.sources.at(key.name) + ": " + std::string(name) + " = " +
         to_literal(key.get(target.values), key.allowed);
}

/// What a policy for the network needs of other keys: without it, it would be none.
void check_network(const configuration& target, std::vector<std::string>& problems) {
  const auto& network = target.values.network;
  const auto& isolation = target.values.isolation;
  const auto report = [&](std::string_view name, std::string_view why) {
    problems.push_back(described(target, name) + ": " + std::string(why));
  };
  if (!network.allow.empty() && network.egress != network_egress::listed)
    report("network.allow", "has no effect unless network.egress is listed");
  if (network.egress == network_egress::open)
    return;
  if (isolation.level == isolation_level::none)
    report("network.egress",
           "cannot be enforced with isolation.level = none, where workloads are in no groups");
  if (isolation.allow_mounts)
    report("network.egress",
           "cannot be enforced with isolation.allow-mounts, by which workloads leave their groups");
  if (isolation.level == isolation_level::strict && network.egress == network_egress::listed)
    report("network.egress",
           "nothing can be reached with isolation.level = strict, where workloads have a network of "
           "their own; allowed: open or none");
}

/// Whether it is an absolute path, and neither all there is nor the kernel's.
bool may_be_writable(const std::string& path) {
  auto plain = (std::filesystem::path(path) / "").lexically_normal().string(); // ends with a slash
  while (plain.starts_with("//")) // which the library leaves as it is
    plain.erase(0, 1);
  return path.starts_with('/') && plain != "/" &&
         std::ranges::none_of(std::array{"/proc/", "/sys/", "/dev/"},
                              [&](const char* one) { return plain.starts_with(one); });
}

/// What no value of one key alone can get wrong.
void check_isolation(const configuration& target, std::vector<std::string>& problems) {
  const auto& isolation = target.values.isolation;
  if (isolation.level == isolation_level::strict && isolation.allow_mounts)
    problems.push_back(described(target, "isolation.allow-mounts") +
                       ": cannot go with isolation.level = strict (" + target.sources.at("isolation.level") +
                       ")");
  for (const auto& path : split_list(isolation.writable))
    if (!may_be_writable(path))
      problems.push_back(described(target, "isolation.writable") + ": '" + path +
                         "' is no absolute path of a directory that workloads may write");
}

/// Every key at its default.
configuration defaults() {
  configuration result;
  for (const auto& key : table())
    result.sources.emplace(key.name, "default");
  return result;
}

std::string text_of(const std::string& action, const configuration& current) {
  if (action == "--print-config")
    return effective_file(current);
  return "The configuration is good.\n";
}

} // namespace

invocation invocation_of(int argc, const char* const* argv, const char* const* environment) {
  invocation how;
  for (int i = 1; i < argc; ++i)
    how.arguments.emplace_back(argv[i]);
  for (; environment != nullptr && *environment != nullptr; ++environment) {
    const std::string_view entry = *environment;
    if (const auto equals = entry.find('='); equals != std::string_view::npos)
      how.environment.emplace(entry.substr(0, equals), entry.substr(equals + 1));
  }
  return how;
}

std::variant<configuration, early_exit, problems> load(invocation how) {
  auto line = read_arguments(how.arguments);
  const auto wants = [&](std::string_view action) {
    return std::ranges::find(line.actions, action) != line.actions.end();
  };
  if (wants("--help"))
    return early_exit{0, help()};
  if (wants("--version"))
    return early_exit{0, version()};
  if (wants("--print-template"))
    return early_exit{0, shipped_file()};

  auto found = std::move(line.problems);
  auto result = defaults();
  const auto file = line.config_file.value_or(std::string(variable(how, "SANDBOXD_CONFIG_FILE")));
  if (!file.empty() || line.config_file)
    apply(read_file(file, found), result, found);
  apply(read_environment(how, found), result, found);
  apply(line.values, result, found);
  check_orderings(result, found);
  check_ports(result, found);
  check_network(result, found);
  check_isolation(result, found);
  if (!found.empty())
    return problems{std::move(found)};
  if (!line.actions.empty())
    return early_exit{0, text_of(line.actions.front(), result)};
  result.command = std::move(line.command);
  result.how = std::move(how);
  return result;
}

std::variant<reloaded, problems> reload(const configuration& old) {
  auto outcome = load(old.how);
  if (auto* found = std::get_if<problems>(&outcome))
    return std::move(*found);
  const auto& fresh = std::get<configuration>(outcome);
  reloaded result{old, {}, {}};
  result.current.overridden.clear();
  for (const auto& key : table()) {
    const auto from = key.get(old.values);
    const auto to = key.get(fresh.values);
    if (key.live) {
      key.set(result.current.values, to);
      result.current.sources.at(key.name) = fresh.sources.at(key.name);
    }
    if (from != to)
      (key.live ? result.applied : result.needs_restart)
          .push_back({key.name, to_literal(from, key.allowed), to_literal(to, key.allowed),
                      fresh.sources.at(key.name)});
  }
  return result;
}

std::variant<configuration, problems> override_setting(const configuration& old, const key& which,
                                                       const std::string& literal, std::string source) {
  const auto label = std::string(which.name) + " = " + literal + ": ";
  const auto outcome = read_value(literal, which.allowed);
  if (const auto* refused = std::get_if<refusal>(&outcome))
    return problems{{label + refused->why}};
  if (!which.live)
    return problems{{label + "takes effect with a restart only"}};
  auto changed = old;
  changed.overridden.try_emplace(which.name, to_literal(which.get(old.values), which.allowed));
  which.set(changed.values, std::get<value>(outcome));
  changed.sources.at(which.name) = std::move(source);
  problems found;
  check_orderings(changed, found.lines);
  for (const auto& other : table()) // a default that would yield: nobody has asked for that
    if (other.name != which.name && other.get(changed.values) != other.get(old.values))
      found.lines.push_back(label + "is less than " + std::string(other.name) + " = " +
                            to_literal(other.get(old.values), other.allowed));
  if (!found.lines.empty())
    return found;
  return changed;
}

std::string to_string(const change& what) {
  return std::string(what.key) + ": " + what.from + " -> " + what.to + " (" + what.source + ")";
}

} // namespace sandboxd::config
