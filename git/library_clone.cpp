#include "git/library_clone.hpp"

#include "git/clone_url.hpp"
#include "git/library_error.hpp"

#include <fmt/format.h>
#include <git2.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <pwd.h>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace sandboxd::git {

namespace {

namespace fs = std::filesystem;

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* what) const {
    Free(what);
  }
};
using repository_ptr = std::unique_ptr<git_repository, freed_by<git_repository_free>>;
using remote_ptr = std::unique_ptr<git_remote, freed_by<git_remote_free>>;
using reference_ptr = std::unique_ptr<git_reference, freed_by<git_reference_free>>;
using object_ptr = std::unique_ptr<git_object, freed_by<git_object_free>>;
using config_ptr = std::unique_ptr<git_config, freed_by<git_config_free>>;
using commit_ptr = std::unique_ptr<git_commit, freed_by<git_commit_free>>;

/// Private keys that ssh(1) tries by itself, in its order, below ~/.ssh.
constexpr std::array default_keys{"id_rsa", "id_ecdsa", "id_ed25519"};

constexpr std::chrono::milliseconds progress_interval{100};

constexpr const char* origin = "origin";
constexpr std::string_view heads = "refs/heads/";
constexpr std::string_view tags = "refs/tags/";

std::string environment(const char* name) {
  const char* value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): one thread
  return value != nullptr ? value : "";
}

/// Carries a failed call out of the steps of a clone.
struct failed_call {
  library_error error;
};
struct failed_clone {
  clone_result result;
};

void check(int code) {
  if (code >= 0)
    return;
  const auto* last = git_error_last();
  throw failed_call{
      {code, last != nullptr ? last->klass : 0, last != nullptr ? last->message : "unknown error"}};
}

bool is_path(std::string_view url) {
  return scheme_of(url) == "file" && url.find("://") == std::string_view::npos;
}

/// A local path as libgit2 takes it: absolute, as git stores it, with the suffix that git would try; one with
/// a colon, which libgit2 would take for ssh, as a URL.
std::string url_for_library(const std::string& url) {
  if (!is_path(url))
    return url;
  std::error_code ignored;
  auto path = fs::absolute(url, ignored).lexically_normal().string();
  while (path.size() > 1 && path.ends_with('/'))
    path.pop_back();
  if (!fs::exists(path, ignored)) {
    if (!fs::exists(path + ".git", ignored))
      throw failed_clone{
          fatal_result(fmt::format("fatal: repository '{}' does not exist\n", url), "not_found")};
    path += ".git";
  }
  if (path.find(':') == std::string::npos)
    return path;
  std::string encoded = "file://";
  for (const char c : path)
    encoded += c == '%' ? "%25" : std::string(1, c);
  return encoded;
}

class library_clone {
public:
  library_clone(const clone_order& order, const std::function<void(const clone_progress&)>& on_progress)
      : order_(order), on_progress_(on_progress) {}

  clone_result run() {
    std::string announced;
    const auto failed = [&](clone_result result) {
      result.standard_error = announced + result.standard_error;
      return result;
    };
    try {
      url_ = url_for_library(order_.url);
      // Git looks at a local path before it says so.
      const auto announcement = fmt::format("Cloning into '{}'...\n", order_.directory);
      announced = is_path(url_) ? "" : announcement;
      make_repository();
      connect();
      announced = announcement;
      find_wanted();
      fetch();
      set_head();
      check_out();
      result_.standard_error = announced + result_.standard_error;
      return result_;
    } catch (const failed_call& call) {
      return failed(failed_result(call.error, url_, tried_));
    } catch (const failed_clone& clone) {
      return failed(clone.result);
    }
  }

private:
  /// Where git itself looks for certificates.
  static void trust_certificates() {
    auto file = environment("GIT_SSL_CAINFO");
    auto directory = environment("GIT_SSL_CAPATH");
    git_config* opened = nullptr;
    if (git_config_open_default(&opened) == 0) {
      const config_ptr config(opened);
      if (file.empty())
        file = configured(config.get(), "http.sslcainfo");
      if (directory.empty())
        directory = configured(config.get(), "http.sslcapath");
    }
    if (file.empty())
      file = environment("SSL_CERT_FILE");
    if (directory.empty())
      directory = environment("SSL_CERT_DIR");
    if (!file.empty() || !directory.empty())
      check(git_libgit2_opts(GIT_OPT_SET_SSL_CERT_LOCATIONS, file.empty() ? nullptr : file.c_str(),
                             directory.empty() ? nullptr : directory.c_str()));
  }

