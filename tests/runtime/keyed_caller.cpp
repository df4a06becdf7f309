// A process that calls a program with an idempotency key: STORE PROGRAM N.
// Prints its answers, and at last how often its backend was called.

#include <exception>
#include <iostream>
#include <string>

#include "tests/runtime/keyed_calls.hpp"

int main(int, char** argv) {
  try {
    auto done = dspex::test::call_with_one_key(argv[1], argv[2],
                                               std::stoul(argv[3]));
    for (auto& x : done.answers)
      std::cout << x << '\n';
    std::cout << done.model_calls << '\n';
    return 0;
  } catch (const std::exception& ex) {
    std::cout << ex.what() << '\n';
    return 1;
  }
}
