// The inside of the engine.
#pragma once

#include <hawser/io/engine.hpp>
#include <hawser/io/ready_gate.hpp>
#include <hawser/process.hpp>

#include "io/net/client_monitor.hpp"
#include "io/net/connection.hpp"
#include "io/net/dialing.hpp"
#include "io/net/history.hpp"
#include "io/net/mailbox.hpp"
#include "io/net/offloaded_work.hpp"
#include "io/net/recycling.hpp"
#include "io/net/renewal.hpp"
#include "io/net/shutdown.hpp"

#include <boost/asio/post.hpp>

namespace hawser::io {

/// Runs the lifecycle's actions against the network and the plug-ins. Everything but the methods
/// that say so runs on the loop's thread.
class engine::impl final : public connection_owner, public std::enable_shared_from_this<impl> {
 public:
  impl(options o, event_sink& sink, loop& on);

  /// Once, before any other call.
  std::shared_ptr<client_monitor> open_monitor();
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

  void close_client(close_code code, const std::string& reason);
  void obey_stop();
  void finish();
  void complete_if_idle();
  void tick(time_point now);
  void wake(time_point now);
  result<send_id> posted(const result<mailbox::taken>& r);
  void read_mail();
  void never_sent(time_point event, const message& m, errc why);
  void run_task(time_point now, const std::function<void(context&)>& task);

  // Readiness, and what waits for it.
  void update_ready();
  void keep_unread(time_point now, message&& m);
  void schedule_release();
  void release_offline();
  void expire_offline(time_point now);
  void drop_offline(time_point event);
  void note(attempt& a, error_code ec, std::string detail);
  void publish();
  void set_open(bool open);
  error_code refuse_options(error_info why);
  // What explain() tells.
  client_diagnostics build_diagnostics();
  void refresh(client_diagnostics& d) const;
  std::optional<running_hook> running(time_point now) const;
  void answer_monitor();
  std::string endpoint_name() const;
  void record_endpoint();
  void record_failure(const failure& f);
  void tell_stopped();
  void offloaded(const offloaded_work::done& done, error_code ec);
  void tell_offloaded(const offloaded_work::done& done, error_code ec);
  void end_offload();
  void leave_offload();
  const std::shared_ptr<connection>& live() const noexcept { return links_.live(); }

  // What is dialed.
  struct dial_target {
    url where;
    std::shared_ptr<endpoint_state> known;  // by all clients of the process
    std::shared_ptr<tls_resumption> sessions = std::make_shared<tls_resumption>();
  };

  options options_;
  event_sink& sink_;
  std::weak_ptr<loop::impl> loop_;
  const std::shared_ptr<environment> environment_;
  std::shared_ptr<entropy> random_;
  coarse_timer timer_;
  dial_target endpoint_;
  ready_gate gate_;
  traffic traffic_;
  link_state unlinked_;  // for hooks that run without an open link
  recycling links_;
  shutdown shutdown_;
  std::unique_ptr<renewal> renewal_;  // made with the first one
  std::shared_ptr<client_monitor> monitor_;
  bool answering_ = false;  // what the monitor was asked for
  bool release_posted_ = false;
  // Other threads see nothing but these, and traffic_.
  mailbox mailbox_;
  offloaded_work work_;
  history history_;
};

/// From when on a hook is slow, for what has to know although nobody is to be warned.
inline duration slow_limit(const options& o) {
  return o.slow_hook != duration::zero() ? o.slow_hook : options{}.slow_hook;
}

// Runs a hook that has no link to act on, and carries out the little that it may want. Returns the
// error if it threw: that of the attempt `of` then, if it was asked about one.
template <class F>
error_code engine::impl::outside(F&& f, attempt* of) {
  effects wanted;
  unlinked_.number = history_.link();
  context c(wanted, unlinked_, clock_now(), options_.log.get());
  f(c);
  error_code ec;
  std::vector<effects::job> jobs;
  const detail::overloaded carry_out{
      [&](effects::stop) { stop_requested(); },
      [&](const effects::close& e) { close_unlinked(e.code, wanted.text(e.reason)); },
      [&](effects::offload e) { jobs.push_back(std::move(wanted.work(e))); },
      [&](const effects::fail& e) {
        ec = e.error;
        const std::string detail(wanted.text(e.detail));
        history_.remember(ec, detail);
        if (of != nullptr) of->detail = detail;
        failed_unlinked(ec, detail);
      }};
  for (const auto& e : wanted.list()) {
    if (const auto what = without_link(e)) std::visit(carry_out, *what);
  }
  for (effects::job& j : jobs) {
    const auto r = offload(j);
    if (!r && j.done && traffic_.may_tell(c.now())) tell_offloaded(j.done, r.error());
  }
  return ec;
}

template <class F>
void engine::impl::later(F f) {
  const auto on = loop_.lock();
  if (!on) return;
  asio::post(on->context, [weak = weak_from_this(), f = std::move(f)] {
    const auto me = weak.lock();
    if (!me || me->shutdown_.completed()) return;
    f(*me);
    me->reschedule();
  });
}

}  // namespace hawser::io
