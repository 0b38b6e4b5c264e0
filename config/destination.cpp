#include "config/destination.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <netinet/in.h>
#include <optional>
#include <system_error>
#include <utility>

namespace sandboxd::config {

namespace {

constexpr std::size_t longest_name = 253; // RFC 1035, in text
constexpr std::size_t longest_label = 63;

struct parsed_address {
  destination_form form = destination_form::ipv4;
  std::array<unsigned char, sizeof(in6_addr)> bytes{};

  [[nodiscard]] unsigned bits() const { return form == destination_form::ipv4 ? 32 : 128; }
};

std::optional<parsed_address> parse_address(const std::string& text) {
  parsed_address address;
  if (::inet_pton(AF_INET, text.c_str(), address.bytes.data()) == 1)
    return address;
  address.form = destination_form::ipv6;
  return ::inet_pton(AF_INET6, text.c_str(), address.bytes.data()) == 1 ? std::optional(address)
                                                                        : std::nullopt;
}

bool is_mapped(const parsed_address& address) {
  in6_addr whole{};
  std::ranges::copy(address.bytes, whole.s6_addr);
  return address.form == destination_form::ipv6 && IN6_IS_ADDR_V4MAPPED(&whole);
}

bool has_bits_beyond(const parsed_address& address, unsigned length) {
  for (unsigned bit = length; bit < address.bits(); ++bit)
    if ((address.bytes[bit / 8] >> (7 - bit % 8) & 1) != 0)
      return true;
  return false;
}

std::optional<unsigned> parse_length(std::string_view text, unsigned most) {
  unsigned length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  const bool is_whole = error == std::errc() && end == text.data() + text.size();
  const bool has_leading_zero = text.size() > 1 && text.front() == '0';
  return is_whole && !has_leading_zero && length <= most ? std::optional(length) : std::nullopt;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_label(std::string_view text) {
  const auto is_inner = [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  };
  return !text.empty() && text.size() <= longest_label && std::ranges::all_of(text, is_inner) &&
         text.front() != '-' && text.back() != '-';
}

/// One whose last label were a number would be an address with a mistake.
bool is_name(std::string_view text) {
  if (text.size() > longest_name)
    return false;
  for (;;) {
    const auto label = text.substr(0, text.find('.'));
    if (!is_label(label))
      return false;
    if (label.size() == text.size())
      return !std::ranges::all_of(label, is_digit);
    text.remove_prefix(label.size() + 1);
  }
}

/// The destination, or what is wrong with it.
std::variant<destination, std::string> read_one(std::string_view text) {
  const auto slash = text.find('/');
  const std::string beginning(text.substr(0, slash));
  const auto address = parse_address(beginning);
  if (!address)
    return slash == std::string_view::npos && is_name(text)
               ? std::variant<destination, std::string>(destination{destination_form::name, beginning})
               : std::string("is neither an address, nor a block of addresses, nor the name of a host");
  if (is_mapped(*address))
    return std::string("is an IPv4 address within IPv6, which stands here as IPv4");
  if (slash != std::string_view::npos) {
    const auto length = parse_length(text.substr(slash + 1), address->bits());
    if (!length)
      return "needs a length of 0 to " + std::to_string(address->bits()) + " after its slash";
    if (has_bits_beyond(*address, *length))
      return "is no block: the address has bits beyond its first " + std::to_string(*length);
  }
  return destination{address->form, std::string(text)};
}

std::string_view without_blanks(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  return first == std::string_view::npos ? std::string_view()
                                         : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

} // namespace

std::variant<std::vector<destination>, std::string> read_destinations(std::string_view text) {
  std::vector<destination> found;
  for (bool has_more = !without_blanks(text).empty(); has_more;) {
    const auto comma = text.find(',');
    const auto item = without_blanks(text.substr(0, comma));
    has_more = comma != std::string_view::npos;
    text.remove_prefix(has_more ? comma + 1 : text.size());
    if (found.size() == most_destinations)
      return "more than " + std::to_string(most_destinations) + " items";
    auto one = read_one(item);
    if (const auto* wrong = std::get_if<std::string>(&one))
      return '"' + std::string(item) + "\" " + *wrong;
    found.push_back(std::get<destination>(std::move(one)));
  }
  return found;
}

} // namespace sandboxd::config
