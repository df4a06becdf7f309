#include <iostream>

#include "dspex/dspex.hpp"

using triage
  = dspex::signature<"Support.Triage",
                     "ticket: str -> category: literal['bug', 'billing']">;

int main() {
  auto give_up = [](const dspex::error& why) {
    std::cerr << to_string(why) << '\n';
    return 1;
  };
  auto node = dspex::runtime::start(
    {.store_url = "sqlite:quickstart.db", .modules = {triage::definition()}});
  if (!node)
    return give_up(node.error());
  auto client = node->client();
  auto draft = client.create_program("Support.Triage", {.adapter = "mock"});
  if (!draft)
    return give_up(draft.error());
  auto program = client.initialize_program(draft->id);
  if (!program)
    return give_up(program.error());
  auto run = client.execute_program<triage>(
    program->id, triage::inputs{}.set<"ticket">("I was charged twice"));
  if (!run)
    return give_up(run.error());
  std::cout << to_string(run->id) << ' ' << run->get<"category">() << '\n';
}
