// The inside of the engine.
#pragma once

#include <hawser/core/explain/attempt_log.hpp>
#include <hawser/core/ws/handover.hpp>
#include <hawser/core/ws/lifecycle.hpp>
#include <hawser/core/ws/offline_queue.hpp>
#include <hawser/io/engine.hpp>
#include <hawser/io/offload.hpp>
#include <hawser/io/ready_gate.hpp>
#include <hawser/process.hpp>

#include "io/net/client_desk.hpp"
#include "io/net/connection.hpp"
#include "io/net/dialing.hpp"

#include <boost/asio/post.hpp>

#include <mutex>

namespace hawser::io {

/// Runs the lifecycle's actions against the network and the plug-ins. Everything but the methods
/// that say so runs on the loop's thread.
class engine::impl final : public connection_owner, public std::enable_shared_from_this<impl> {
 public:
  impl(options o, event_sink& sink, loop& on);

  /// Once, before any other call.
  std::shared_ptr<client_desk> open_desk();
  result<void> check();
  void start(std::function<void(error_code)> ended);
  /// Instead of start(): check() has failed.
  void refuse(error_code why);
  void shut();

  // From any thread.
  void stop();
  result<send_id> send(opcode op, lane l, buffer&& payload);
  result<void> submit(std::function<void(context&)> task, bool bounded);
  result<void> offload(effects::job& work) override;
  client_snapshot snapshot() const;
  explanation explain() const;
  std::string last_detail() const;
  time_point clock_now() const noexcept { return environment_->now(); }
  const ready_gate& gate() const noexcept { return gate_; }
  void log(log_level level, std::string_view what) const;

 private:
  using action = lifecycle::action;
  // One way to a link, and the link.
  struct attempt {
    explicit attempt(const deadlines& d) : life(d) {}
    lifecycle life;
    handshake request;
    handshake bare;  // it, before credentials were granted
    std::shared_ptr<dialing> dial;
    std::uint64_t ticket = 0;  // of the pending grant; an older one finishes nothing
    std::shared_ptr<connection> link;
    failure why;
    std::vector<header> headers;  // of a failed upgrade, as is the body
    std::string body;
    std::string detail;  // of the failure, in words
  };
  using attempt_ptr = std::shared_ptr<attempt>;
  struct mail {
    message what;
    std::function<void(context&)> task;  // or this
  };

  // connection_owner
  void ended(connection& c, const drop_info& info, std::string_view detail) override;
  std::string shown(const connection& c, std::string_view said) const override;
  void released(connection& c) override;
  void stop_requested() override;
  void closing(connection& c) override;
  void close_unlinked(close_code code, std::string_view reason) override;
  void ready(connection& c) override;
  void failed_unlinked(error_code ec, std::string_view detail) override;
  void recycle(connection& c) override;
  void reclaim(connection& c) override;
  void reauthenticate(connection& c) override;
  void resume_later(connection& c) override;
  void reschedule() override;

  template <class F>
  error_code outside(F&& f, attempt* of = nullptr);
  // The phases of an attempt.
  void perform(const attempt_ptr& on, action a);
  action ask_admission(attempt& a);
  action ask_grant(const attempt_ptr& on);
  action use_grant(const attempt_ptr& on);
  action begin_or_put_off(const attempt_ptr& on);
  static void give_back(attempt& a);
  action ask_reaction(const attempt_ptr& on);
  action begin_resolve(const attempt_ptr& on);
  void dialed(const attempt_ptr& on, error_code ec, std::string detail);
  void announce(const attempt_ptr& on);
  void drop_attempt(attempt& a, error_code why);
  void log_failure(const failure& f);
  std::function<auth_ticket()> make_tickets(
      std::function<void(impl&, error_code, const std::vector<header>&)> answer);
  void answered(const attempt_ptr& on, std::uint64_t ticket, error_code ec,
                const std::vector<header>& granted);
  void renewed(std::uint64_t number, error_code ec, const std::vector<header>& granted);

  // Recycling.
  void hand_over(handover::action a);
  // Runs `f(*this)` on the loop after what runs now: whoever asks is in the middle of a hook.
  template <class F>
  void later(F f);
  void check_drained();
  void hold_writes();
  void release_writes();
  void revert();
  void fail_over();
  void abandon();
  void linger(std::shared_ptr<connection> link);
  attempt_ptr owner_of(const connection& c) const;
  bool current(const attempt_ptr& on) const { return on == main_ || on == successor_; }
  // Every link that is open or lingers. Copies, for calls that may end one of them.
  using link_list = std::array<std::shared_ptr<connection>, 4>;
  link_list links() const;
  template <class F>
  void each_link(F&& f) const;

  void close_client(close_code code, const std::string& reason);
  void obey_stop();
  void finish();
  void complete_if_idle();
  void tick(time_point now);
  void wake(time_point now);
  result<send_id> post_mail(mail m, bool bounded = true);
  void read_mail();
  void put_back(std::vector<mail>& taken, std::size_t from);
  std::vector<mail> close_mailbox();
  void never_sent(time_point event, const message& m, errc why);
  void run_task(time_point now, const std::function<void(context&)>& task);

