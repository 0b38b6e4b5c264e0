#include "http/timestamp.hpp"

#include <cstddef>

namespace sandboxd::http {

namespace {

/// Writes a number right-aligned over what is there, which are zeros.
void put(std::string& text, std::size_t end, unsigned number) {
  for (; number > 0; number /= 10)
    text[--end] = static_cast<char>('0' + number % 10);
}

} // namespace

std::string timestamp(std::chrono::system_clock::time_point when) {
  using namespace std::chrono;
  const auto day = floor<days>(when);
  const year_month_day date(day);
  const hh_mm_ss time(floor<milliseconds>(when - day));
  std::string text = "0000-00-00T00:00:00.000Z"; // by hand, since listings hold thousands
  put(text, 4, static_cast<unsigned>(static_cast<int>(date.year()))); // 1677 to 2262, as the clock counts
  put(text, 7, static_cast<unsigned>(date.month()));
  put(text, 10, static_cast<unsigned>(date.day()));
  put(text, 13, static_cast<unsigned>(time.hours().count()));
  put(text, 16, static_cast<unsigned>(time.minutes().count()));
  put(text, 19, static_cast<unsigned>(time.seconds().count()));
  put(text, 23, static_cast<unsigned>(time.subseconds().count()));
  return text;
}

} // namespace sandboxd::http