  static std::string configured(git_config* config, const char* name) {
    git_buf value = GIT_BUF_INIT;
    std::string text;
    if (git_config_get_path(&value, config, name) == 0)
      text = value.ptr;
    git_buf_dispose(&value);
    git_error_clear();
    return text;
  }

  /// Without any template: git's own would come with hooks.
  void make_repository() {
    git_repository_init_options options = GIT_REPOSITORY_INIT_OPTIONS_INIT;
    options.flags = GIT_REPOSITORY_INIT_MKDIR | GIT_REPOSITORY_INIT_MKPATH | GIT_REPOSITORY_INIT_NO_REINIT;
    git_repository* made = nullptr;
    check(git_repository_init_ext(&made, order_.directory.c_str(), &options));
    repository_.reset(made);
    git_remote* remote = nullptr;
    check(git_remote_create(&remote, made, origin, url_.c_str()));
    remote_.reset(remote);
    // The user's configuration may have put another URL in its place.
    url_ = git_remote_url(remote);
    if (const auto scheme = library_scheme_of(url_); !is_allowed(scheme, order_.schemes))
      throw failed_clone{
          fatal_result(fmt::format("fatal: transport '{}' not allowed\n", scheme), "scheme_not_allowed")};
  }

  [[nodiscard]] git_fetch_options fetch_options() {
    git_fetch_options options = GIT_FETCH_OPTIONS_INIT;
    options.download_tags = GIT_REMOTE_DOWNLOAD_TAGS_ALL;
    options.update_fetchhead = 0;
    options.proxy_opts.type = GIT_PROXY_AUTO;
    // A redirect to another host must not take along what the URL says about this one.
    options.follow_redirects =
        split_url(url_).has_user ? GIT_REMOTE_REDIRECT_NONE : GIT_REMOTE_REDIRECT_INITIAL;
    options.callbacks.payload = this;
    options.callbacks.credentials = [](git_credential** out, const char*, const char* user, unsigned allowed,
                                       void* self) {
      return static_cast<library_clone*>(self)->find_credentials(out, user, allowed);
    };
    options.callbacks.certificate_check = [](git_cert* certificate, int, const char*, void* self) {
      return static_cast<library_clone*>(self)->check_certificate(*certificate);
    };
    options.callbacks.transfer_progress = [](const git_indexer_progress* now, void* self) {
      static_cast<library_clone*>(self)->transferred(*now);
      return 0;
    };
    return options;
  }

  void connect() {
    if (const auto scheme = library_scheme_of(url_); scheme == "https" || scheme == "http")
      trust_certificates();
    const auto fetching = fetch_options();
    git_remote_connect_options options = GIT_REMOTE_CONNECT_OPTIONS_INIT;
    options.callbacks = fetching.callbacks;
    options.proxy_opts = fetching.proxy_opts;
    options.follow_redirects = fetching.follow_redirects;
    check(git_remote_connect_ext(remote_.get(), GIT_DIRECTION_FETCH, &options));
  }

