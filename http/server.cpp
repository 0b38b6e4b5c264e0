#include "http/server.hpp"

#include "http/acceptor.hpp"
#include "http/listener.hpp"
#include "http/peer.hpp"
#include "http/request_responder.hpp"
#include "http/served_request.hpp"
#include "http/server_traits.hpp"
#include "http/socket_file.hpp"
#include "http/transport.hpp"

#include <asio/dispatch.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <http_parser.h>
#include <mutex>
#include <stdexcept>
#include <utility>
#include <variant>

namespace sandboxd::http {

namespace {

using restinio_connection = restinio::impl::connection_t<server_traits>;
using restinio_settings = restinio::impl::connection_settings_t<server_traits>;

/// Of what a client names for the log.
constexpr std::size_t most_logged_bytes = 128;

/// After connections were cut, for their strands to take note.
constexpr std::chrono::seconds cut_limit{1};

/// A request as handlers see it, with the share of the budget its body holds.
struct accounted_request : request {
  budget_share share;
};

/// RESTinio's own limits: a second wall, since the guard has refused all this before.
restinio::incoming_http_msg_limits_t second_wall(const config::http_settings& settings) {
  // RESTinio refuses a value that is exactly as long as the limit.
  return restinio::incoming_http_msg_limits_t{}
      .max_url_size(settings.max_url_bytes)
      .max_field_name_size(settings.max_header_bytes)
      .max_field_value_size(settings.max_header_bytes + 1)
      .max_body_size(0);
}

std::shared_ptr<restinio_settings> make_restinio_settings(const std::shared_ptr<transport>& shared,
                                                          asio::io_context& context) {
  const auto& settings = shared->settings;
  restinio::server_settings_t<server_traits> made;
  made.request_handler(request_entry(shared))
      .incoming_http_msg_limits(second_wall(settings))
      .buffer_size(2048)
      .max_pipelined_requests(1); // the guard holds back what was pipelined
  // The parser has a limit of its own for a whole head (80 KiB), for all its users in this process.
  http_parser_set_max_header_size(
      static_cast<std::uint32_t>(settings.max_url_bytes + settings.max_header_bytes + 1024));
  return std::make_shared<restinio_settings>(
      std::move(made), restinio::impl::create_parser_settings<server_traits::http_methods_mapper_t>(),
      restinio::null_timer_manager_t::factory_t{}.create(context));
}

/// How often all clocks are looked at: a clock runs over by at most an eighth of the shortest.
std::chrono::milliseconds tick_of(const config::http_settings& settings) {
  auto shortest = std::min(
      {settings.header_timeout, settings.body_timeout, settings.idle_timeout, settings.stream_stall_timeout});
  return std::clamp<std::chrono::milliseconds>(shortest / 8, std::chrono::milliseconds(5),
                                               std::chrono::milliseconds(500));
}

} // namespace

restinio::request_handling_status_t
request_entry::operator()(const restinio::request_handle_t& parsed) const {
  auto guard = shared_->connections.find(parsed->connection_id());
  if (!guard)
    return restinio::request_accepted(); // closed meanwhile: nobody to answer
  const auto& header = parsed->header();
  served_request::description what;
  what.method = header.method().c_str();
  what.path = header.path();
  auto received = guard->take_request();
  what.id = shared_->request_id(received.offered_id);
  what.sandbox_id = header.get_field_or("X-Sandbox-Id", "").substr(0, most_logged_bytes);
  what.trace_id = header.get_field_or("X-Trace-Id", "").substr(0, most_logged_bytes);
  what.minor_version = received.minor_version;
  what.head_only = received.head_only;
  what.bytes_in = received.bytes_in;
  what.began = received.began;

  auto whole = std::make_shared<accounted_request>();
  whole->method = what.head_only ? "GET" : what.method;
  whole->path = what.path;
  whole->query = header.query();
  header.for_each_field([&](const auto& field) { whole->headers.emplace_back(field.name(), field.value()); });
  whole->body = std::move(received.body);
  whole->share = std::move(received.share);
  whole->id = what.id;
  whole->late = shared_->draining;

  if (const auto& begin_trace = shared_->hooks.trace)
    what.trace = whole->trace = begin_trace(*whole, guard->client_name(), what.began);

  auto connection = restinio::impl::access_req_connection(*parsed);
  served_request::origin from{connection, parsed->request_id(), header.should_keep_alive()};
  auto served = std::make_shared<served_request>(shared_, guard, std::move(from), std::move(what));
  guard->serve(served, std::move(connection), whole->trace);
  if (const auto& trace = whole->trace)
    trace->can_be_cut([to = std::weak_ptr(guard), which = std::weak_ptr<const supervision::trace>(trace)] {
      if (const auto living = to.lock())
        living->cut_request(which);
    });
  auto answer = std::make_shared<request_responder>(std::move(served));
  try {
    shared_->hooks.handle(std::move(whole), answer);
  } catch (const std::exception& fault) {
    shared_->report(fault.what());
    answer->fail("The request could not be served");
  }
  return restinio::request_accepted();
}

class server::running : public std::enable_shared_from_this<server::running> {
public:
  running(const config::settings& settings, asio::io_context& context, server_hooks hooks)
      : shared(std::make_shared<transport>(settings, std::move(hooks))),
        file_(settings.http.unix_socket, settings.http.unix_socket_mode), ticker_(context),
        tick_(tick_of(settings.http)), restinio_(make_restinio_settings(shared, context)), context_(context) {
  }

