// The governors of a device on the store's writer thread: events in, receipts and answers out.
#pragma once

#include <hawser/edge/edge.hpp>
#include <hawser/store/group_writer.hpp>

#include "edge/answered_keys.hpp"
#include "edge/damaged_governors.hpp"
#include "edge/deadline_queue.hpp"
#include "edge/group_clock.hpp"
#include "edge/outbox_reset.hpp"
#include "edge/receipt_journal.hpp"

#include <unordered_map>

namespace hawser {

/// Runs their machines, and puts what they do into the journal. On the writer's thread only, but
/// load().
class governor_host final : public io::group_target {
 public:
  /// `tell_transition`: of what is on disk. The journal must be loaded, and outlive it.
  governor_host(receipt_journal& journal, std::vector<const governor::kind*> kinds,
                edge_clocks clocks, const outbox_limits& limits,
                std::function<void(const transition&)> tell_transition);

  /// Restores every governor whose rows are sound; the others are told, and their events refused.
  /// Before the first group.
  result<void, error_info> load();
  /// Puts on disk what became of the outbox before this one, on the device's own stream. After
  /// load(), before the first group.
  result<void, error_info> record(const outbox_reset& reset);

  /// Within a group.
  answer apply(const governor::event& e);

  result<void> begin() override;
  result<void> commit() override;
  void rollback() noexcept override { journal_.groups().rollback(); }
  void settled(error_code ec) override;
  duration due_in() override;
  void due() override;

 private:
  /// Of what found no room in the outbox, or no working disk.
  static constexpr duration retry_pause = std::chrono::seconds(1);

  struct entry {
    std::uint32_t sid = 0;
    std::string name;  // kind/id
    const governor::kind* kind = nullptr;
    std::unique_ptr<governor::machine> machine;
    governor::snapshot saved;         // what the store has of it, this group included
    std::optional<wall_ms> deadline;  // of timers_
  };
  // What an entry was before the group touched it.
  struct before {
    bool born = false;
    governor::snapshot saved;
  };

  const governor::kind* find_kind(std::string_view name) const;
  std::string restore_one(governor_record& g);
  void leave_out(const std::string& governor, const std::string& why);
  void drop(const std::string& governor);
  static std::optional<answer> refuse_names(const governor::event& e);
  answer run(entry& e, const governor::event& event);
  error_code persist(entry& e, const std::vector<governor::step>& steps, const std::string& key,
                     governor::cause why);
  result<void> append(std::uint32_t sid, const std::string& name, const governor::step& s,
                      const std::string& key, governor::cause why);
  result<void> write(const outbox_reset& reset);
  result<void> save(entry& e);
  void touch(entry& e);
  void restore(entry& e, const governor::snapshot& s);
  void read_clocks();
  void log(log_level level, const std::string& line) const { journal_.groups().say(level, line); }

  receipt_journal& journal_;
  answered_keys keys_;
  std::vector<const governor::kind*> kinds_;
  group_clock clock_;
  std::function<void(const transition&)> tell_transition_;
  const std::uint64_t max_streams_;
  std::unordered_map<std::string, std::unique_ptr<entry>> entries_;
  damaged_governors damaged_;
  deadline_queue<entry> timers_;
  time_point retry_due_{};  // what found no room or no working disk waits until then

  // Of the group that runs:
  std::map<entry*, before> touched_;
  std::vector<transition> transitions_;
};

}  // namespace hawser
