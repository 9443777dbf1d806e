// One writer with natural group commit, for the outbox and for the ledger.
#pragma once

#include <hawser/error.hpp>
#include <hawser/time.hpp>

#include <functional>
#include <memory>

namespace hawser::io {

class environment;

/// What a group is written to. Called in the writer's turns only.
class group_target {
 public:
  virtual ~group_target() = default;
  virtual result<void> begin() = 0;
  virtual result<void> commit() = 0;
  virtual void rollback() noexcept = 0;
  /// The group is on disk, or (with the error) it was rolled back: store_errc::in_doubt: the disk
  /// may have it all the same. Comes before the `done` of its jobs.
  virtual void settled(error_code ec) = 0;
  /// How long until due() is to be called, asked before each wait and each group: zero or less:
  /// now; duration::max(): not at all. So the clock is the target's own.
  virtual duration due_in() = 0;
  /// The time has come; within a group, like a job.
  virtual void due() = 0;
};

/// Gathers jobs into transactions: commits at once when idle, and while one commit is on its way to
/// the disk the next group gathers, up to its bounds. There is no timer, so an idle store answers
/// after one sync and a busy one after at most two.
class group_writer {
 public:
  struct limits {
    std::size_t jobs = 1000;                   ///< of one group
    std::size_t bytes = std::size_t{1} << 20;  ///< of one group, as the jobs say
    std::size_t queued = 16 * 1024;            ///< jobs that wait; more are refused
  };
  struct job {
    std::function<void()> apply;  ///< within the transaction
    std::function<void(error_code)>
        done;               ///< after the commit, or with why it failed; may be empty
    std::size_t bytes = 0;  ///< about what it adds
    bool bounded = true;    ///< false: never mailbox_full; for jobs that are few by nature
  };

  /// `target` and the environment, which says who writes (environment::make_worker: a thread by
  /// default), must outlive the writer. It begins at once.
  group_writer(group_target& target, const limits& l, environment& around);
  /// stop()
  ~group_writer();

  /// From any thread. errc::mailbox_full; errc::stopped. Jobs are applied and answered in the order
  /// of submission.
  result<void> submit(job j);
  /// Finishes what was submitted, then ends. Not from a job.
  void stop();

 private:
  class impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace hawser::io
