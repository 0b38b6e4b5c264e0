#pragma once

#include "files/sandbox_root.hpp"

namespace sandboxd::files {

/// Copies what `from` names, a whole tree when it is a directory, to `to`, where nothing may be: modes,
/// owners, times, extended attributes; symbolic links as links; FIFOs and devices as such; a socket as a name
/// that nobody listens at. Files with several names become one file for each. Trees deeper than 1000 levels
/// are ELOOP.
void copy_tree(const place& from, const place& to);

/// Removes what `where` names, with everything in it. What has gone meanwhile is no error, what cannot be
/// removed is.
void remove_tree(const place& where);

} // namespace sandboxd::files
