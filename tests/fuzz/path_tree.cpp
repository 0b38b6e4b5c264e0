#include "tests/fuzz/path_tree.hpp"

#include "launcher/descriptor.hpp"
#include "tests/fuzz/expect.hpp"

#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <system_error>
#include <utility>

namespace sandboxd::fuzz {

namespace fs = std::filesystem;

namespace {

/// What the kernel calls an open file.
std::string name_of(int opened) {
  return fs::read_symlink("/proc/self/fd/" + std::to_string(opened)).string();
}

} // namespace

bool lies_in(const std::string& path, const std::string& directory) {
  const fs::path inner(path);
  const fs::path outer(directory);
  const auto [rest, end] = std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end());
  return rest == outer.end();
}

path_tree::path_tree() {
  std::string pattern = (fs::temp_directory_path() / "sandboxd-paths-XXXXXX").string();
  expect(::mkdtemp(pattern.data()) != nullptr, "there is a place for the tree");
  top_ = fs::canonical(pattern);
  root_directory_ = top_ / "root";
  fs::create_directories(root_directory_ / "inside/deep");
  fs::create_directories(root_directory_ / "hidden");
  fs::create_directories(top_ / "outside");
  for (const auto* file : {"root/file", "root/inside/file", "root/hidden/file", "outside/file"})
    std::ofstream(top_ / file) << file;
  using link = std::pair<const char*, std::string>;
  for (const auto& [name, target] :
       {link("out", top_ / "outside"), link("inside/out", "../../outside/file"), link("inside/up", ".."),
        link("inside/root", "/"), link("loop", "loop"), link("dangling", "inside/nothing"),
        link("secret", "/hidden/file"), link("inside/secret", "../hidden")})
    fs::create_symlink(target, root_directory_ / name);
  root_ =
      std::make_unique<files::sandbox_root>(std::make_shared<const files::descriptor>(::open(
                                                root_directory_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)),
                                            std::vector<std::string>{"/hidden"});
  expect(name_of(root_->open("/inside/up/file", O_PATH).get()) == root_directory_ / "file",
         "a path within the root is found");
}

path_tree::~path_tree() {
  std::error_code ignored;
  fs::remove_all(top_, ignored);
}

void path_tree::check_opened(const std::string& path) const {
  const auto name = name_of(root_->open(path, O_PATH).get());
  expect(lies_in(name, root_directory_), "nothing out of the root is opened");
  expect(!lies_in(name, root_directory_ / "hidden"), "nothing hidden is opened");
}

void path_tree::check_place(const files::place& found) const {
  expect(!found.name.empty() && found.name != "." && found.name != ".." &&
             found.name.find('/') == std::string::npos,
         "the name of a place is one component");
  const auto directory = name_of(found.directory.get());
  expect(lies_in(directory, root_directory_), "no place is out of the root");
  expect(!lies_in(directory + '/' + found.name, root_directory_ / "hidden"), "no place is hidden");
}

void path_tree::check(const std::string& path) const {
  const auto unless_refused = [](const auto& look) {
    try {
      look();
    } catch (const std::system_error&) { // NOLINT(bugprone-empty-catch): as good an answer as any
    }
  };
  unless_refused([&] { check_opened(path); });
  unless_refused([&] { check_place(root_->parent_of(path)); });
  unless_refused([&] { check_place(root_->target_of(path)); });
}

} // namespace sandboxd::fuzz