  /// The branch or tag, before anything is fetched.
  void find_wanted() {
    const git_remote_head** references = nullptr;
    std::size_t count = 0;
    check(git_remote_ls(&references, &count, remote_.get()));
    is_empty_ = count == 0;
    if (order_.branch.empty())
      return;
    for (const auto prefix : {heads, tags}) {
      const auto name = std::string(prefix) + order_.branch;
      for (std::size_t i = 0; i < count; ++i)
        if (references[i]->name == name) {
          wanted_ = name;
          return;
        }
    }
    throw failed_clone{
        fatal_result(fmt::format("fatal: Remote branch {} not found in upstream origin\n", order_.branch),
                     "branch_not_found")};
  }

  void fetch() {
    git_buf branch = GIT_BUF_INIT;
    if (git_remote_default_branch(&branch, remote_.get()) == 0)
      default_branch_ = branch.ptr;
    git_buf_dispose(&branch);
    const git_remote_head** references = nullptr;
    std::size_t count = 0;
    check(git_remote_ls(&references, &count, remote_.get()));
    if (count > 0 && std::string_view(references[0]->name) == "HEAD")
      remote_head_ = references[0]->oid;
    const auto options = fetch_options();
    check(git_remote_fetch(remote_.get(), nullptr, &options, "clone"));
  }

  void set_head() {
    const auto name = !wanted_.empty() ? wanted_ : default_branch_;
    if (default_branch_.starts_with(heads))
      remember_default();
    if (name.starts_with(heads))
      return follow(name.substr(heads.size()));
    if (name.starts_with(tags)) {
      git_object* found = nullptr;
      check(git_revparse_single(&found, repository_.get(), (name + "^{commit}").c_str()));
      const object_ptr commit(found);
      check(git_repository_set_head_detached(repository_.get(), git_object_id(found)));
    } else if (remote_head_) {
      check(git_repository_set_head_detached(repository_.get(), &*remote_head_));
    }
  }

  /// As git does for `origin/HEAD`.
  void remember_default() {
    const auto target = "refs/remotes/origin/" + default_branch_.substr(heads.size());
    git_reference* made = nullptr;
    check(git_reference_symbolic_create(&made, repository_.get(), "refs/remotes/origin/HEAD", target.c_str(),
                                        1, "clone"));
    reference_ptr(made).reset();
  }

  /// Makes the local branch that follows the remote one, and HEAD name it.
  void follow(const std::string& branch) {
    git_reference* found = nullptr;
    check(git_reference_lookup(&found, repository_.get(), ("refs/remotes/origin/" + branch).c_str()));
    const reference_ptr remote_branch(found);
    git_commit* tip = nullptr;
    check(git_commit_lookup(&tip, repository_.get(), git_reference_target(found)));
    const commit_ptr commit(tip);
    git_reference* made = nullptr;
    check(git_branch_create(&made, repository_.get(), branch.c_str(), tip, 1));
    const reference_ptr local(made);
    check(git_branch_set_upstream(made, ("origin/" + branch).c_str()));
    check(git_repository_set_head(repository_.get(), (std::string(heads) + branch).c_str()));
    result_.branch = branch;
  }

  void check_out() {
    if (git_repository_head_unborn(repository_.get()) == 1) {
      result_.standard_error = is_empty_
                                   ? "warning: You appear to have cloned an empty repository.\n"
                                   : "warning: remote HEAD refers to nonexistent ref, unable to checkout.\n";
      name_unborn();
      return;
    }
    git_checkout_options options = GIT_CHECKOUT_OPTIONS_INIT;
    options.checkout_strategy = GIT_CHECKOUT_SAFE | GIT_CHECKOUT_RECREATE_MISSING;
    options.progress_cb = [](const char*, std::size_t done, std::size_t total, void* self) {
      static_cast<library_clone*>(self)->tell(
          {"checkout", static_cast<std::int64_t>(done), static_cast<std::int64_t>(total), 0}, done == total);
    };
    options.progress_payload = this;
    check(git_checkout_head(repository_.get(), &options));
  }