  /// Once, before `start`: what holds a weak reference to this object.
  void prepare() {
    const auto turn = asio::make_strand(context_.get_executor());
    const auto make_door = [&] {
      return std::make_shared<listener>(
          context_, shared, turn,
          [weak = weak_from_this()](client_socket socket, const auto& strand, const auto& client) {
            if (auto self = weak.lock())
              self->connect(std::move(socket), strand, client);
          });
    };
    door_ = make_door();
    unix_door_ = make_door();
    shared->connections.on_removed([doors = std::array{std::weak_ptr(door_), std::weak_ptr(unix_door_)}] {
      for (const auto& one : doors)
        if (auto opened = one.lock())
          opened->resume();
    });
    keep_time();
  }

  void start() {
    const std::lock_guard lock(doors_mutex_);
    const auto& settings = shared->settings;
    auto over_tcp = listen_at(context_, settings.address, port != 0 ? port.load() : settings.port);
    if (!settings.unix_socket.empty())
      unix_door_->open(file_.listen(context_));
    port = port_of(over_tcp);
    if (shared->relays)
      shared->relays->own_port = port.load();
    shared->draining = false;
    door_->open(std::move(over_tcp));
  }

  void stop_accepting() {
    const std::lock_guard lock(doors_mutex_);
    shared->draining = true;
    file_.remove();
    unix_door_->close();
    door_->close();
  }

  [[nodiscard]] bool is_listening() const { return door_->is_open(); }

  const std::shared_ptr<transport> shared;
  std::atomic<std::uint16_t> port = 0; ///< listened on last

private:
  void connect(client_socket socket, const connection_guard::strand_type& strand, const peer& client) {
    auto id = ++connection_count_;
    const auto* ends = std::get_if<tcp_peer>(&client);
    auto guard = std::make_shared<connection_guard>(shared, id, std::move(socket), strand, client);
    auto connection = std::make_shared<restinio_connection>(
        id, guarded_socket(guard), restinio_, ends != nullptr ? ends->remote : asio::ip::tcp::endpoint(),
        restinio_connection::lifetime_monitor_t{nullptr});
    shared->connections.add(id, guard);
    asio::dispatch(strand, [connection] { connection->init(); });
  }

  void keep_time() {
    ticker_.expires_after(tick_);
    ticker_.async_wait([weak = weak_from_this()](const asio::error_code& cancelled) {
      auto self = weak.lock();
      if (cancelled || !self)
        return;
      // An exception (memory) must end neither the thread nor the time.
      self->shared->protect([&] {
        auto now = connection_guard::clock::now();
        for (const auto& guard : self->shared->connections.all())
          guard->check_clocks(now);
        if (self->shared->relays)
          self->shared->relays->tidy(now);
      });
      self->keep_time();
    });
  }

  std::mutex doors_mutex_; ///< for opening and closing them
  std::shared_ptr<listener> door_;
  std::shared_ptr<listener> unix_door_; ///< stays closed where there is no `http.unix-socket`
  socket_file file_;
  asio::steady_timer ticker_;
  const std::chrono::milliseconds tick_;
  const std::shared_ptr<restinio_settings> restinio_;
  asio::io_context& context_;
  std::atomic<std::uint64_t> connection_count_ = 0;
};

server::server(const config::settings& settings, asio::io_context& context, server_hooks hooks) {
  if (!hooks.handle || !hooks.refuse)
    throw std::invalid_argument("an HTTP server needs the hooks `handle` and `refuse`");
  running_ = std::make_shared<running>(settings, context, std::move(hooks));
  running_->prepare();
}

server::~server() {
  stop_accepting();
  running_->shared->silent = true;
  for (const auto& guard : running_->shared->connections.all())
    guard->abandon();
  if (running_->shared->relays)
    running_->shared->relays->close_waiting();
}

void server::start() {
  running_->start();
}

std::uint16_t server::port() const {
  return running_->port;
}

bool server::is_listening() const {
  return running_->is_listening();
}

void server::stop_accepting() {
  running_->stop_accepting();
}

void server::close_idle() {
  for (const auto& guard : running_->shared->connections.all())
    guard->close_when_idle();
}

std::size_t server::close_all(std::chrono::milliseconds grace) {
  auto& connections = running_->shared->connections;
  stop_accepting();
  close_idle();
  if (connections.wait_until_empty(connection_guard::clock::now() + grace))
    return 0;
  auto left = connections.all();
  for (const auto& guard : left)
    guard->cut_soon();
  (void)connections.wait_until_empty(connection_guard::clock::now() + cut_limit);
  return left.size();
}

std::size_t server::connection_count() const {
  return running_->shared->connections.size();
}

std::uint64_t server::buffered_bytes() const {
  return running_->shared->budget->used();
}

} // namespace sandboxd::http
