#include "tests/fuzz/targets.hpp"

#include <cstddef>
#include <cstdint>

/// What libFuzzer calls with each input. Compiled once for each fuzzer; SANDBOXD_FUZZ_TARGET is its function.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  sandboxd::fuzz::SANDBOXD_FUZZ_TARGET({data, size});
  return 0;
}
