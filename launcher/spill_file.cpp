#include "launcher/spill_file.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

namespace sandboxd::launcher {

descriptor open_spill_file(const std::string& directory) {
  descriptor file(::open(directory.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!file) { // file systems without O_TMPFILE
    std::string name = directory + "/output-XXXXXX";
    file.reset(::mkostemp(name.data(), O_CLOEXEC));
    if (file)
      ::unlink(name.c_str());
  }
  return file;
}

} // namespace sandboxd::launcher
