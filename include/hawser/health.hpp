// Health checks that one failing check cannot take down.
#pragma once

#include <hawser/error.hpp>
#include <hawser/time.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hawser {

/// What a check found.
struct health_answer {
  bool good = false;
  std::string text = {};  ///< in words
};

/// Called on a thread of its own. It may throw, which fails it, and may hang, which is told.
using health_check = std::function<health_answer()>;

/// What became of one check in one run.
struct health_report {
  enum class state : std::uint8_t {
    good,
    failed,   ///< it said so, or it threw
    timeout,  ///< it has not answered within the bound, in this run or since an earlier one
  };
  std::string name;
  state what = state::failed;
  std::string text = {};
  duration took = {};  ///< of one that hangs: since it was begun
};
std::string_view to_string(health_report::state s) noexcept;

/// A set of named checks. Thread-safe. Each run calls every check on a thread of its own, so one
/// that throws or hangs takes none of the others down; one that hangs is not begun again before it
/// has ended. Destroying the registry waits for nobody: a check that runs ends when it likes, so it
/// must own what it uses.
class health_registry {
  struct state;

 public:
  /// Takes its check out when it is destroyed. A call that is under way goes on.
  class token {
   public:
    token() = default;
    token(token&& other) noexcept
        : from_(std::move(other.from_)), id_(std::exchange(other.id_, 0)) {}
    token& operator=(token&& other) noexcept {
      std::swap(from_, other.from_);
      std::swap(id_, other.id_);
      return *this;
    }
    ~token() { remove(); }
    void remove() noexcept;

   private:
    friend class health_registry;
    std::weak_ptr<state> from_;
    std::uint64_t id_ = 0;
  };

  struct options {
    std::size_t checks = 64;  ///< errc::too_many_checks; also the most threads that it starts
  };

  health_registry();
  explicit health_registry(options o);
  ~health_registry();
  health_registry(const health_registry&) = delete;
  health_registry& operator=(const health_registry&) = delete;

  /// errc::invalid_option: no name, no function, or the name is taken; errc::too_many_checks, where
  /// those count that were taken out and hang.
  [[nodiscard]] result<token> add(std::string name, health_check check);
  /// Calls every check and waits at most `bound` for all of them together; in the order in which
  /// they were added.
  std::vector<health_report> run(duration bound);

 private:
  std::shared_ptr<state> state_;
};

/// {"healthy":true,"checks":[...]}: healthy if every check is good.
std::string to_json(const std::vector<health_report>& reports);

}  // namespace hawser
