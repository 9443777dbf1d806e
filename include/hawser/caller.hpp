// An adapter that makes calls: what it derives from, and the plug-in that drives the calls.
#pragma once

#include <hawser/core/ws/call_table.hpp>
#include <hawser/options.hpp>
#include <hawser/pending.hpp>
#include <hawser/plugin.hpp>
#include <hawser/thrown.hpp>

#include <memory>

namespace hawser {
namespace detail {

// The calls of one client. While the mutex is held, requests and replies are at most moved, never
// copied or destroyed, and no code of a plug-in is called.
template <class Request, class Reply>
class call_registry final : public call_owner<Reply>,
                            public std::enable_shared_from_this<call_registry<Request, Reply>> {
  using owner = call_owner<Reply>;
  using typename owner::slot;

 public:
  // `wake` is the plug-in's that drives the calls; on the strand.
  void open(time_point* wake) {
    const std::lock_guard lock(this->mutex_);
    wake_ = wake;
    this->closed_ = false;
  }
  // Beside a loop. `notify` makes the strand call drive(), and is called with the mutex.
  void connect(std::size_t limit, std::function<void()> notify, std::function<bool()> is_strand) {
    const std::lock_guard lock(this->mutex_);
    table_.set_limit(limit);
    notify_ = std::move(notify);
    this->is_strand_ = std::move(is_strand);
  }
  // The engine is about to go; nobody wakes after that.
  void disconnect() {
    const std::lock_guard lock(this->mutex_);
    notify_ = nullptr;
    this->is_strand_ = nullptr;
    wake_ = nullptr;
  }

  pending<Reply> add(time_point now, Request&& request, const call_options& o, bool notify) {
    const auto s = std::make_shared<slot>();
    const auto kept = std::make_shared<entry>(entry{std::move(request), s});
    const auto self = this->shared_from_this();
    const std::lock_guard lock(this->mutex_);
    result<call_id> id = errc::stopped;
    if (o.deadline <= duration::zero()) {
      id = errc::invalid_option;
    } else if (!this->closed_) {
      id = table_.add(now + std::min(o.deadline, reaction::longest), o.idempotent, kept);
    }
    if (!id) {
      s->outcome.emplace(call_result<Reply>{id.error()});
      return {self, s, 0};
    }
    if (notify) call_the_strand();
    return {self, s, *id};
  }

  // The rest on the strand.

  // Writes what waits for a link; without one, nothing.
  template <class Adapter>
  void send_queued(Adapter& adapter, context& c) {
    if (!c.link().open || !c.link().ready) return;
    for (call_id id = 0; const auto next = queued_after(id);) {
      id = next->first;
      if (!write(adapter, c, id, next->second->request)) return;
    }
  }
  template <class Adapter>
  void send_now(Adapter& adapter, context& c, call_id id) {
    const auto next = queued_after(id - 1);
    if (next && next->first == id) (void)write(adapter, c, id, next->second->request);
  }
  bool end(call_id id, result<Reply> value, std::optional<delivery> f) noexcept override {
    std::optional<call_table::call> gone;
    const std::lock_guard lock(this->mutex_);
    const delivery known = f ? *f : delivery_of(id);
    gone = table_.take(id);
    if (gone) this->settle(kept_with(*gone).waiting, {std::move(value), known});
    return gone.has_value();
  }
  void answer(call_id id, result<Reply> value) {
    if (!end(id, std::move(value), delivery::acked)) ++unmatched_;
    rearm();
  }
  void expire(time_point now) {
    end_while([&] { return table_.take_due(now); }, errc::call_timeout);
  }
  void lose(std::uint64_t link) {
    end_while([&] { return table_.take_lost(link); }, errc::call_lost);
  }
  // A message was not sent. With its link over, what was in it waits for the next: also what must
  // not be sent twice.
  void unsent(send_id send, error_code why, bool link_over) {
    if (!link_over) {
      end_while([&] { return table_.take_sent_in(send); }, why, delivery::never_sent);
    } else {
      const std::lock_guard lock(this->mutex_);
      table_.unsent(send);
    }
    rearm();
  }
  // Takes no more as soon as none is left: what a thread calls meanwhile ends, too.
  void close() {
    const auto take = [&] {
      auto c = table_.take_any();
      if (!c) {
        this->closed_ = true;
        wake_ = nullptr;
      }
      return c;
    };
    end_while(take, errc::stopped);
  }
  void run_continuations(context& c, std::string_view adapter) {
    std::vector<std::shared_ptr<slot>> due;
    {
      const std::lock_guard lock(this->mutex_);
      due.swap(this->finished_);
    }
    for (const auto& s : due) {
      const auto then = std::exchange(s->then, nullptr);
      try {
        then(c, std::move(*s->outcome));
      } catch (...) {
        report(c, adapter, "call: its continuation");
      }
    }
  }
  // Wakes when the next call is due, at once if continuations or, with a link, requests wait.
  void rearm(bool link_changed = false) {
    const std::lock_guard lock(this->mutex_);
    if (wake_ == nullptr) return;
    const bool at_once = !this->finished_.empty() || (link_changed && table_.next_queued());
    *wake_ = at_once ? time_point{} : table_.next_deadline();
  }
  void heard() {
    const std::lock_guard lock(this->mutex_);
    notified_ = false;
  }
  void moved(std::uint64_t from, std::uint64_t to) {
    const std::lock_guard lock(this->mutex_);
    table_.moved(from, to);
  }
  std::size_t sent_on(std::uint64_t link) const {
    const std::lock_guard lock(this->mutex_);
    return table_.sent_on(link);
  }
  bool has(call_id id) const {
    const std::lock_guard lock(this->mutex_);
    return table_.find(id) != nullptr;
  }
  std::size_t size() const {
    const std::lock_guard lock(this->mutex_);
    return table_.size();
  }
  std::uint64_t unmatched() const noexcept { return unmatched_; }

 private:
  struct entry {
    Request request;
    std::shared_ptr<slot> waiting;
  };
  static const entry& kept_with(const call_table::call& c) {
    return *static_cast<const entry*>(c.kept.get());
  }

  delivery delivery_of(call_id id) const noexcept override {
    const call_table::call* c = table_.find(id);
    return c != nullptr && (c->sent() || writing_ == id) ? delivery::maybe_sent
                                                         : delivery::never_sent;
  }
  void call_the_strand() override {
    if (notify_ && !std::exchange(notified_, true)) notify_();
    // Without a loop this is the strand.
    if (!notify_ && wake_ != nullptr) *wake_ = time_point{};
  }
  std::optional<std::pair<call_id, std::shared_ptr<const entry>>> queued_after(call_id id) const {
    const std::lock_guard lock(this->mutex_);
    const auto next = table_.next_queued(id);
    if (!next) return std::nullopt;
    return std::pair(*next, std::static_pointer_cast<const entry>(table_.find(*next)->kept));
  }
  // False: the link takes no more.
  template <class Adapter>
  bool write(Adapter& adapter, context& c, call_id id, const Request& request) {
    result<send_id> r = errc::hook_threw;
    const call_id outer = mark_writing(id);
    try {
      r = adapter.on_call(c, id, request);
    } catch (...) {
      report(c, type_name<Adapter>, "on_call");
    }
    mark_writing(outer);
    if (r) {
      written(id, c.link().successor_number != 0 ? c.link().successor_number : c.link().number, *r);
    } else if (r.error() != errc::not_connected) {
      end(id, r.error(), delivery::never_sent);
    }
    return r || r.error() != errc::not_connected;
  }
  call_id mark_writing(call_id id) {
    const std::lock_guard lock(this->mutex_);
    return std::exchange(writing_, id);
  }
  void written(call_id id, std::uint64_t link, send_id send) {
    const std::lock_guard lock(this->mutex_);
    table_.sent(id, link, send);
  }
  // Ends what `take` takes out of the table.
  template <class Take>
  void end_while(Take&& take, error_code why, std::optional<delivery> f = {}) {
    while (true) {
      std::optional<call_table::call> gone;
      const std::lock_guard lock(this->mutex_);
      gone = take();
      if (!gone) return;
      const delivery known = f ? *f : gone->sent() ? delivery::maybe_sent : delivery::never_sent;
      this->settle(kept_with(*gone).waiting, {why, known});
    }
  }

  call_table table_;
  std::function<void()> notify_;
  time_point* wake_ = nullptr;
  call_id writing_ = 0;  // on_call has it: what it sends may be out already
  bool notified_ = false;
  std::uint64_t unmatched_ = 0;  // on the strand
};

}  // namespace detail

/// What an adapter derives from to make calls, beside hawser::adapter:
/// `struct rpc : hawser::adapter<rpc, hawser::on::message>, hawser::caller<rpc, request, reply>`.
/// It has the public member
///   hawser::result<hawser::send_id> on_call(hawser::context&, hawser::call_id, const request&)
/// which writes the request to the open link, with the id or what the wire makes of it.
/// errc::not_connected from it leaves the call waiting for the next link; another error ends it.
/// A Request and a Reply can be moved. A copy of an adapter has calls of its own, none at first.
/// On the client's strand, but for what says more. (`reply` names the member in the adapter's own
/// functions: a type of that name needs its namespace, `::reply{...}`.)
template <class Self, class Request, class Reply>
class caller {
 public:
  caller() = default;
  caller(const caller&) : caller() {}
  caller(caller&&) noexcept = default;
  caller& operator=(const caller&) = delete;
  caller& operator=(caller&&) noexcept = default;
  ~caller() = default;

