#include "actors/file_failure.hpp"

#include <gtest/gtest.h>

#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

namespace sandboxd::actors {
namespace {

/// HTTP.md 3.2, its last paragraph.
TEST(file_failure, maps_every_errno_as_specified) {
  const std::vector<std::pair<int, error_code>> codes{
      {ENOENT, error_code::file_not_found},   {EACCES, error_code::permission_denied},
      {EPERM, error_code::permission_denied}, {EEXIST, error_code::file_exists},
      {EISDIR, error_code::is_directory},     {ENOTDIR, error_code::not_directory},
      {ENOSPC, error_code::no_space},         {EDQUOT, error_code::no_space},
      {EMFILE, error_code::too_many_files},   {ENFILE, error_code::too_many_files},
      {EBUSY, error_code::resource_busy},     {ETXTBSY, error_code::resource_busy},
      {EROFS, error_code::read_only},         {ENAMETOOLONG, error_code::name_too_long},
      {ELOOP, error_code::too_many_links},    {EMLINK, error_code::too_many_links},
      {EIO, error_code::filesystem_error},    {EXDEV, error_code::filesystem_error},
      {EINVAL, error_code::filesystem_error}, {ENOTEMPTY, error_code::filesystem_error},
  };
  for (const auto& [number, code] : codes) {
    const auto reason = file_failure(std::error_code(number, std::generic_category()), "/f");
    EXPECT_EQ(reason.code, code) << number;
    EXPECT_EQ(reason.path, "/f");
    EXPECT_EQ(reason.message, std::generic_category().message(number));
  }
}

} // namespace
} // namespace sandboxd::actors
