#pragma once

#include "files/sandbox_root.hpp"

namespace sandboxd::files {

/// Copies what `from` names, a whole tree when it is a directory, to `to`, where nothing may be: modes,
/// owners, times, extended attributes; symbolic links as links; FIFOs and devices as such; a socket as a name
/// that nobody listens at. Files with several names become one file for each. Trees deeper than 1000 levels
/// are ELOOP.
///
/// Who else may change names where `to` is could have anything made the source's owner's: owners are given by
/// names, but those of regular files.
void copy_tree(const place& from, const place& to);

/// The same where others may change names: of a regular file; EACCES for anything else.
void copy_regular_file(const place& from, const place& to);

/// Removes what `where` names, with everything in it. What has gone meanwhile is no error, what cannot be
/// removed is.
void remove_tree(const place& where);

} // namespace sandboxd::files
