#include "http/file_operation.hpp"

#include "http/error_table.hpp"
#include "http/failure_report.hpp"
#include "http/json_writer.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <string>

namespace sandboxd::http {

namespace {

using actors::error_code;

bool is_of_files(error_code code) {
  return code >= error_code::file_not_found && code <= error_code::filesystem_error;
}

std::string message_for(const actors::failure& reason, const file_operation& operation,
                        std::string_view path) {
  switch (reason.code) {
  case error_code::file_not_found:
    if (operation.name == writing.name)
      break;
    return fmt::format("{}: {}", operation.missing, path);
  case error_code::not_directory:
    if (operation.name != listing.name)
      break;
    return fmt::format("Path is not a directory: {}", path);
  case error_code::is_directory:
    if (operation.name != deleting.name)
      break;
    return fmt::format(
        "Cannot delete directory with deleteFile() at '{}'. Use exec('rm -rf <path>') instead.", path);
  case error_code::file_too_large:
    return fmt::format("File too large: {} has {} bytes, at most {} are read at once; stream it instead",
                       path, reason.size, reason.limit);
  default:
    break;
  }
  return fmt::format("Failed to {} '{}': {}", operation.b_text, path, reason.message);
}

std::string context_for(const actors::failure& reason, const file_operation& operation,
                        std::string_view path) {
  json_writer context;
  context.text("path", path).text("operation", operation.name);
  if (reason.code == error_code::file_too_large)
    context.number("maxSize", reason.limit).number("actualSize", reason.size);
  else if (reason.code == error_code::filesystem_error || reason.code == error_code::no_space)
    context.text("stderr", reason.message);
  return context.finish();
}

} // namespace

error_report file_error(const actors::failure& reason, const file_operation& operation, std::string_view path,
                        dialect spoken) {
  const std::string a_text = fmt::format("Failed to {}", operation.a_text);
  failed_operation failed;
  failed.spoken = spoken;
  failed.a_text = a_text;
  error_report report = report_failure(reason, failed);
  if (reason.code == error_code::session_not_found) { // dialect A has it as any failure here (HTTP.md 6.1)
    report.status = entry_of(reason.code).status;
    report.a_text = a_text;
  }
  if (!is_of_files(reason.code))
    return report;
  actors::failure named = reason;
  named.path = path;
  report.message = message_for(reason, operation, path);
  report.context = context_for(reason, operation, path);
  report.suggestion = suggestion_for(named);
  report.more_members = json_writer().text("operation", operation.name).take_members();
  return report;
}

error_report mkdir_error(const actors::failure& reason, std::string_view path, bool recursive) {
  error_report report = file_error(reason, making_directory, path, dialect::b);
  const error_entry& entry = entry_of(error_code::filesystem_error);
  report.code = entry.sdk_code;
  report.status = entry.status;
  report.message = "mkdir operation failed with exit code 1";
  report.context =
      json_writer()
          .text("path", path)
          .raw("options", json_writer().boolean("recursive", recursive).finish())
          .number("exitCode", 1)
          .text("stderr", fmt::format("mkdir: cannot create directory '{}': {}", path, reason.message))
          .finish();
  report.suggestion = {};
  report.more_members = {};
  return report;
}

bool is_unsuccessful_in_a(const actors::failure& reason) {
  return is_of_files(reason.code);
}

} // namespace sandboxd::http
