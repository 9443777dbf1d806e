// The client: an adapter, the behaviors around it, and the engine below.
#pragma once

#include <hawser/chain.hpp>
#include <hawser/core/text/utf8.hpp>
#include <hawser/io/engine.hpp>
#include <hawser/options.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace hawser {

template <class Reply>
class pending;

namespace detail {

template <class... T>
struct all_distinct : std::true_type {};
template <class T, class... Rest>
struct all_distinct<T, Rest...>
    : std::bool_constant<(!std::is_same_v<T, Rest> && ...) && all_distinct<Rest...>::value> {};

// One error a mistake: what is wrong with a plug-in is said by plugin<>, what is wrong with the
// list is said here, and neither is followed by what would not compile because of it.
template <class Adapter, class... Behaviors>
consteval bool check_client() {
  constexpr bool each = (plugin<Adapter> && ... && plugin<Behaviors>);
  constexpr bool good = (well_formed<Adapter> && ... && well_formed<Behaviors>);
  if constexpr (each && good) {
    constexpr bool distinct = all_distinct<Adapter, Behaviors...>::value;
    static_assert(distinct, "hawser: a behavior is listed twice");
    constexpr bool adapts = !std::is_same_v<typename bases<Adapter>::adapter_base, none>;
    static_assert(!distinct || adapts,
                  "hawser: the first argument of client<> is the adapter: it derives from "
                  "hawser::adapter<Self, ...>");
    if constexpr (distinct && adapts) {
      return check_order<Behaviors...>();
    } else {
      return false;
    }
  } else {
    return false;
  }
}

// What a client can do whatever it is made of.
class client_shell {
 public:
  /// Dials, and blocks until the client ends: empty after stop(), or after an orderly close (1000,
  /// or an empty Close, 1005) that no plug-in wanted to follow; else the error that nobody wanted
  /// to retry. The options are
  /// checked first (errc::invalid_url, errc::invalid_option; last_detail() says what). Once.
  error_code run() { return engine_.run(); }
  /// The same on a shared loop: `ended` is called on it, once.
  result<void> start(std::function<void(error_code)> ended) {
    return engine_.start(std::move(ended));
  }

  // From any thread:

  /// Drains the open link within deadlines::close, then ends; a second call ends at once. Both are
  /// looked at between any two hooks and tasks, so that a hook that blocks makes the end as late as
  /// it is itself, no later. Then on_drop and on_stopped are told, and on_settled until such hooks
  /// have taken options::slow_hook together; ends that are not told are counted in the log.
  void stop() { engine_.stop(); }
  /// Queues a message for the open link; its id. errc::not_connected, framing_errc::bad_utf8 for a
  /// text that is not, errc::mailbox_full, errc::stopped: then it was not taken. One that was taken
  /// goes out once the link is ready; what became of it is told to the plug-ins that list
  /// on::settled. With options::offline it is taken without a link, too, and waits for one:
  /// errc::offline_full.
  result<send_id> send(std::string_view text, lane l = lane::bulk) {
    if (!valid_utf8(as_bytes(text))) return framing_errc::bad_utf8;
    return engine_.send(opcode::text, l, buffer(as_bytes(text)));
  }
  result<send_id> send(bytes_view data, lane l = lane::bulk) {
    return engine_.send(opcode::binary, l, buffer(data));
  }
  result<send_id> send(std::span<const std::uint8_t> data, lane l = lane::bulk) {
    return send(std::as_bytes(data), l);
  }
  result<send_id> send(buffer&& data, opcode op = opcode::binary, lane l = lane::bulk) {
    if (op == opcode::text && !valid_utf8(data.view())) return framing_errc::bad_utf8;
    return engine_.send(op, l, std::move(data));
  }
  result<send_id> send(std::nullptr_t, lane = lane::bulk) = delete;
  /// A size belongs into a std::string_view for text, into a std::span for binary.
  result<send_id> send(const void*, std::size_t, lane = lane::bulk) = delete;
  /// Moves to a fresh link, make before break (context::recycle). errc::mailbox_full;
  /// errc::stopped.
  result<void> recycle() {
    return engine_.submit([](context& c) { c.recycle(); });
  }
  /// Blocks until a link is ready, at most `bound` (errc::ready_timeout). Else the client's end:
  /// the error of run(), or errc::stopped if it ends without one. Not on the client's strand, where
  /// it would wait for itself (errc::would_block); what is known already is told anywhere. Before
  /// run() it waits for that, too. The client must live until it returns. async_ready in
  /// hawser/asio.hpp is the same without a thread.
  result<void> wait_ready(duration bound) const { return engine_.wait_ready(bound); }
  io::client_snapshot snapshot() const { return engine_.snapshot(); }
  /// Why it is not connected, as a struct and, by to_words() or to_json(), for people and programs:
  /// the steps of the last attempt and how long each took, what ended it, when the next one begins,
  /// and whether it looks like a misconfiguration or an outage. What plug-ins say of themselves is
  /// as of the last change of phase. Does not wait for the strand: it may be called in a hook.
  explanation explain() const { return engine_.explain(); }
  /// How it is: plug-ins, routing table, links, queues, memory, counters, warnings. Asks the
  /// client's thread and waits at most `bound`; then what it said last (`fresh` is false). In a
  /// hook it is answered at once.
  client_diagnostics diagnostics(duration bound = std::chrono::milliseconds(500)) const {
    return engine_.diagnostics(bound);
  }
  /// For whatever watches over the process: fails unless the link is open and ready, no queue is
  /// above options::queue_warning and the client's thread answers within `bound`. It may outlive
  /// the client, and fails then.
  health_check make_health_check(duration bound = std::chrono::milliseconds(500)) const {
    return engine_.make_health_check(bound);
  }
  /// The last failure in words: which option was wrong, what the server answered.
  std::string last_detail() const { return engine_.last_detail(); }

