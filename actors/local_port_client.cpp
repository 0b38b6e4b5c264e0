#include "actors/local_port_client.hpp"

#include "actors/interfaces.hpp"
#include "actors/paths.hpp"

#include <caf/send.hpp>

#include <utility>

namespace sandboxd::actors {

namespace {

class local_port_client : public port_client {
public:
  local_port_client(std::shared_ptr<const supervision::directory> directory, services_ptr context)
      : directory_(std::move(directory)), context_(std::move(context)) {}

  void expose(std::uint16_t port, std::string name, if_exposed existing,
              reply<ports::exposed_port> done) override {
    tell_registry(expose_port{port, std::move(name), existing, std::move(done)});
  }

  void unexpose(std::uint16_t port, reply<ports::exposed_port> done) override {
    tell_registry(unexpose_port{port, std::move(done)});
  }

  [[nodiscard]] std::shared_ptr<const ports::exposed_ports> exposed() const override {
    return context_->exposed_ports();
  }

  void check(ports::probe_request probe, reply<ports::probe_result> done) override {
    ports::probe_port(
        context_->io, std::move(probe), context_->service_sockets(),
        [done = std::move(done)](ports::probe_result result) { done.deliver(std::move(result)); });
  }

  [[nodiscard]] std::shared_ptr<const void> watch(port_watch_request request,
                                                  reply<port_watch_result> done) override {
    auto interest = std::make_shared<const char>();
    tell_registry(watch_port{std::move(request), interest, std::move(done)});
    return interest;
  }

private:
  template <class Message>
  void tell_registry(Message message) const {
    if (const auto registry = directory_->find<port_registry_actor>(paths::port_registry))
      caf::anon_send(registry, std::move(message));
    else
      message.done.deliver(failure{error_code::unavailable, "The sandbox is starting or being restarted"});
  }

  std::shared_ptr<const supervision::directory> directory_;
  services_ptr context_;
};

} // namespace

std::shared_ptr<port_client> make_local_port_client(std::shared_ptr<const supervision::directory> directory,
                                                    services_ptr context) {
  return std::make_shared<local_port_client>(std::move(directory), std::move(context));
}

} // namespace sandboxd::actors
