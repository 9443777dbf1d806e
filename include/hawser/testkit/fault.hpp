// One failure at one step of a scenario.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace hawser::testkit {

/// Counts the steps of a scenario and fails one of them. Steps are the phases of each attempt
/// (credentials if a plug-in lists on::authenticate, resolving, connecting, securing of wss://,
/// upgrading), each message that the peer sends and each that it gets. An attempt fails in its
/// phase, with a transient error; a message is lost, and the link with it. Copies count together.
class fault {
 public:
  /// Fails the step of that number, from 1; 0: none, it only counts.
  explicit fault(std::size_t step) : state_(std::make_shared<state>(state{step, 0, {}})) {}

  /// The step that fails.
  std::size_t step() const noexcept { return state_->fails; }
  /// Steps so far.
  std::size_t steps() const noexcept { return state_->seen; }
  bool happened() const noexcept { return !state_->what.empty(); }
  /// What failed: "step 3: connecting"; empty: nothing yet.
  const std::string& what() const noexcept { return state_->what; }

  /// A step begins; whether it is the one that fails. The world's business.
  bool strikes(std::string_view what) {
    if (++state_->seen != state_->fails) return false;
    state_->what = "step " + std::to_string(state_->seen) + ": " + std::string(what);
    return true;
  }

 private:
  struct state {
    std::size_t fails;
    std::size_t seen;
    std::string what;
  };
  std::shared_ptr<state> state_;
};

/// Runs `scenario(fault)` once without a failure, then once for each step that it took, with that
/// step failing; `check(fault)` after each. A scenario makes a harness, lets it inject() the fault,
/// and tests what must hold whatever fails. Answers the number of steps.
template <class Scenario, class Check>
std::size_t fail_at_each_step(Scenario&& scenario, Check&& check) {
  const fault none(0);
  scenario(none);
  check(none);
  for (std::size_t step = 1; step <= none.steps(); ++step) {
    const fault f(step);
    scenario(f);
    check(f);
  }
  return none.steps();
}
template <class Scenario>
std::size_t fail_at_each_step(Scenario&& scenario) {
  return fail_at_each_step(std::forward<Scenario>(scenario), [](const fault&) {});
}

}  // namespace hawser::testkit
