#include <hawser/process.hpp>

#include <algorithm>
#include <mutex>
#include <string>
#include <unordered_map>

namespace hawser {
namespace {

struct registry {
  std::mutex mutex;
  std::unordered_map<std::string, std::weak_ptr<shared_circuit>> circuits;
  std::size_t sweep_at = 64;  // entries; those that nobody holds any more are then removed
};

}  // namespace

const std::shared_ptr<retry_budget>& process_retry_budget() {
  static const auto budget = std::make_shared<retry_budget>();
  return budget;
}

std::shared_ptr<shared_circuit> process_circuit(std::string_view endpoint) {
  static registry all;
  const std::lock_guard guard(all.mutex);
  if (all.circuits.size() >= all.sweep_at) {
    std::erase_if(all.circuits, [](const auto& e) { return e.second.expired(); });
    all.sweep_at = std::max<std::size_t>(64, 2 * all.circuits.size());
  }
  auto& known = all.circuits[std::string(endpoint)];
  auto circuit = known.lock();
  if (!circuit) known = circuit = std::make_shared<shared_circuit>();
  return circuit;
}

}  // namespace hawser