  /// For async_ready.
  io::ready_gate gate() const { return engine_.gate(); }

 protected:
  client_shell(options o, event_sink& sink, std::shared_ptr<io::loop> loop)
      : calls_limit_(o.limits.calls), engine_(std::move(o), sink, std::move(loop)) {}
  ~client_shell() = default;

  std::size_t calls_limit_;
  io::engine engine_;
};

// The plug-ins of a client, and what drives the calls of its adapter if that makes any.
template <class Adapter, class... Behaviors>
consteval auto select_chain() {
  if constexpr (makes_calls<Adapter>()) {
    return std::type_identity<chain<Behaviors..., Adapter, call_hooks<Adapter>>>{};
  } else {
    return std::type_identity<chain<Behaviors..., Adapter>>{};
  }
}
template <class Adapter, class... Behaviors>
using client_chain = typename decltype(select_chain<Adapter, Behaviors...>())::type;

// Constructed before the engine that is given to it, destroyed after.
template <class Adapter, class... Behaviors>
struct chain_holder {
  using chain_type = client_chain<Adapter, Behaviors...>;
  static chain_type make(Behaviors... behaviors, Adapter adapter) {
    if constexpr (makes_calls<Adapter>()) {
      return chain_type(std::move(behaviors)..., std::move(adapter), call_hooks<Adapter>{});
    } else {
      return chain_type(std::move(behaviors)..., std::move(adapter));
    }
  }
  chain_holder(Behaviors... behaviors, Adapter adapter)
      : chain_(make(std::move(behaviors)..., std::move(adapter))) {}

  chain_type chain_;
};

template <class Adapter>
using request_of = typename bases<Adapter>::caller_base::request;
template <class Adapter>
using reply_of = typename bases<Adapter>::caller_base::reply;

// The plug-in that was given, or one made by default.
template <class P, class... Given>
P pick(std::tuple<Given...>& given) {
  if constexpr ((std::is_same_v<P, Given> || ...)) {
    return std::get<P>(std::move(given));
  } else {
    return P{};
  }
}

template <class T, class... List>
concept one_of = (std::is_same_v<T, List> || ...);

template <class Adapter, class... Behaviors>
class client_base : chain_holder<Adapter, Behaviors...>, public client_shell {
  using holder = chain_holder<Adapter, Behaviors...>;

 public:
  using adapter_type = Adapter;

  /// Every plug-in made by default.
  explicit client_base(options o) : client_base(nullptr, std::move(o), Adapter{}, Behaviors{}...) {}
  explicit client_base(options o, Adapter adapter)
      : client_base(nullptr, std::move(o), std::move(adapter), Behaviors{}...) {}
  /// All behaviors, in the order of the client's list.
  explicit client_base(options o, Adapter adapter,
                       Behaviors... behaviors) requires(sizeof...(Behaviors) > 0)
      : client_base(nullptr, std::move(o), std::move(adapter), std::move(behaviors)...) {}
  /// Some behaviors of the list, in any order; the others are made by default.
  template <one_of<Behaviors...>... Given>
  explicit client_base(options o, Adapter adapter, Given... given) requires(sizeof...(Given) > 0)
      : client_base(nullptr, std::move(o), std::move(adapter), std::move(given)...) {}
  /// For a loop that several clients share: then use start() instead of run(). nullptr: its own.
  client_base(std::shared_ptr<io::loop> loop, options o, Adapter adapter, Behaviors... behaviors)
      : holder(std::move(behaviors)..., std::move(adapter)),
        client_shell(std::move(o), holder::chain_, std::move(loop)) {
    connect_calls();
  }
  template <one_of<Behaviors...>... Given>
  client_base(std::shared_ptr<io::loop> loop, options o, Adapter adapter, Given... given)
      : client_base(std::move(loop), std::move(o), std::move(adapter),
                    std::tuple<Given...>(std::move(given)...)) {}
  ~client_base() {
    if constexpr (makes_calls<Adapter>()) calls().registry().disconnect();
  }

