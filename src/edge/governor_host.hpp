// The governors of a device on the store's writer thread: events in, receipts and answers out.
#pragma once

#include <hawser/core/hash.hpp>
#include <hawser/core/receipt/hlc.hpp>
#include <hawser/core/receipt/outbox_window.hpp>
#include <hawser/edge/edge.hpp>
#include <hawser/governor/clock_guard.hpp>
#include <hawser/store/group_writer.hpp>
#include <hawser/store/sqlite.hpp>

#include <atomic>
#include <map>
#include <set>
#include <unordered_map>

namespace hawser {

/// Everything of an edge that lives in transactions. On the writer's thread only, but load().
class governor_host final : public io::group_target {
 public:
  /// A stream that moved in the group that was just committed.
  struct movement {
    bool born = false;
    outbox_stream stream;
  };
  struct listeners {
    std::function<void(const transition&)> transition;
    std::function<void(const std::string& stream, std::uint64_t seq)> acknowledged;
    std::function<void(const std::vector<movement>&)> moved;
    std::function<void(log_level, const std::string&)> log;
    std::function<void(std::uint64_t)> pending;
  };

  governor_host(std::unique_ptr<outbox> store, std::unique_ptr<hasher> h,
                std::vector<const governor::kind*> kinds, edge_clocks clocks,
                const outbox_limits& limits, listeners l);

  /// Restores every governor whose rows are sound; the others are told, and their events refused.
  /// Before the first group.
  result<void> load(std::string& error);
  /// Puts on disk what became of the outbox before this one, on the device's own stream: one
  /// receipt for each head that could be read, at least one. After load(), before the first group.
  result<void> record_reset(const moved_outbox& old, std::string& error);
  result<void> record_reset(const lost_outbox& old, std::string& error);
  std::vector<outbox_stream> streams() const;

  // Within a group:
  answer apply(const governor::event& e);
  /// Goes into this group, and if that fails into the next one that does not.
  void acknowledge(std::uint32_t sid, std::uint64_t seq);
  /// Nothing of the stream is sent: it takes no room from the others. If this group fails, the next
  /// link tells it again.
  void park(std::uint32_t sid);
  // Outside of groups:
  struct fetched {
    error_code error;  ///< of the store; then there are no rows
    std::string why;   ///< for store_errc::corrupt: which receipt, and what is wrong with it
    stream_head base;  ///< for store_errc::gap: the receipt before the oldest one kept
    std::optional<digest> previous;  ///< the hash before the first row; empty: it cannot be read
    std::vector<chained_receipt> rows;
  };
  /// Only what is committed, and follows link by link from the receipt before it.
  fetched fetch(const window_effect::fetch& f);
  /// The largest HLC of the receipts, as of the last group; from any thread.
  std::uint64_t last_hlc() const noexcept { return last_hlc_.load(); }

  result<void> begin() override;
  result<void> commit() override;
  void rollback() noexcept override;
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
    governor::snapshot saved;  // what the store has of it, this group included
    stream_head last;
    std::optional<wall_ms> deadline;  // as it stands in deadlines_
  };
  // What an entry was before the group touched it.
  struct before {
    bool born = false;
    governor::snapshot saved;
    stream_head last;
  };

  const governor::kind* find_kind(std::string_view name) const;
  void restore_all(std::vector<governor_record> governors,
                   const std::vector<stream_record>& streams);
  std::string restore_one(governor_record& g, const stream_head& last);
  void leave_out(const std::string& governor, const std::string& why);
  std::optional<answer> refuse_damaged(const std::string& governor) const;
  void keep_sound(fetched& out, std::uint64_t first);
  bool is_as_we_left_it();
  void close_stream(const stream_record& s);
  void read_clocks();
  static answer bad_name(const char* field);
  answer run(entry& e, const governor::event& event);
  std::optional<answer> answered_before(const entry& e, const governor::event& event);
  void remember(const entry& e, const governor::event& event, const answer& a);
  void tell_differing();
  error_code persist(entry& e, const std::vector<governor::step>& steps, const std::string& key,
                     governor::cause why);
  result<void> record_resets(const std::string& reason, const std::vector<governor::fields>& all,
                             std::string& error);
  result<void> append(entry& e, const governor::step& s, const std::string& key,
                      governor::cause why);
  result<void> save(entry& e);
  void touch(entry& e);
  void forget(entry& e);
  void restore(entry& e, const governor::snapshot& s);
  void arm(entry& e);
  void disarm(entry& e);
  void publish();
  void report_pending();
  std::string stream_name(std::string_view governor) const {
    return store_->device() + "/" + std::string(governor);
  }
  void log(log_level level, const std::string& line) const;
  void tell_once(const std::string& what, const std::string& introduction = {});
  void tell_notice();
  void tell_damages();

  std::unique_ptr<outbox> store_;
  std::unique_ptr<hasher> hasher_;
  std::vector<const governor::kind*> kinds_;
  edge_clocks clocks_;
  listeners listeners_;
  std::unordered_map<std::string, std::unique_ptr<entry>> entries_;
  std::map<std::string, std::string> damaged_;  // governors without a machine, and why
  std::set<std::uint32_t> closed_;              // streams that are not written on
  bool nameless_ = false;  // there is a stream whose name is lost: it may be anybody's
  std::unordered_map<std::uint32_t, std::string> names_;  // of every stream, by sid
  std::set<std::pair<wall_ms, entry*>> deadlines_;
  hybrid_clock hlc_{0};
  std::atomic<std::uint64_t> last_hlc_{0};
  governor::clock_guard guard_{0, 1};
  governor::clock_guard guard_before_{0, 1};  // the group: a leap counts once it is on disk
  const std::uint64_t max_streams_;
  wall_ms now_ = 0;             // what governors see during this group
  bool wall_noted_ = false;     // on disk, because it is behind the HLC
  time_point retry_due_{};      // what found no room or no working disk waits until then
  bool broken_ = false;         // the last group failed: reopen before the next one
  std::set<std::string> told_;  // since then

  // Of the group that runs:
  error_code poison_;  // a write failed halfway: nothing of the group may be committed
  std::map<entry*, before> touched_;
  std::vector<transition> transitions_;
  std::size_t differing_ = 0;                    // repeated keys with another body
  std::string differing_key_;                    // the first of them
  std::map<std::uint32_t, std::uint64_t> acks_;  // also those of groups that failed
};

}  // namespace hawser