  void name_unborn() {
    git_reference* found = nullptr;
    if (git_reference_lookup(&found, repository_.get(), "HEAD") != 0)
      return;
    const reference_ptr head(found);
    const std::string target = git_reference_symbolic_target(found);
    if (target.starts_with(heads))
      result_.branch = target.substr(heads.size());
  }

  /// Called again as long as what it gives is refused.
  int find_credentials(git_credential** out, const char* user, unsigned allowed) {
    if ((allowed & GIT_CREDENTIAL_USERNAME) != 0)
      return git_credential_username_new(out, login_name().c_str());
    if ((allowed & GIT_CREDENTIAL_SSH_KEY) != 0 && user != nullptr)
      return find_key(out, user);
    const auto parts = split_url(url_);
    tried_.rejected = parts.has_password;
    tried_.lacked_password = parts.has_user && !parts.has_password;
    git_error_set_str(GIT_ERROR_HTTP, "no credentials are accepted");
    return GIT_EAUTH;
  }

  int find_key(git_credential** out, const char* user) {
    if (!std::exchange(asked_agent_, true) && !environment("SSH_AUTH_SOCK").empty())
      return git_credential_ssh_key_from_agent(out, user);
    while (next_key_ < default_keys.size()) {
      const auto key = fmt::format("{}/.ssh/{}", environment("HOME"), default_keys.at(next_key_++));
      if (::access(key.c_str(), R_OK) == 0)
        return git_credential_ssh_key_new(out, user, nullptr, key.c_str(), nullptr);
    }
    git_error_set_str(GIT_ERROR_SSH, "no key is accepted");
    return GIT_EAUTH;
  }

  static std::string login_name() {
    const auto* entry = ::getpwuid(::getuid()); // NOLINT(concurrency-mt-unsafe): one thread
    return entry != nullptr ? entry->pw_name : "git";
  }

  /// libgit2's own judgement stands; but a redirect may have led to a scheme that is not allowed.
  int check_certificate(const git_cert& certificate) const {
    if (certificate.cert_type == GIT_CERT_X509 && !is_allowed("https", order_.schemes)) {
      git_error_set_str(GIT_ERROR_HTTP, "transport 'https' not allowed");
      return -1;
    }
    return GIT_PASSTHROUGH;
  }

  void transferred(const git_indexer_progress& now) {
    const auto bytes = static_cast<std::int64_t>(now.received_bytes);
    if (now.total_objects > 0 && now.received_objects == now.total_objects && now.total_deltas > 0)
      tell({"resolving", now.indexed_deltas, now.total_deltas, bytes},
           now.indexed_deltas == now.total_deltas);
    else
      tell({"receiving", now.received_objects, now.total_objects, bytes},
           now.received_objects == now.total_objects);
  }

  /// The last report of a phase is always told.
  void tell(const clone_progress& progress, bool is_last) {
    const auto now = std::chrono::steady_clock::now();
    if (is_last ? progress.phase == finished_phase_ : now - told_ < progress_interval)
      return;
    if (is_last)
      finished_phase_ = progress.phase;
    told_ = now;
    on_progress_(progress);
  }

  const clone_order& order_;
  const std::function<void(const clone_progress&)>& on_progress_;
  std::string url_; ///< the one used
  repository_ptr repository_;
  remote_ptr remote_;
  std::string wanted_;         ///< full name of the branch or tag that was asked for
  std::string default_branch_; ///< full name; empty when the remote's HEAD is detached
  std::optional<git_oid> remote_head_;
  bool is_empty_ = false;
  bool asked_agent_ = false;
  std::size_t next_key_ = 0;
  tried_credentials tried_;
  std::chrono::steady_clock::time_point told_;
  std::string finished_phase_;
  clone_result result_;
};

} // namespace

clone_result clone_by_library(const clone_order& order,
                              const std::function<void(const clone_progress&)>& on_progress) {
  git_libgit2_init();
  auto result = library_clone(order, on_progress).run();
  git_libgit2_shutdown();
  return result;
}

} // namespace sandboxd::git
