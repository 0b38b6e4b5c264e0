#pragma once

#include <gtest/gtest.h>

#include <sys/resource.h>

namespace sandboxd::testing {

/// As long as it lives this process, its other threads included, can open nothing; what is open stays.
class descriptor_shortage {
public:
  descriptor_shortage() {
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &usual_), 0);
    const rlimit none{1, usual_.rlim_max}; // poll(2) takes no more entries than that
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  }
  ~descriptor_shortage() { ::setrlimit(RLIMIT_NOFILE, &usual_); }
  descriptor_shortage(const descriptor_shortage&) = delete;
  descriptor_shortage& operator=(const descriptor_shortage&) = delete;

private:
  rlimit usual_{};
};

} // namespace sandboxd::testing
