#include "actors/file_pool.hpp"

#include "actors/paths.hpp"

#include <caf/actor_cast.hpp>
#include <caf/send.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace sandboxd::actors {

namespace {

using self_pointer = supervision::typed_stateful_pointer<file_pool_state, file_pool_actor>;

/// How often it is looked whether something takes too long.
constexpr std::chrono::seconds look_interval{1};

void hand_out(self_pointer self) {
  auto& state = self->state;
  while (auto assigned = state.next(self->clock().now()))
    self->send(assigned->worker, std::move(assigned->task));
}

} // namespace

void file_pool_state::add(blocking_task task, time now) {
  if (waiting_.size() >= context_->settings()->files.max_queued)
    return task.give_up({error_code::too_busy, "Too many file operations are waiting"});
  waiting_.push_back({std::move(task), now});
}

bool file_pool_state::worker_idle(const file_worker_actor& worker) {
  const bool was_running = running_.erase(worker.address()) > 0;
  const bool is_new = std::find(idle_.begin(), idle_.end(), worker) == idle_.end();
  if (is_new)
    idle_.push_back(worker);
  return is_new && !was_running;
}

void file_pool_state::worker_gone(const caf::actor_addr& worker) {
  std::erase_if(idle_, [&](const file_worker_actor& one) { return one.address() == worker; });
  running_.erase(worker);
}

std::optional<file_pool_state::assignment> file_pool_state::next(time now) {
  if (idle_.empty() || waiting_.empty())
    return std::nullopt;
  assignment result{std::move(idle_.back()), std::move(waiting_.front().task)};
  idle_.pop_back();
  waiting_.pop_front();
  running_[result.worker.address()] = {result.task.give_up, now};
  return result;
}

void file_pool_state::give_up_overdue(time now) {
  const auto timeout = context_->settings()->files.operation_timeout;
  const failure reason{error_code::resource_busy, "The file system did not answer in time"};
  while (!waiting_.empty() && now - waiting_.front().since > timeout) {
    waiting_.front().task.give_up(reason);
    waiting_.pop_front();
  }
  for (auto& [worker, task] : running_)
    if (now - task.since > timeout)
      if (const auto give_up = std::exchange(task.give_up, nullptr))
        give_up(reason);
}

std::string file_pool_state::describe() const {
  return fmt::format("{} idle, {} busy, {} waiting", idle_.size(), running_.size(), waiting_.size());
}

file_pool_actor::behavior_type file_pool_behavior(self_pointer self, services_ptr context) {
  const auto workers = context->settings()->files.workers;
  self->state.configure(std::move(context));
  self->set_down_handler([self](const caf::down_msg& message) {
    self->state.worker_gone(caf::actor_cast<caf::actor_addr>(message.source));
    self->set_status(self->state.describe());
  });
  // Those that outlived the pool before; the others tell by themselves.
  for (std::uint64_t i = 1; i <= workers; ++i)
    if (const auto worker = self->observer()->actors->find<file_worker_actor>(
            paths::sibling(self->record()->path(), fmt::format("worker-{}", i))))
      self->send(worker, tell_when_idle{});
  self->delayed_send(self, look_interval, look_for_overdue{});
  return {
      [self](blocking_task& task) {
        self->state.add(std::move(task), self->clock().now());
        hand_out(self);
      },
      [self](const worker_idle& event) {
        if (self->state.worker_idle(event.worker))
          self->monitor(event.worker);
        hand_out(self);
        self->set_status(self->state.describe());
      },
      [self](look_for_overdue) {
        self->state.give_up_overdue(self->clock().now());
        self->delayed_send(self, look_interval, look_for_overdue{});
      },
  };
}

} // namespace sandboxd::actors
