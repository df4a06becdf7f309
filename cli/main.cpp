#include "cli/command_line.hpp"

int main(int argc, char** argv) {
  return dspex::cli::run_command_line(argc, argv);
}
