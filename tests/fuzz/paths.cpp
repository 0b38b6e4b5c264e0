#include "files/sandbox_root.hpp"
#include "http/file_request.hpp"
#include "http/watch_request.hpp"
#include "tests/fuzz/expect.hpp"
#include "tests/fuzz/path_tree.hpp"
#include "tests/fuzz/targets.hpp"
#include "tests/fuzz/told_report.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sandboxd::fuzz {

namespace {

using http::dialect;
using nlohmann::ordered_json;

constexpr std::size_t longest_path = 4096; ///< HTTP.md 6.1
const std::string workspace = "/workspace";

/// HTTP.md 6.1, column A.
constexpr std::array<const char*, 9> system_directories{"/etc",  "/var", "/usr",  "/bin", "/sbin",
                                                        "/boot", "/dev", "/proc", "/sys"};

bool has_nul(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

std::vector<std::string> components_of(std::string_view path) {
  std::vector<std::string> components;
  while (!path.empty()) {
    const auto one = path.substr(0, path.find('/'));
    components.emplace_back(one);
    path.remove_prefix(std::min(path.size(), one.size() + 1));
  }
  return components;
}

/// The absolute path that `path` means, by its text.
std::string resolved(const std::string& directory, const std::string& path) {
  std::vector<std::string> kept;
  for (auto& one : components_of(path.starts_with('/') ? path : directory + '/' + path)) {
    if (one == ".." && !kept.empty())
      kept.pop_back();
    if (!one.empty() && one != "." && one != "..")
      kept.push_back(std::move(one));
  }
  std::string whole;
  for (const auto& one : kept)
    whole += '/' + one;
  return whole.empty() ? "/" : whole;
}

void check_text_rules(const std::string& path) {
  for (const std::string directory : {"/", "/workspace", "/a/b"}) {
    const auto absolute = files::absolute_path(directory, path);
    expect(absolute == resolved(directory, path), "a path is made absolute by its components");
    for (const std::string other : {"/", "/workspace", "/a", "/a/b"})
      expect(files::is_at_or_below(absolute, other) == lies_in(absolute, other),
             "what lies in a directory has its components");
  }
}

/// What requests about files may name.
void check_file_request(const std::string& path, dialect spoken) {
  ordered_json body;
  body["path"] = path;
  const http::request sent;
  http::file_request_reader reader(sent, body, spoken);
  const auto target = reader.target(reader.path("path"));
  if (const auto fault = reader.fault()) {
    check_refusal_report(*fault);
    return expect(names_a_field(*fault), "a refused path is named");
  }
  expect(target.path == path && !path.empty() && !has_nul(path), "a path is taken as it was sent");
  if (spoken != dialect::a)
    return expect(path.size() <= longest_path, "a path is no longer than Linux has it");
  const auto components = components_of(path);
  expect(std::find(components.begin(), components.end(), "..") == components.end(),
         "dialect A has no path with '..'");
  expect(path != "/" && std::none_of(system_directories.begin(), system_directories.end(),
                                     [&](const char* one) {
                                       return path == one || path.starts_with(std::string(one) + '/');
                                     }),
         "dialect A has no path of the system");
}

/// What may be watched.
void check_watch_request(const std::string& path) {
  ordered_json body;
  body["path"] = path;
  const auto outcome = http::read_watch_request(body, workspace);
  if (const auto* report = std::get_if<http::error_report>(&outcome)) {
    check_refusal_report(*report);
    return expect(report->message.starts_with("path "), "a refused path to watch is named");
  }
  const auto& wanted = std::get<http::watch_request>(outcome).wanted.path;
  expect(!has_nul(wanted) && wanted == resolved("/", wanted), "a watched path has no '..'");
  expect(lies_in(wanted, workspace), "a watched path lies in the workspace");
}

} // namespace

void fuzz_paths(std::span<const std::uint8_t> bytes) {
  const std::string path(text_of(bytes));
  check_text_rules(path);
  for (const auto spoken : {dialect::a, dialect::b, dialect::unknown})
    check_file_request(path, spoken);
  check_watch_request(path);
  if (has_nul(path))
    return;
  static const path_tree tree;
  tree.check(path);
}

} // namespace sandboxd::fuzz
