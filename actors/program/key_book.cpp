#include "actors/program/key_book.hpp"

#include <utility>

#include "core/lifecycle.hpp"
#include "signatures/hash.hpp"

namespace dspex {

namespace {

// The same value with the members of all objects in the order of their names.
json sorted(const json& x) {
  if (!x.is_structured())
    return x;
  auto result = x.is_array() ? json::array() : json::object();
  if (x.is_array()) {
    for (auto& item : x)
      result.push_back(sorted(item));
    return result;
  }
  auto members = std::map<std::string, const json*>{};
  for (auto& [name, value] : x.items())
    members.emplace(name, &value);
  for (auto& [name, value] : members)
    result[name] = sorted(*value);
  return result;
}

} // namespace

key_book::place key_book::claim(const std::string& key, execution_id id,
                                const std::string& inputs_hash) {
  auto [i, added] = leaders_.try_emplace(key, leader{id, inputs_hash, {}});
  auto& found = i->second;
  if (found.id == id)
    return place::leads;
  if (found.inputs_hash != inputs_hash)
    return place::conflicts;
  found.followers.insert(id);
  return place::follows;
}

key_book::runs key_book::release(const std::string& key, execution_id id) {
  auto i = leaders_.find(key);
  if (i == leaders_.end())
    return {};
  if (i->second.id != id) {
    i->second.followers.erase(id);
    return {};
  }
  auto followers = std::move(i->second.followers);
  leaders_.erase(i);
  return followers;
}

key_holder holder_of(const result<execution_record>& row) {
  if (!row)
    return row.error().code == errc::not_found ? key_holder::gone
                                               : key_holder::runs;
  if (!is_terminal(row->status))
    return key_holder::runs;
  return frees_key(row->error_code) ? key_holder::gone : key_holder::answers;
}

std::string hash_of_inputs(const json& inputs) {
  return detail::sha256_hex(dump_json(sorted(inputs)));
}

} // namespace dspex
