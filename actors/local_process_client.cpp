#include "actors/local_process_client.hpp"

#include "actors/interfaces.hpp"
#include "actors/paths.hpp"

#include <caf/send.hpp>
#include <fmt/format.h>

#include <atomic>
#include <utility>
#include <variant>

namespace sandboxd::actors {

namespace {

class local_process_client : public process_client {
public:
  local_process_client(std::shared_ptr<const supervision::directory> directory, services_ptr context)
      : directory_(std::move(directory)), context_(std::move(context)) {}

  void start(process_request request, reply<tracked_process_ptr> done) override {
    const auto starter = directory_->find<process_starter_actor>(paths::process_starter);
    if (!starter)
      return done.deliver(unavailable());
    if (!context_->settings()->process.honour_timeout)
      request.timeout.reset();
    // Twice, since the record repeats it.
    auto room = launcher::hold(context_->command_memory, 2 * request.command.size());
    if (!room)
      return done.deliver(
          failure{error_code::too_busy, "The commands that wait or run hold too much memory"});
    process_record record;
    record.id = request.id;
    record.session = request.session;
    record.command = request.command;
    record.start_time = std::chrono::system_clock::now();
    auto target = std::make_shared<tracked_process>(std::move(record), context_->process_output_limits(),
                                                    std::move(room));
    caf::anon_send(starter, start_process{std::move(request), std::move(target), std::move(done)});
  }

  [[nodiscard]] tracked_process_ptr find(const std::string& id) const override {
    return context_->processes->find(id);
  }

  [[nodiscard]] std::vector<tracked_process_ptr> all(const std::string* session) const override {
    return context_->processes->all(session);
  }

  void settle(const tracked_process_ptr& process, reply<process_record> done) override {
    const auto actor = process->finished()
                           ? process_actor{}
                           : directory_->find<process_actor>(paths::processes + '/' + process->child);
    if (actor)
      caf::anon_send(actor, settle_process{std::move(done)});
    else
      done.deliver(process->record());
  }

  void write_input(const std::string& id, std::string bytes, bool close, reply<input_written> done) override {
    const auto target = find(id);
    if (!target)
      return done.deliver(failure{error_code::process_not_found, fmt::format("Process {} not found", id)});
    const auto actor = directory_->find<process_actor>(paths::processes + '/' + target->child);
    if (!actor || target->finished())
      return done.deliver(target->finished() ? failure{error_code::process_input_closed,
                                                       fmt::format("Process {} has ended", id)}
                                             : unavailable());
    caf::anon_send(actor, write_process_input{std::move(bytes), close, std::move(done)});
  }

  void kill(const std::string& id, reply<process_record> done) override {
    const auto target = find(id);
    if (!target)
      return done.deliver(failure{error_code::process_not_found, fmt::format("Process {} not found", id)});
    kill(target, std::move(done));
  }

  void kill_all(const std::string* session, reply<std::size_t> done) override {
    auto living = all(session);
    std::erase_if(living, [](const auto& one) { return one->finished(); });
    const std::size_t count = living.size();
    if (count == 0)
      return done.deliver(count);
    const auto left = std::make_shared<std::atomic<std::size_t>>(count);
    for (const auto& one : living)
      kill(one, reply<process_record>([left, count, done](const result_of<process_record>&) {
             if (--*left == 0)
               done.deliver(count);
           }));
  }

private:
  static failure unavailable() {
    return {error_code::unavailable, "The sandbox is starting or being restarted"};
  }

  void kill(const tracked_process_ptr& target, const reply<process_record>& done) const {
    const auto actor = directory_->find<process_actor>(paths::processes + '/' + target->child);
    if (!actor)
      return target->finished() ? done.deliver(target->record()) : done.deliver(unavailable());
    // An actor that ends with its process, just now, answers nothing any more.
    caf::anon_send(actor,
                   kill_process{reply<process_record>([target, done](result_of<process_record> result) {
                     if (std::holds_alternative<failure>(result) && target->finished())
                       return done.deliver(target->record());
                     done.deliver(std::move(result));
                   })});
  }

  std::shared_ptr<const supervision::directory> directory_;
  services_ptr context_;
};

} // namespace

std::shared_ptr<process_client>
make_local_process_client(std::shared_ptr<const supervision::directory> directory, services_ptr context) {
  return std::make_shared<local_process_client>(std::move(directory), std::move(context));
}

} // namespace sandboxd::actors
