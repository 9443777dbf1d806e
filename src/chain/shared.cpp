#include <hawser/shared.hpp>

namespace hawser {

const std::shared_ptr<retry_budget>& process_retry_budget() {
  static const auto budget = std::make_shared<retry_budget>();
  return budget;
}

}  // namespace hawser
