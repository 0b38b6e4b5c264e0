#include "supervision/actor_record.hpp"

#include "supervision/cut_text.hpp"

#include <caf/actor_cast.hpp>

#include <utility>
#include <variant>

namespace sandboxd::supervision {

namespace {

std::string bounded(std::string_view text) {
  std::string copy{text};
  cut_text(copy, actor_record::max_text_bytes);
  return copy;
}

} // namespace

std::string_view to_string(actor_phase phase) noexcept {
  switch (phase) {
  case actor_phase::starting:
    return "starting";
  case actor_phase::running:
    return "running";
  case actor_phase::stopping:
    return "stopping";
  case actor_phase::exited:
    return "exited";
  }
  return "unknown";
}

actor_record::actor_record(std::string path, std::string kind, std::uint64_t restarts,
                           const std::string& last_error)
    : path_(std::make_shared<const std::string>(std::move(path))), restarts_(restarts),
      kind_(std::move(kind)), last_error_(bounded(last_error)) {}

void actor_record::phase(actor_phase phase) noexcept {
  phase_.store(phase, std::memory_order_relaxed);
  if (phase == actor_phase::exited)
    process_.store(0, std::memory_order_relaxed);
  has_changed();
}

bool actor_record::mark_stopping() noexcept {
  auto current = phase_.load(std::memory_order_relaxed);
  while (current != actor_phase::exited)
    if (phase_.compare_exchange_weak(current, actor_phase::stopping, std::memory_order_relaxed)) {
      has_changed();
      return true;
    }
  return false;
}

std::string actor_record::kind() const {
  const std::lock_guard lock{mutex_};
  return kind_;
}

void actor_record::default_kind(std::string_view kind) {
  const std::lock_guard lock{mutex_};
  if (kind_.empty())
    kind_ = bounded(kind);
}

std::string actor_record::status() const {
  const std::lock_guard lock{mutex_};
  return status_;
}

void actor_record::status(std::string_view text) {
  const std::lock_guard lock{mutex_};
  status_ = bounded(text);
  has_changed();
}

void actor_record::details(actor_details all) {
  for (auto& one : all)
    if (auto* text = std::get_if<std::string>(&one.value); text != nullptr)
      cut_text(*text, max_text_bytes);
  const std::lock_guard lock{mutex_};
  details_.swap(all);
  has_changed();
}

void actor_record::process(pid_t number) noexcept {
  process_.store(number, std::memory_order_relaxed);
  has_changed();
}

void actor_record::supervisor(std::shared_ptr<const supervisor_figures> figures) {
  const std::lock_guard lock{mutex_};
  supervisor_ = std::move(figures);
  has_changed();
}

void actor_record::restart_due(std::optional<std::chrono::system_clock::time_point> when) {
  const std::lock_guard lock{mutex_};
  restart_due_ = when;
  has_changed();
}

std::string actor_record::last_error() const {
  const std::lock_guard lock{mutex_};
  return last_error_;
}

void actor_record::last_error(std::string_view text) {
  const std::lock_guard lock{mutex_};
  last_error_ = bounded(text);
  has_changed();
}

caf::strong_actor_ptr actor_record::actor() const {
  const std::lock_guard lock{mutex_};
  return caf::actor_cast<caf::strong_actor_ptr>(actor_);
}

void actor_record::actor(const caf::strong_actor_ptr& actor) {
  const std::lock_guard lock{mutex_};
  actor_ = caf::actor_cast<caf::weak_actor_ptr>(actor);
  actor_id_ = actor ? actor->id() : 0;
}

actor_snapshot actor_record::snapshot(clock::time_point now) const {
  actor_snapshot view;
  view.path = *path_;
  view.phase = phase();
  view.restarts = restarts_;
  view.restart = restart_;
  view.may_block = may_block_;
  view.started = started_;
  view.mailbox = mailbox_.figures(now);
  if (view.phase == actor_phase::exited) { // what still arrives is thrown away unread
    view.mailbox.depth = 0;
    view.mailbox.oldest_age = {};
  }
  const std::lock_guard lock{mutex_};
  view.kind = kind_;
  view.status = status_;
  view.details = details_;
  view.process = process();
  view.supervisor = supervisor_;
  view.restart_due = restart_due_;
  view.last_error = last_error_;
  view.actor_id = actor_id_;
  return view;
}

bool actor_record::is_conspicuous(clock::time_point now) const {
  if (mailbox_.has_messages() || mailbox_.had_long_handler())
    return true;
  const std::lock_guard lock{mutex_};
  return restart_due_ || (supervisor_ && supervisor_->restarts.count(now) > 0);
}

} // namespace sandboxd::supervision
