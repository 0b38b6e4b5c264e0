#include "launcher/writing_rules.hpp"

#include <cerrno>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace sandboxd::launcher {

namespace {

/// linux/landlock.h of Linux 6.2, which older headers lack: ABI 3.
constexpr std::uint64_t truncate_right = 1ULL << 14; // LANDLOCK_ACCESS_FS_TRUNCATE

constexpr int abi_with_moves = 2;
constexpr int abi_with_truncate = 3;

constexpr std::uint64_t device_rights = LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK;

constexpr std::uint64_t directory_rights = LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
                                           LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                                           LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                                           LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_REFER;

int abi() {
  return static_cast<int>(
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION));
}

std::uint64_t file_rights() {
  return LANDLOCK_ACCESS_FS_WRITE_FILE | (abi() >= abi_with_truncate ? truncate_right : 0);
}

int add(int rules, const writing_rules::rule& what) {
  const descriptor place(::open(what.path.c_str(), O_PATH | O_CLOEXEC));
  if (!place)
    return errno == ENOENT ? 0 : errno;
  landlock_path_beneath_attr beneath{};
  beneath.parent_fd = place.get();
  beneath.allowed_access = what.allowed;
  const auto done = ::syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0);
  return done == 0 ? 0 : errno;
}

} // namespace

int writing_rules_problem() {
  const int version = abi();
  if (version < 0)
    return errno;
  return version < abi_with_moves ? EOPNOTSUPP : 0;
}

writing_rules make_writing_rules(const std::vector<std::string>& writable, const std::string& control_files,
                                 bool private_tmp) {
  if (writing_rules_problem() != 0)
    return {};
  const std::uint64_t file = file_rights();
  const std::uint64_t all = file | directory_rights;
  writing_rules made{all | device_rights, {{"/dev/shm", all}}};
  for (const auto& path : writable)
    made.rules.push_back({path, all});
  if (private_tmp)
    made.rules.push_back({"/tmp", all});
  for (const auto& path : {std::string("/dev"), std::string("/proc"), control_files})
    made.rules.push_back({path, file});
  return made;
}

descriptor open_writing_rules(const writing_rules& rules) {
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = rules.handled;
  descriptor made(
      static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0)));
  for (const auto& what : rules.rules)
    if (made)
      if (const int error = add(made.get(), what); error != 0) {
        made.reset();
        errno = error;
      }
  return made;
}

int keep_to_writing_rules(int rules) noexcept {
  return ::syscall(SYS_landlock_restrict_self, rules, 0) == 0 ? 0 : errno;
}

} // namespace sandboxd::launcher
