#include "actors/file_failure.hpp"

#include <cerrno>
#include <utility>

namespace sandboxd::actors {

namespace {

error_code code_of(int error) {
  switch (error) {
  case ENOENT:
    return error_code::file_not_found;
  case EACCES:
  case EPERM:
    return error_code::permission_denied;
  case EEXIST:
    return error_code::file_exists;
  case EISDIR:
    return error_code::is_directory;
  case ENOTDIR:
    return error_code::not_directory;
  case ENOSPC:
  case EDQUOT:
    return error_code::no_space;
  case EMFILE:
  case ENFILE:
    return error_code::too_many_files;
  case ELOOP:
  case EMLINK:
    return error_code::too_many_links;
  case EBUSY:
  case ETXTBSY:
  case EAGAIN: // renamed all the time, or nothing to read now
    return error_code::resource_busy;
  case EROFS:
    return error_code::read_only;
  case ENAMETOOLONG:
    return error_code::name_too_long;
  default:
    return error_code::filesystem_error;
  }
}

} // namespace

failure file_failure(const std::error_code& error, std::string path) {
  failure reason(code_of(error.value()), error.message());
  reason.path = std::move(path);
  return reason;
}

} // namespace sandboxd::actors
