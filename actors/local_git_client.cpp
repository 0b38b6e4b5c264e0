#include "actors/local_git_client.hpp"

#include "actors/checkout.hpp"
#include "actors/interfaces.hpp"
#include "actors/paths.hpp"
#include "git/clone_url.hpp"
#include "supervision/spawn.hpp"
#include "supervision/supervisor_messages.hpp"

#include <caf/send.hpp>

#include <atomic>
#include <cstdint>
#include <utility>

namespace sandboxd::actors {

namespace {

/// What a clone gets on top of the time in which everything of it must be gone.
constexpr std::chrono::milliseconds clean_up_time{1000};

class local_git_client : public git_client {
public:
  local_git_client(std::shared_ptr<const supervision::directory> directory, services_ptr context)
      : directory_(std::move(directory)), context_(std::move(context)) {}

  std::function<void()> checkout(checkout_request request, progress_sink on_progress,
                                 reply<git::clone_result> done) override {
    const auto supervisor = directory_->find<supervision::supervisor_actor>(paths::git);
    if (!supervisor)
      return refuse(done, {error_code::unavailable, "The sandbox is restarting its clones"});
    auto permit = launcher::hold(context_->clones, 1);
    if (!permit)
      return refuse(done, {error_code::too_busy, "There are too many clones"});
    request.order.schemes = git::split_schemes(context_->settings()->git.allowed_schemes);
    start_checkout order{std::move(request), std::move(on_progress), std::move(done),
                         std::make_shared<std::atomic<bool>>(false), std::move(permit)};
    const auto called_off = order.called_off;
    supervision::child_spec spec;
    spec.id = std::to_string(++last_number_);
    spec.restart = supervision::restart_type::temporary;
    spec.shutdown = context_->settings()->session.kill_grace + clean_up_time;
    const auto path = paths::git + '/' + spec.id;
    spec.start = supervision::supervised(checkout_behavior, context_, std::move(order));
    // Should it not start, its reply answers when it is destroyed.
    caf::anon_send(supervisor, supervision::start_child{std::move(spec)});
    return [called_off, path, directory = directory_] {
      *called_off = true; // for one that is on its way
      if (const auto actor = directory->find<checkout_actor>(path))
        caf::anon_send(actor, cancel_checkout{});
    };
  }

private:
  static std::function<void()> refuse(const reply<git::clone_result>& done, failure reason) {
    done.deliver(std::move(reason));
    return [] {};
  }

  const std::shared_ptr<const supervision::directory> directory_;
  const services_ptr context_;
  std::atomic<std::uint64_t> last_number_ = 0;
};

} // namespace

std::shared_ptr<git_client> make_local_git_client(std::shared_ptr<const supervision::directory> directory,
                                                  services_ptr context) {
  return std::make_shared<local_git_client>(std::move(directory), std::move(context));
}

} // namespace sandboxd::actors
