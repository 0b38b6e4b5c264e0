#include "daemon/egress.hpp"

#include "config/destination.hpp"
#include "launcher/egress_filter.hpp"
#include "launcher/host_addresses.hpp"
#include "launcher/hosts_file.hpp"
#include "launcher/quiet_thread.hpp"
#include "launcher/resolver_files.hpp"

#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <future>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace sandboxd::daemon {

namespace {

using clock = std::chrono::steady_clock;

/// So that the first workload finds what it may reach, if name servers answer.
constexpr std::chrono::seconds patience_with_first_look_up{5};

/// With a look-up at the end, which name servers that do not answer may hold up.
constexpr std::chrono::seconds patience_with_last_look_up{1};

constexpr std::string_view subject = "network";

std::string name_of(config::network_egress policy) {
  return policy == config::network_egress::none ? "none" : "listed";
}

/// They have been read once before, to be checked.
std::vector<config::destination> listed(const config::network_settings& settings) {
  auto read = config::read_destinations(settings.allow);
  return std::get<std::vector<config::destination>>(std::move(read));
}

std::unique_ptr<launcher::egress_filter> make_filter(const launcher::workload_groups* groups) {
  if (groups == nullptr)
    throw std::runtime_error("workloads are in no control groups");
  if (!groups->marking_problem().empty())
    throw std::runtime_error(groups->marking_problem());
  return launcher::egress_filter::make(*groups);
}

} // namespace

/// All but `lines` and `interval` by who holds the mutex.
struct egress::shared {
  shared(const config::network_settings& settings, log& to)
      : lines(to), interval(settings.resolve_interval), addresses(listed(settings)) {}

  log& lines; // not after `is_stopping`
  const std::chrono::milliseconds interval;
  std::mutex mutex;
  std::condition_variable changed;
  bool is_stopping = false;
  bool has_looked_up = false; // every name once
  bool is_over = false;       // the thread
  launcher::host_addresses addresses;
  std::unique_ptr<launcher::egress_filter> filter;
  std::optional<launcher::hosts_file> hosts;
  std::string hosts_text;

  void publish();
  void take(const std::string& name, launcher::looked_up found);
  bool look_up_all(std::unique_lock<std::mutex>& lock);
  void work(std::promise<void>& begun);
};

/// A file that cannot be written costs workloads a name, not the rules.
void egress::shared::publish() {
  filter->allow(addresses.all());
  if (!hosts)
    return;
  auto text = addresses.hosts_file(launcher::hosts_of_machine());
  if (text == hosts_text)
    return;
  hosts->write(text);
  hosts_text = std::move(text);
}

void egress::shared::take(const std::string& name, launcher::looked_up found) {
  if (!found.problem.empty())
    lines.write(config::log_level::warn, subject,
                "a name of network.allow cannot be looked up; it keeps its addresses",
                {{"name", name}, {"reason", found.problem}});
  if (found.left_out > 0)
    lines.write(config::log_level::warn, subject,
                "a name of network.allow stands for addresses that no name may open, or for too many",
                {{"name", name}, {"leftOut", static_cast<std::int64_t>(found.left_out)}});
  const auto count = static_cast<std::int64_t>(found.ipv4.size() + found.ipv6.size());
  if (addresses.update(name, std::move(found)))
    lines.write(config::log_level::info, subject, "looked up a name of network.allow",
                {{"name", name}, {"addresses", count}});
}

/// Whether to go on.
bool egress::shared::look_up_all(std::unique_lock<std::mutex>& lock) {
  for (const auto& name : addresses.names()) {
    lock.unlock();
    auto found = launcher::look_up(name);
    lock.lock();
    if (is_stopping)
      return false;
    take(name, std::move(found));
  }
  try {
    publish();
  } catch (const std::exception& fault) {
    lines.write(config::log_level::error, subject, "what workloads may reach stays as it was",
                {{"reason", fault.what()}});
  }
  return true;
}

/// Sessions share /etc with this process, and may be root there.
void egress::shared::work(std::promise<void>& begun) {
  try {
    if (!launcher::keep_resolver_files())
      lines.write(config::log_level::warn, subject,
                  "there is no /etc/resolv.conf: names are looked up in /etc/hosts and at 127.0.0.1");
    begun.set_value();
  } catch (...) {
    const std::lock_guard lock(mutex);
    is_over = true;
    return begun.set_exception(std::current_exception());
  }
  std::unique_lock lock(mutex);
  while (look_up_all(lock)) {
    has_looked_up = true;
    changed.notify_all();
    if (changed.wait_for(lock, interval, [this] { return is_stopping; }))
      break;
  }
  is_over = true;
  changed.notify_all();
}

std::unique_ptr<egress> egress::enforce(const config::network_settings& settings,
                                        const launcher::workload_groups* groups, const std::string& directory,
                                        log& lines) {
  if (settings.egress == config::network_egress::open)
    return nullptr;
  try {
    auto with = std::make_shared<shared>(settings, lines);
    with->filter = make_filter(groups);
    if (!with->addresses.names().empty())
      with->hosts.emplace(directory + "/hosts");
    with->publish();
    std::unique_ptr<egress> made(new egress(std::move(with)));
    lines.write(config::log_level::info, subject, "what workloads may reach is in force",
                {{"egress", name_of(settings.egress)}, {"allow", settings.allow}});
    made->start_to_look_up();
    return made;
  } catch (const std::exception& fault) {
    throw std::runtime_error(
        fmt::format("network.egress = {}: cannot be enforced: {}", name_of(settings.egress), fault.what()));
  }
}

egress::egress(std::shared_ptr<shared> with)
    : shared_(std::move(with)), hosts_file_(shared_->hosts ? shared_->hosts->path() : "") {}

void egress::start_to_look_up() {
  if (shared_->addresses.names().empty())
    return;
  const auto begun = std::make_shared<std::promise<void>>();
  auto has_begun = begun->get_future();
  thread_ = launcher::quiet_thread([with = shared_, begun] { with->work(*begun); });
  has_begun.get();
  std::unique_lock lock(shared_->mutex);
  if (!shared_->changed.wait_for(lock, patience_with_first_look_up,
                                 [this] { return shared_->has_looked_up; }))
    shared_->lines.write(config::log_level::warn, subject,
                         "names of network.allow are still being looked up; workloads reach them later");
}

egress::~egress() {
  std::unique_lock lock(shared_->mutex);
  shared_->is_stopping = true;
  shared_->changed.notify_all();
  const bool is_over = !thread_.joinable() || shared_->changed.wait_for(lock, patience_with_last_look_up,
                                                                        [this] { return shared_->is_over; });
  shared_->filter.reset();
  lock.unlock();
  if (!thread_.joinable())
    return;
  is_over ? thread_.join() : thread_.detach();
}

} // namespace sandboxd::daemon
