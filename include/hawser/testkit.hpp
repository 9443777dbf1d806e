// Tests an adapter, or a behavior, without a socket and without waiting.
#pragma once

#include <hawser/client.hpp>
#include <hawser/testkit/world.hpp>

#include <optional>
#include <utility>

namespace hawser::testkit {

/// A client<Adapter, Behaviors...> in a world of its own:
///
///     harness<ticker, reconnect> h{ticker{}};
///     h.connect();
///     h.peer_sends("price 17");
///     EXPECT_EQ(h.sent(), std::vector<std::string>{"subscribe"});
///
/// The engine, the upgrade and the frames are the real ones; only clock, timers, resolver and
/// sockets are not. Its log() holds every level. Not thread-safe.
template <class Adapter, class... Behaviors>
class harness : public world {
 public:
  using client_type = hawser::client<Adapter, Behaviors...>;

  harness() : harness(defaults(), Adapter{}) {}
  /// Behaviors that are set up, in any order; the others are made by default.
  template <detail::one_of<Behaviors...>... Given>
  explicit harness(Adapter a, Given... given)
      : harness(defaults(), std::move(a), std::move(given)...) {}
  explicit harness(options o) : harness(std::move(o), Adapter{}) {}
  /// `o.url` may be any; its scheme decides whether there is a securing phase that can fail.
  template <detail::one_of<Behaviors...>... Given>
  harness(options o, Adapter a, Given... given)
      : client_(loop(), with_log(std::move(o), sink()), std::move(a), std::move(given)...) {}
  ~harness() { enter(); }

  /// ws://peer.test/
  static options defaults() { return {.url = "ws://peer.test/"}; }

  /// Starts the client, once; then lets at most so much time pass until a link is open. Whether one
  /// is; a login is still to come.
  bool connect(duration most = duration::zero()) {
    enter();
    if (!std::exchange(started_, true)) {
      const auto r = client_.start([this](error_code ec) { end_ = ec; });
      if (!r) end_ = r.error();
    }
    return advance_until(
        most, [](void* me) { return static_cast<harness*>(me)->open(); }, this);
  }
  /// As client::stop(): drains.
  void stop() {
    client_.stop();
    settle();
  }
  /// Runs `task(adapter, context)` as client::submit does; errc::stopped: the client has ended, and
  /// it did not run.
  template <class Task>
  result<void> run(Task task) {
    const auto r = client_.submit(std::move(task));
    settle();
    return r;
  }
  /// As client::send.
  result<send_id> send(std::string_view text, lane l = lane::bulk) {
    const auto r = client_.send(text, l);
    settle();
    return r;
  }

  /// Where the client is: waiting, open, stopped and the like.
  hawser::phase phase() const { return client_.snapshot().at; }
  bool open() const { return phase() == hawser::phase::open; }
  /// Open, and its login is through.
  bool ready() {
    bool yes = false;
    run([&](Adapter&, context& c) { yes = c.link().open && c.link().ready; });
    return yes;
  }
  /// What run() would have returned, once the client has ended.
  const std::optional<error_code>& end() const noexcept { return end_; }

  Adapter& adapter() noexcept { return client_.template get<Adapter>(); }
  template <class P>
  P& get() noexcept {
    return client_.template get<P>();
  }
  /// The client itself; settle() after what is to happen on its strand.
  client_type& client() noexcept { return client_; }

 private:
  static options with_log(options o, const std::shared_ptr<log_sink>& sink) {
    if (!o.log) o.log = sink;
    return o;
  }

  bool started_ = false;
  std::optional<error_code> end_;
  client_type client_;
};

}  // namespace hawser::testkit
