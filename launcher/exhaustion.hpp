#pragma once

#include <cerrno>
#include <system_error>

namespace sandboxd::launcher {

/// Throws std::system_error when that errno says that there is too little of something now, and another
/// attempt may go well.
inline void throw_if_exhausted(int error) {
  if (error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS)
    throw std::system_error(error, std::generic_category());
}

} // namespace sandboxd::launcher
