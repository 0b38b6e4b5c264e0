#include "http/file_request.hpp"

#include "http/request_session.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace sandboxd::http {

namespace {

constexpr std::array<std::string_view, 9> system_directories{"/etc",  "/var", "/usr",  "/bin", "/sbin",
                                                             "/boot", "/dev", "/proc", "/sys"};

bool is_at_or_below(std::string_view path, std::string_view directory) {
  return path.starts_with(directory) && (path.size() == directory.size() || path[directory.size()] == '/');
}

error_report refused_in_a(const std::string& name, const std::string& message) {
  return validation_report({{name, message, "invalid_value"}});
}

/// The reasons are those of HTTP.md 6.1.
error_report refused_in_b(const std::string& name, std::string_view path, const std::string& reason) {
  constexpr std::size_t longest_shown = 64u << 10;
  error_report report = validation_report({{name, reason, "INVALID_PATH"}});
  report.message = fmt::format("Invalid path format for '{}': {}", path.substr(0, longest_shown), reason);
  return report;
}

} // namespace

bool is_dangerous_in_a(std::string_view path) {
  const bool of_the_system = std::any_of(system_directories.begin(), system_directories.end(),
                                         [&](std::string_view one) { return is_at_or_below(path, one); });
  const std::string whole = fmt::format("/{}/", path);
  return path == "/" || of_the_system || whole.find("/../") != std::string::npos;
}

file_request_reader::file_request_reader(const request& sent, nlohmann::ordered_json& body, dialect spoken)
    : sent_(sent), body_(body), spoken_(spoken), fields_(body) {}

std::string file_request_reader::path(std::string_view name, bool may_be_root) {
  const std::string field(name);
  const auto member = body_.find(field);
  const bool is_text = member != body_.end() && member->is_string();
  std::string path = is_text ? std::move(member->get_ref<std::string&>()) : std::string{};
  if (path_fault_)
    return path;
  if (spoken_ == dialect::a) {
    if (path.empty())
      path_fault_ = refused_in_a(field, "Path is required and must be a string");
    else if (is_dangerous_in_a(path) && !(may_be_root && path == "/"))
      path_fault_ = refused_in_a(field, "Dangerous path not allowed");
  } else if (path.empty()) {
    path_fault_ = refused_in_b(field, path, "Path must be a non-empty string");
  } else if (path.size() > max_path_bytes) {
    path_fault_ = refused_in_b(field, path, "Path too long (max 4096 characters)");
  }
  if (!path_fault_ && path.find('\0') != std::string::npos)
    path_fault_ = refused_in_b(field, path, "Path contains null bytes");
  return path;
}

actors::file_target file_request_reader::target(std::string path) {
  actors::file_target target;
  target.path = std::move(path);
  auto [session, missing] = read_session(sent_, fields_, spoken_);
  target.session = std::move(session);
  target.missing = missing;
  return target;
}

std::optional<error_report> file_request_reader::fault() const {
  if (path_fault_)
    return path_fault_;
  if (!fields_.errors().empty())
    return validation_report(fields_.errors());
  return std::nullopt;
}

} // namespace sandboxd::http