  /// Makes a call, from any thread; the adapter derives from hawser::caller, and its header
  /// <hawser/caller.hpp> is included. The call waits for a ready link if there is none; its
  /// deadline counts from now. What refuses it travels in the pending<>: errc::too_many_calls
  /// (limits::calls), errc::stopped, errc::invalid_option. Later: errc::call_timeout,
  /// errc::call_lost, errc::stopped, what on_call, on_sending or the peer refused it with. A
  /// request that never went out (delivery::never_sent) waits for the next link, idempotent or not.
  template <class A = Adapter>
  pending<reply_of<A>> call(request_of<A> request, call_options o = {}) {
    return calls<A>().registry().add(engine_.time(), std::move(request), o, true);
  }

  /// Runs `task(adapter, context)` on the strand, from any thread, as if the adapter were called: a
  /// wake_at is the adapter's, and what it throws ends the link (errc::hook_threw).
  /// errc::mailbox_full; errc::stopped.
  template <class Task>
  result<void> submit(Task task) {
    return engine_.submit([this, t = std::move(task)](context& c) mutable {
      holder::chain_.template enter<Adapter>(c);
      try {
        t(get<Adapter>(), c);
      } catch (...) {
        report(c, type_name<Adapter>, "submit: its task");
      }
    });
  }
  /// As context::offload, from any thread, `done` as if the adapter were called; but refusals are
  /// told at once: errc::offload_full, errc::stopped.
  result<void> offload(std::string key, std::function<void()> work,
                       std::function<void(context&, error_code)> done = nullptr) {
    if (done) {
      done = [this, told = std::move(done)](context& c, error_code ec) {
        holder::chain_.template enter<Adapter>(c);
        told(c, ec);
      };
    }
    return engine_.offload({std::move(key), std::move(work), std::move(done)});
  }
  /// The adapter or a behavior of the list, to set it up before run() or to look at it after. On
  /// the strand or while the client does not run.
  template <class P>
  P& get() noexcept {
    return holder::chain_.template get<P>();
  }

 private:
  template <class... Given>
  client_base(std::shared_ptr<io::loop> loop, options o, Adapter adapter,
              std::tuple<Given...> given)
      : client_base(std::move(loop), std::move(o), std::move(adapter), pick<Behaviors>(given)...) {}

  template <class A = Adapter>
  call_hooks<A>& calls() noexcept {
    return get<call_hooks<A>>();
  }
  void connect_calls() {
    if constexpr (makes_calls<Adapter>()) {
      const auto notify = [this] {
        const auto drive = [this](context& c) {
          holder::chain_.template enter<call_hooks<Adapter>>(c);
          calls().drive(c);
        };
        (void)engine_.submit(drive, false);  // At most one waits.
      };
      calls().registry().connect(calls_limit_, notify, [this] { return engine_.runs_here(); });
    }
  }
};

// What a client is made of when its plug-ins are wrong: whatever is done with it compiles, so that
// the one error that matters is the only one.
event_sink& no_sink();  // never defined: no program gets that far
template <class Adapter, class... Behaviors>
class no_client : public client_shell {
 public:
  using adapter_type = Adapter;

  explicit no_client(options o) : client_shell(std::move(o), no_sink(), nullptr) {}
  explicit no_client(options o, Adapter) : no_client(std::move(o)) {}
  explicit no_client(options o, Adapter, Behaviors...) requires(sizeof...(Behaviors) > 0)
      : no_client(std::move(o)) {}
  no_client(std::shared_ptr<io::loop>, options o, Adapter, Behaviors...)
      : no_client(std::move(o)) {}
  template <one_of<Behaviors...>... Given>
  explicit no_client(options o, Adapter, Given...) requires(sizeof...(Given) > 0)
      : no_client(std::move(o)) {}
  template <one_of<Behaviors...>... Given>
  no_client(std::shared_ptr<io::loop>, options o, Adapter, Given...) : no_client(std::move(o)) {}
  template <class Task>
  result<void> submit(Task&&) {
    return errc::stopped;
  }
  result<void> offload(std::string, std::function<void()>,
                       std::function<void(context&, error_code)> = nullptr) {
    return errc::stopped;
  }
  template <class A = Adapter>
  pending<typename bases<A>::caller_base::reply> call(typename bases<A>::caller_base::request,
                                                      call_options = {}) {
    return {};
  }
  template <class P>
  P& get() noexcept {
    std::terminate();
  }
};

template <class Adapter, class... Behaviors>
consteval auto select_client() {
  if constexpr (check_client<Adapter, Behaviors...>()) {
    return std::type_identity<client_base<Adapter, Behaviors...>>{};
  } else {
    return std::type_identity<no_client<Adapter, Behaviors...>>{};
  }
}
template <class Adapter, class... Behaviors>
using selected_client = typename decltype(select_client<Adapter, Behaviors...>())::type;

}  // namespace detail

/// A WebSocket client: `client<Adapter, Behaviors...>`. The behaviors are asked in list order, the
/// adapter last. Hooks run on the thread that runs the client, one at a time; run() blocks.
template <class Adapter, class... Behaviors>
class client : public detail::selected_client<Adapter, Behaviors...> {
  using base = detail::selected_client<Adapter, Behaviors...>;

 public:
  using base::base;
};

}  // namespace hawser
