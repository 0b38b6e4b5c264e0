#pragma once

#include "http/guarded_socket.hpp"
#include "http/transport.hpp"

#include <asio/io_context.hpp>
#include <asio/strand.hpp>
#include <restinio/http_server.hpp>
#include <restinio/null_timer_manager.hpp>
#include <restinio/traits.hpp>

#include <memory>
#include <utility>

namespace sandboxd::http {

/// Takes a request that RESTinio has parsed: joins it with what the guard received, and calls the handler.
class request_entry {
public:
  explicit request_entry(std::shared_ptr<transport> shared) : shared_(std::move(shared)) {}

  restinio::request_handling_status_t operator()(const restinio::request_handle_t& parsed) const;

private:
  std::shared_ptr<transport> shared_;
};

/// How RESTinio is used: our socket, our clocks, one strand per connection (so any number of I/O threads may
/// run).
struct server_traits : restinio::traits_t<restinio::null_timer_manager_t, restinio::null_logger_t,
                                          request_entry, connection_guard::strand_type, guarded_socket> {};

} // namespace sandboxd::http
