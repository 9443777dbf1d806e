// The handle of a call: whoever holds it waits for the reply; whoever drops it cancels the call.
#pragma once

#include <hawser/hook.hpp>

#include <algorithm>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace hawser {

class context;

/// How a call ended. The delivery is of the request: `acked` if the peer answered it, with a reply
/// or a refusal; `maybe_sent` if it went to a link; else `never_sent`.
template <class Reply>
struct call_result {
  result<Reply> value;
  hawser::delivery delivery = hawser::delivery::never_sent;
};

namespace detail {

// Shared by a call's pending<> and the client. Guarded by its owner's mutex.
template <class Reply>
struct call_slot {
  std::condition_variable done;
  std::optional<call_result<Reply>> outcome;
  std::function<void(context&, call_result<Reply>)> then;
};

// What a pending<> needs of a client's calls. It outlives the client as long as anybody holds one.
template <class Reply>
class call_owner {
 public:
  using slot = call_slot<Reply>;
  virtual ~call_owner() = default;

  void cancel(call_id id) noexcept { end(id, errc::call_cancelled, std::nullopt); }

  std::optional<call_result<Reply>> wait(slot& s, call_id id, duration limit) {
    std::unique_lock lock(mutex_);
    if (!s.outcome) {
      if (is_strand_ && is_strand_()) return call_result<Reply>{errc::would_block, delivery_of(id)};
      const bool ended = s.done.wait_for(lock, std::min(limit, reaction::longest),
                                         [&] { return s.outcome.has_value(); });
      if (!ended) return call_result<Reply>{errc::call_timeout, delivery_of(id)};
    }
    return std::nullopt;  // It is in the slot, which is the caller's alone from now on.
  }
  bool ended(const slot& s) const {
    const std::lock_guard lock(mutex_);
    return s.outcome.has_value();
  }
  result<void> continue_with(const std::shared_ptr<slot>& s,
                             std::function<void(context&, call_result<Reply>)> f) {
    const std::lock_guard lock(mutex_);
    if (closed_) return errc::stopped;
    s->then = std::move(f);
    if (s->outcome) {
      finished_.push_back(s);
      call_the_strand();
    }
    return {};
  }

 protected:
  // Ends a call at once, if it has not ended: false. Without a delivery: what the table knows.
  virtual bool end(call_id id, result<Reply> value, std::optional<delivery> f) noexcept = 0;
  virtual delivery delivery_of(call_id id) const noexcept = 0;
  // Makes the strand look at what has changed. With the mutex.
  virtual void call_the_strand() = 0;

  // With the mutex.
  void settle(const std::shared_ptr<slot>& s, call_result<Reply> outcome) {
    s->outcome.emplace(std::move(outcome));
    if (s->then) {
      finished_.push_back(s);
      call_the_strand();
    }
    s->done.notify_all();
  }

  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<slot>> finished_;  // their continuations are due
  std::function<bool()> is_strand_;              // empty: nobody can say
  bool closed_ = true;
};

}  // namespace detail

/// Cancels a call whoever holds its pending<>, and if nobody does. Copied; from any thread.
template <class Reply>
class call_canceller {
 public:
  call_canceller(std::weak_ptr<detail::call_owner<Reply>> owner, call_id id)
      : owner_(std::move(owner)), id_(id) {}
  /// Ends the call with errc::call_cancelled, unless it has ended.
  void cancel() const noexcept {
    if (const auto owner = owner_.lock()) owner->cancel(id_);
  }

 private:
  std::weak_ptr<detail::call_owner<Reply>> owner_;
  call_id id_;
};

/// A call that was made. Its end is told once: by get(), or to the continuation of then(). Moved,
/// not copied. Used by one thread at a time, any of them, but for get(). It may outlive its client.
template <class Reply>
class [[nodiscard]] pending {
 public:
  pending() = default;  ///< of no call
  pending(std::shared_ptr<detail::call_owner<Reply>> owner,
          std::shared_ptr<detail::call_slot<Reply>> slot, call_id id)
      : owner_(std::move(owner)), slot_(std::move(slot)), id_(id) {}
  pending(pending&& other) noexcept
      : owner_(std::move(other.owner_)),
        slot_(std::move(other.slot_)),
        id_(std::exchange(other.id_, 0)) {}
  pending& operator=(pending&& other) noexcept {
    pending old(std::move(*this));
    owner_ = std::move(other.owner_);
    slot_ = std::move(other.slot_);
    id_ = std::exchange(other.id_, 0);
    return *this;
  }
  /// Cancels the call. Its entry is gone at once; the stream goes on, and a reply that comes later
  /// is ignored.
  ~pending() { cancel(); }

  /// Blocks until the call has ended, at most `limit`: then errc::call_timeout, and the call goes
  /// on. Not on the client's strand, where it would wait for itself: errc::would_block, at once,
  /// and the call goes on. What is known already is given anywhere. errc::call_cancelled: the end
  /// was taken before, or there is no call.
  call_result<Reply> get(duration limit) {
    if (!slot_) return {errc::call_cancelled};
    if (auto refused = owner_->wait(*slot_, id_, limit)) return std::move(*refused);
    call_result<Reply> r = std::move(*slot_->outcome);
    forget();
    return r;
  }
  /// `f(context&, call_result<Reply>)` is called on the strand, once, never within the hook that
  /// delivered the reply; the call is then the client's. errc::stopped: the client has ended, `f`
  /// will not be called, and get() says how the call ended. A client that never runs drops `f`.
  template <class F>
  result<void> then(F&& f) && {
    if (!slot_) return errc::call_cancelled;
    const auto shared = std::make_shared<std::decay_t<F>>(std::forward<F>(f));
    auto r = owner_->continue_with(slot_, [shared](context& c, call_result<Reply> outcome) {
      (*shared)(c, std::move(outcome));
    });
    if (r) forget();
    return r;
  }
  /// Ends the call with errc::call_cancelled, unless it has ended.
  void cancel() noexcept {
    if (id_ != 0) owner_->cancel(id_);
  }
  /// For a call that then() gives away.
  call_canceller<Reply> canceller() const { return {owner_, id_}; }
  /// As on_call is given it; 0: refused at once, or no call.
  call_id id() const noexcept { return id_; }
  /// Whether get() would return at once.
  bool ready() const { return slot_ && owner_->ended(*slot_); }
  /// Whether there is a call whose end was not taken.
  explicit operator bool() const noexcept { return slot_ != nullptr; }

 private:
  void forget() noexcept {
    slot_.reset();
    owner_.reset();
    id_ = 0;
  }

  std::shared_ptr<detail::call_owner<Reply>> owner_;
  std::shared_ptr<detail::call_slot<Reply>> slot_;
  call_id id_ = 0;
};

}  // namespace hawser
