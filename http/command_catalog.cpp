#include "http/command_catalog.hpp"

#include <algorithm>
#include <exception>
#include <filesystem>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace sandboxd::http {

std::vector<std::string> executables_on(std::string_view path) {
  namespace fs = std::filesystem;
  std::vector<std::string> names;
  while (!path.empty()) {
    const std::string directory(path.substr(0, path.find(':')));
    path.remove_prefix(std::min(path.size(), directory.size() + 1));
    std::error_code error;
    fs::directory_iterator entries(directory, fs::directory_options::skip_permission_denied, error);
    for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
      std::error_code unreadable;
      if (entries->is_regular_file(unreadable) && ::access(entries->path().c_str(), X_OK) == 0)
        names.push_back(entries->path().filename().string());
    }
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

command_catalog::command_catalog(std::string path, std::chrono::milliseconds lifetime)
    : path_(std::move(path)), lifetime_(lifetime) {}

command_catalog::~command_catalog() {
  if (scanner_.joinable())
    scanner_.join();
}

void command_catalog::list(std::function<void(command_names)> done) {
  command_names fresh;
  {
    const std::lock_guard lock(mutex_);
    if (names_ && std::chrono::steady_clock::now() - scanned_at_ < lifetime_) {
      fresh = names_;
    } else {
      waiting_.push_back(std::move(done));
      if (waiting_.size() > 1)
        return;
      start_scanning();
      return;
    }
  }
  done(std::move(fresh));
}

/// With the mutex held and one waiting.
void command_catalog::start_scanning() {
  // Nobody waited, so the last scan has handed out its result and its thread is about to end.
  if (scanner_.joinable())
    scanner_.join();
  try {
    scanner_ = std::thread([this] { scan(); });
  } catch (...) {
    waiting_.clear();
    throw;
  }
}

void command_catalog::scan() {
  command_names names;
  try {
    names = std::make_shared<const std::vector<std::string>>(executables_on(path_));
  } catch (const std::exception&) { // NOLINT(bugprone-empty-catch): null tells it
  }
  std::vector<std::function<void(command_names)>> waiting;
  {
    const std::lock_guard lock(mutex_);
    names_ = names;
    scanned_at_ = std::chrono::steady_clock::now();
    waiting.swap(waiting_);
  }
  for (const auto& done : waiting)
    done(names);
}

} // namespace sandboxd::http