  /// Makes a call from a hook: it is written at once if there is a link, ready or not; else once
  /// one is ready. Refusals travel in the pending<>, as client::call says.
  pending<Reply> call(context& c, Request request, const call_options& o = {}) {
    auto p = registry_->add(c.now(), std::move(request), o, false);
    if (c.link().open && p.id() != 0) registry_->send_now(static_cast<Self&>(*this), c, p.id());
    registry_->rearm();
    return p;
  }
  /// The reply to a call came. Whoever waits is told at once; a continuation runs after the hook.
  /// Without effect, and counted, if the call has ended or never was.
  void reply(context&, call_id id, Reply r) { registry_->answer(id, std::move(r)); }
  /// The peer refused a call: it ends with this error.
  void refuse(context&, call_id id, error_code ec) { registry_->answer(id, ec); }
  /// Replies to calls that had ended or never were.
  std::uint64_t unmatched_replies() const noexcept { return registry_->unmatched(); }
  /// Whether this call has not ended. From any thread.
  bool is_pending(call_id id) const { return registry_->has(id); }
  /// Calls that have not ended. From any thread.
  std::size_t pending_calls() const { return registry_->size(); }

 private:
  template <class>
  friend class detail::call_hooks;
  std::shared_ptr<detail::call_registry<Request, Reply>> registry_ =
      std::make_shared<detail::call_registry<Request, Reply>>();
};

namespace detail {

// Stands behind the adapter in the chain of its client.
template <class Adapter>
class call_hooks : public behavior<call_hooks<Adapter>, on::ready, on::wake, on::drop, on::settled,
                                   on::stopped> {
 public:
  using adapter_type = Adapter;
  using request = typename bases<Adapter>::caller_base::request;
  using reply = typename bases<Adapter>::caller_base::reply;

  call_hooks() = default;
  // Moved into its chain before it is attached.
  call_hooks(call_hooks&&) noexcept = default;
  call_hooks& operator=(call_hooks&&) = delete;
  ~call_hooks() {
    if (registry_) registry_->close();
  }

  // The chain's business: both are where they stay.
  void attach(Adapter& a, time_point& wake) {
    adapter_ = &a;
    registry_ = a.registry_;
    registry_->open(&wake);
  }
  call_registry<request, reply>& registry() noexcept { return *registry_; }
  std::size_t pending_calls(std::uint64_t link) const { return registry_->sent_on(link); }
  void move_calls(std::uint64_t from, std::uint64_t to) { registry_->moved(from, to); }

  void on_ready(context& c, const ready_info&) { drive(c); }
  void on_wake(context& c, const wake_info&) { drive(c); }
  // Another link may be open: the wake that follows is on it.
  void on_drop(context&, const drop_info& d) {
    registry_->lose(d.link);
    registry_->rearm(true);
  }
  void on_settled(context& c, const settled_info& s) {
    if (s.delivery != delivery::never_sent) return;
    registry_->unsent(s.id, s.error, !c.link().open || s.error == errc::not_connected);
  }
  void on_stopped(context& c, const stop_info&) {
    registry_->close();
    registry_->run_continuations(c, type_name<Adapter>);
  }
  // What has come, first: a call whose reply lies there has ended in time.
  void drive(context& c) {
    registry_->heard();
    registry_->run_continuations(c, type_name<Adapter>);
    registry_->expire(c.now());
    registry_->send_queued(*adapter_, c);
    registry_->rearm();
  }

 private:
  Adapter* adapter_ = nullptr;
  std::shared_ptr<call_registry<request, reply>> registry_;
};

}  // namespace detail
}  // namespace hawser
