#include "supervision/trace.hpp"

#include "supervision/cut_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <cxxabi.h>
#include <memory>
#include <utility>

namespace sandboxd::supervision {

namespace {

/// Of the execution of one command; what has more grows.
constexpr std::size_t usual_spans = 8;

thread_local const trace_origin* works_for = nullptr;
const trace_origin nobody;

std::string bounded(std::string_view text) {
  std::string copy{text};
  cut_text(copy, trace::longest_text);
  return copy;
}

std::optional<std::uint64_t> parse_hex(std::string_view digits) {
  std::uint64_t value = 0;
  for (const char digit : digits) {
    const bool is_letter = digit >= 'a' && digit <= 'f';
    if (!is_letter && (digit < '0' || digit > '9'))
      return std::nullopt; // upper case is not allowed
    value = value << 4 | static_cast<std::uint64_t>(is_letter ? digit - 'a' + 10 : digit - '0');
  }
  return value;
}

/// The last part of a C++ name that the compiler has mangled; any other text is left as it is.
std::string plain_name(const char* mangled) {
  int status = 0;
  const std::unique_ptr<char, void (*)(void*)> demangled(
      abi::__cxa_demangle(mangled, nullptr, nullptr, &status), std::free);
  if (status != 0 || !demangled)
    return mangled;
  const std::string_view whole(demangled.get());
  const auto end = std::min(whole.find('<'), whole.size());
  const auto colon = whole.substr(0, end).rfind(':');
  const auto begin = colon == std::string_view::npos ? 0 : colon + 1;
  return std::string(whole.substr(begin, end - begin));
}

} // namespace

std::string to_string(const trace_id& id) {
  return fmt::format("{:016x}{:016x}", id.high, id.low);
}

std::string span_text(std::uint64_t span) {
  return fmt::format("{:016x}", span);
}

std::optional<trace_parent> parse_trace_parent(std::string_view header) {
  // version "-" trace-id "-" parent-id "-" flags
  constexpr std::size_t length = 55;
  if (header.size() < length || header[2] != '-' || header[35] != '-' || header[52] != '-')
    return std::nullopt;
  const auto version = parse_hex(header.substr(0, 2));
  const auto high = parse_hex(header.substr(3, 16));
  const auto low = parse_hex(header.substr(19, 16));
  const auto span = parse_hex(header.substr(36, 16));
  const auto flags = parse_hex(header.substr(53, 2));
  if (!version || !high || !low || !span || !flags || *version == 0xff || (*high | *low) == 0 || *span == 0)
    return std::nullopt;
  if (*version == 0 ? header.size() > length : header.size() > length && header[length] != '-')
    return std::nullopt;
  return trace_parent{{*high, *low}, *span, (*flags & 1) != 0};
}

std::string shown_name(const span& one) {
  return one.is_message ? plain_name(one.name) : one.name;
}

trace::trace(traced_request about, const trace_context& context, bool records, clock::time_point began)
    : about_(std::move(about)), context_(context), records_(records), began_(began),
      started_(std::chrono::system_clock::now() -
               std::chrono::duration_cast<std::chrono::system_clock::duration>(clock::now() - began)) {}

std::uint64_t trace::begin(span one) {
  cut_text(one.text, longest_text);
  const std::lock_guard lock{mutex_};
  if (spans_.size() >= most_spans) {
    ++lost_;
    return 1;
  }
  if (spans_.empty())
    spans_.reserve(usual_spans);
  one.id = spans_.size() + 2;
  spans_.push_back(std::move(one));
  return spans_.back().id;
}

void trace::end(std::uint64_t span, std::string_view text) {
  const std::lock_guard lock{mutex_};
  if (span < 2 || span >= spans_.size() + 2 || spans_[span - 2].end)
    return;
  auto& one = spans_[span - 2];
  one.end = clock::now();
  if (!text.empty())
    one.text = bounded(text);
}

void trace::finish(int status, std::uint64_t bytes_out, std::string outcome) {
  client_waited_for_since_ = 0;
  std::function<void()> forgotten; // destroyed without the lock
  const std::lock_guard lock{mutex_};
  if (ended_)
    return;
  forgotten.swap(cut_);
  ended_ = clock::now();
  status_ = status;
  bytes_out_ = bytes_out;
  outcome_ = std::move(outcome);
}

void trace::can_be_cut(std::function<void()> cut) {
  const std::lock_guard lock{mutex_};
  if (!ended_)
    cut_ = std::move(cut);
}

bool trace::cut() const {
  std::function<void()> known;
  {
    const std::lock_guard lock{mutex_};
    known = cut_;
  }
  if (known)
    known();
  return known != nullptr;
}

void trace::waits_for_client(bool waits) noexcept {
  client_waited_for_since_.store(waits ? clock::now().time_since_epoch().count() : 0,
                                 std::memory_order_relaxed);
}

trace::view trace::look_locked(clock::time_point now) const {
  view all;
  all.about = about_;
  all.context = context_;
  all.records = records_;
  all.started = started_;
  all.began = began_;
  all.ended = ended_;
  if (const auto since = client_waited_for_since_.load(std::memory_order_relaxed); since != 0 && !ended_)
    all.client_stalls = std::chrono::duration_cast<std::chrono::microseconds>(
        std::max(now - clock::time_point(clock::duration(since)), clock::duration::zero()));
  all.status = status_;
  all.bytes_out = bytes_out_;
  all.outcome = outcome_;
  all.lost = lost_;
  return all;
}

trace::view trace::look(clock::time_point now) const {
  const std::lock_guard lock{mutex_};
  auto all = look_locked(now);
  all.spans = spans_;
  return all;
}

trace::view trace::glance(clock::time_point now) const {
  const std::lock_guard lock{mutex_};
  return look_locked(now);
}

bool trace::has_visited(std::string_view path) const {
  const std::lock_guard lock{mutex_};
  return std::ranges::any_of(spans_, [&](const auto& one) { return one.path && *one.path == path; });
}

const trace_origin& current_origin() noexcept {
  return works_for == nullptr ? nobody : *works_for;
}

trace_scope::trace_scope(trace_origin origin) noexcept : origin_(std::move(origin)), before_(works_for) {
  works_for = origin_ ? &origin_ : nullptr;
}

trace_scope::~trace_scope() {
  works_for = before_;
}

traced_work::traced_work(const trace_origin& origin, const char* name, actor_path path, pid_t process,
                         std::string_view text) {
  if (!origin)
    return;
  span one;
  one.parent = origin.span;
  one.name = name;
  one.path = std::move(path);
  one.process = process;
  one.text = bounded(text);
  one.begin = trace::clock::now();
  origin_ = {origin.of, origin.of->begin(std::move(one))};
}

void traced_work::end(std::string_view text) const {
  if (origin_)
    origin_.of->end(origin_.span, text);
}

} // namespace sandboxd::supervision