  // Readiness, and what waits for it.
  void update_ready();
  bool waits_offline() const;
  result<send_id> keep_offline(message&& m);
  void keep_unread(time_point now, message&& m);
  std::optional<lane> releasable() const;
  void schedule_release();
  void release_offline();
  void expire_offline(time_point now);
  void drop_offline(time_point event);
  time_point offline_expiry() const;
  lane_load offline_load() const;
  void note(attempt& a, error_code ec, std::string detail);
  void remember(error_code ec, std::string detail);
  void publish();
  void set_open(bool open);
  error_code refuse_options(error_code ec, std::string complaint);
  // What explain() tells.
  client_diagnostics build_diagnostics();
  void refresh(client_diagnostics& d) const;
  std::optional<running_hook> running(time_point now) const;
  void answer_desk();
  std::string endpoint_name() const;
  void record_endpoint();
  void record_phase(bool settled);
  void record_failure(const failure& f);
  void record_open(std::uint64_t link);
  void record_ready(std::uint64_t link);
  void tell_stopped();
  using offload_done = std::function<void(context&, error_code)>;
  void offloaded(const offload_done& done, error_code ec);
  void tell_offloaded(const offload_done& done, error_code ec);
  void end_offload();
  void leave_offload();
  const std::shared_ptr<connection>& live() const noexcept { return main_->link; }

  options options_;
  url url_;
  event_sink& sink_;
  std::shared_ptr<endpoint_state> known_;  // of the endpoint, by all clients of the process
  std::weak_ptr<loop::impl> loop_;
  const std::shared_ptr<environment> environment_;
  ready_gate gate_;
  attempt_ptr main_;                       // the client's own
  attempt_ptr successor_;                  // until it takes over
  attempt_ptr predecessor_;                // after that, until it has ended
  std::shared_ptr<connection> lingering_;  // it has ended, its TCP not yet
  handover handover_;
  bool drain_posted_ = false;
  bool release_posted_ = false;
  bool told_expired_ = false;  // since the client was ready
  time_point held_since_ = never;
  coarse_timer timer_;
  std::shared_ptr<entropy> random_;
  std::shared_ptr<tls_resumption> sessions_ = std::make_shared<tls_resumption>();
  traffic traffic_;
  effects effects_;  // of hooks that run without an open link
  link_state no_link_;
  // New credentials for the live link, while they are awaited.
  struct renewal {
    std::uint64_t number = 0;
    std::uint64_t link = 0;
    handshake request;
    std::vector<header> shown = {};  // what the renewal before this one granted
    time_point deadline = never;
  };
  renewal renewal_;
  std::uint64_t last_renewal_ = 0;
  std::function<void(error_code)> on_end_;
  bool started_ = false;
  std::shared_ptr<client_desk> desk_;
  bool building_ = false;         // what the desk was asked for
  phase recorded_ = phase::idle;  // in which the plug-ins were asked last how they are
  time_point recorded_until_ = never;
  bool threw_ = false;
  bool announcing_ = false;  // on_open is being called
  bool finished_ = false;
  bool finishing_ = false;  // somebody is still to be told
  bool completed_ = false;
  time_point offload_deadline_ = never;  // on_stopped waits for what runs
  bool shut_ = false;                    // the client is gone: nobody is to be told

  mutable std::mutex mutex_;  // guards what follows: the only state other threads see
  std::vector<mail> mail_;
  send_id last_send_ = ~send_id{0};  // odd from here on
  bool mail_posted_ = false;
  bool accepting_ = true;
  std::unique_ptr<offload_pool> pool_;  // made with the first job
  std::size_t jobs_ = 0;                // taken and not told
  bool open_ = false;
  bool ready_ = false;  // and what clients send goes out; written on the strand
  offline_queue offline_;
  client_snapshot snapshot_;
  std::string detail_;
  attempt_log record_;
  std::vector<description> described_;  // what the plug-ins said
};

/// From when on a hook is slow, for what has to know although nobody is to be warned.
inline duration slow_limit(const options& o) {
  return o.slow_hook != duration::zero() ? o.slow_hook : options{}.slow_hook;
}

// Runs a hook that has no link to act on, and carries out the little that it may want. Returns the
// error if it threw: that of the attempt `of` then, if it was asked about one.
template <class F>
error_code engine::impl::outside(F&& f, attempt* of) {
  effects_.clear();
  no_link_.number = snapshot_.link;
  context c(effects_, no_link_, clock_now(), options_.log.get());
  f(c);
  error_code ec;
  std::vector<effects::job> jobs;
  const detail::overloaded carry_out{
      [&](effects::stop) { stop_requested(); },
      [&](const effects::close& e) { close_unlinked(e.code, effects_.text(e.reason)); },
      [&](effects::offload e) { jobs.push_back(std::move(effects_.work(e))); },
      [&](const effects::fail& e) {
        ec = e.error;
        const std::string detail(effects_.text(e.detail));
        remember(ec, detail);
        if (of != nullptr) of->detail = detail;
        failed_unlinked(ec, detail);
      }};
  for (const auto& e : effects_.list()) {
    if (const auto what = without_link(e)) std::visit(carry_out, *what);
  }
  effects_.clear();
  for (effects::job& j : jobs) {
    const auto r = offload(j);
    if (!r && j.done && traffic_.may_tell(c.now())) tell_offloaded(j.done, r.error());
  }
  return ec;
}

template <class F>
void engine::impl::each_link(F&& f) const {
  for (const attempt_ptr* on : {&main_, &successor_, &predecessor_}) {
    if (*on && (*on)->link) f(*(*on)->link);
  }
  if (lingering_) f(*lingering_);
}

template <class F>
void engine::impl::later(F f) {
  const auto on = loop_.lock();
  if (!on) return;
  asio::post(on->context, [weak = weak_from_this(), f = std::move(f)] {
    const auto me = weak.lock();
    if (!me || me->completed_) return;
    f(*me);
    me->reschedule();
  });
}

}  // namespace hawser::io
