// Clients on your own executor: completion tokens, co_await, your io_context. The only header of
// hawser that includes Asio; whoever includes it links hawser::asio beside hawser::client.
#pragma once

#include <hawser/caller.hpp>
#include <hawser/client.hpp>
#include <hawser/core/ring.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <tuple>
#include <type_traits>

namespace hawser {

/// A loop on an io_context of yours: clients that are given it run there, on the one thread that
/// runs it, and nothing on a thread of ours but name resolution. The io_context must outlive the
/// loop and its clients; the loop's run() and stop() have no effect on it.
inline std::shared_ptr<io::loop> make_loop(boost::asio::io_context& context) {
  return std::make_shared<io::loop>(context);
}

/// Runs tasks on an executor of yours, in their order if it keeps one (an io_context that one
/// thread runs, a strand): for edge_options::executor.
template <class Executor>
std::function<void(std::function<void()>)> run_on(Executor executor) {
  return [executor](std::function<void()> task) { boost::asio::post(executor, std::move(task)); };
}

namespace detail {

// A handler on its way, and what keeps its executor working. Completed once, from any thread; the
// handler is called by a post to its executor, never by whoever completes it.
template <class Handler, class... Results>
class operation : public std::enable_shared_from_this<operation<Handler, Results...>> {
  using executor = boost::asio::associated_executor_t<Handler>;

 public:
  explicit operation(Handler&& h)
      : handler_(std::move(h)), work_(boost::asio::get_associated_executor(handler_)) {}

  // `f()` on terminal or partial cancellation. Where the handler's executor runs.
  template <class F>
  void cancel_with(F f) {
    using boost::asio::cancellation_type;
    auto slot = boost::asio::get_associated_cancellation_slot(handler_);
    if (!slot.is_connected()) return;
    slot.assign([f = std::move(f)](cancellation_type what) {
      const auto any = cancellation_type::terminal | cancellation_type::partial;
      if ((what & any) != cancellation_type::none) f();
    });
  }
  void complete(Results... results) {
    auto call = [self = this->shared_from_this(),
                 r = std::tuple<Results...>(std::move(results)...)]() mutable {
      // A slot belongs to the thread that emits.
      boost::asio::get_associated_cancellation_slot(self->handler_).clear();
      Handler h = std::move(self->handler_);
      self->work_.reset();
      self.reset();
      std::apply([&](Results&... each) { std::move(h)(std::move(each)...); }, r);
    };
    boost::asio::post(work_.get_executor(), std::move(call));
  }

 private:
  Handler handler_;
  boost::asio::executor_work_guard<executor> work_;
};

template <class T>
inline constexpr bool is_awaitable_token = false;
template <class E>
inline constexpr bool is_awaitable_token<boost::asio::use_awaitable_t<E>> = true;
template <class E>
inline constexpr bool is_awaitable_token<boost::asio::as_tuple_t<boost::asio::use_awaitable_t<E>>> =
    true;

}  // namespace detail

/// Makes a call: void(error_code, Reply), Reply{} with an error, which is what client::call names.
/// Completes by a post to the associated executor of the handler; without one, on a thread of
/// Asio's system executor. Terminal and partial cancellation cancel the call
/// (errc::call_cancelled). The client must live until it is initiated; a client that goes without
/// ever having run drops the handler.
template <class Client, class Token>
auto async_call(Client& client, detail::request_of<typename Client::adapter_type> request,
                call_options options, Token&& token) {
  using request_type = detail::request_of<typename Client::adapter_type>;
  using reply_type = detail::reply_of<typename Client::adapter_type>;
  return boost::asio::async_initiate<Token, void(error_code, reply_type)>(
      [](auto handler, Client* c, request_type r, call_options o) {
        using op_type = detail::operation<decltype(handler), error_code, reply_type>;
        const auto op = std::make_shared<op_type>(std::move(handler));
        const auto finish = [op](call_result<reply_type> got) {
          if (got.value) {
            op->complete({}, std::move(*got.value));
          } else {
            op->complete(got.value.error(), reply_type{});
          }
        };
        auto call = c->call(std::move(r), o);
        op->cancel_with([cancel = call.canceller()] { cancel.cancel(); });
        const auto taken = std::move(call).then(
            [finish](context&, call_result<reply_type> got) { finish(std::move(got)); });
        if (!taken) finish(call.get(duration::zero()));
      },
      token, &client, std::move(request), options);
}

/// Runs a client that was given a loop: void(error_code), as client::run() answers. Terminal and
/// partial cancellation stop it as client::stop() does. The client must live until it completes.
template <class Client, class Token>
auto async_run(Client& client, Token&& token) {
  return boost::asio::async_initiate<Token, void(error_code)>(
      [](auto handler, Client* c) {
        using op_type = detail::operation<decltype(handler), error_code>;
        const auto op = std::make_shared<op_type>(std::move(handler));
        op->cancel_with([c] { c->stop(); });
        const auto r = c->start([op](error_code ec) { op->complete(ec); });
        if (!r) op->complete(r.error());
      },
      token, &client);
}

/// Waits until the client is ready: void(error_code), as client::wait_ready() answers, without a
/// bound. Completed as async_call says. Terminal and partial cancellation end the wait
/// (asio::error::operation_aborted). The client must live until it is initiated; one that goes
/// without an end completes it with errc::stopped.
template <class Client, class Token>
auto async_ready(Client& client, Token&& token) {
  return boost::asio::async_initiate<Token, void(error_code)>(
      [](auto handler, io::ready_gate gate) {
        using op_type = detail::operation<decltype(handler), error_code>;
        const auto op = std::make_shared<op_type>(std::move(handler));
        const auto number = std::make_shared<std::atomic<std::uint64_t>>(0);
        op->cancel_with([gate, number] {
          io::ready_gate(gate).cancel(*number, boost::asio::error::operation_aborted);
        });
        *number = gate.add([op](error_code ec) { op->complete(ec); });
      },
      token, client.gate());
}

/// A message that was received.
struct message {
  std::uint64_t link = 0;
  opcode op = opcode::text;
  bytes data = {};

  std::string_view text() const noexcept { return as_text(data); }
};

/// Messages for whoever asks for them: the adapter of a client that has no other, or a member of
/// one, whose on_message and on_stopped it calls. Messages wait in a queue with bounds; one too
/// many ends the link (errc::mailbox_full), because a stream with a hole is worse than a new link.
/// Copies are the same inbox: keep one and give the client another. From any thread.
class inbox : public adapter<inbox, on::message, on::stopped> {
 public:
  struct options {
    std::size_t messages = 1024;
    std::size_t bytes = std::size_t{16} << 20;  ///< of their payloads
  };

  inbox() : inbox(options{}) {}
  explicit inbox(options o) : state_(std::make_shared<state>()) { state_->bounds = o; }

  result<void, error_info> validate() const {
    if (state_->bounds.messages != 0 && state_->bounds.bytes != 0) return {};
    return invalid_option("inbox: bounds must be above 0");
  }

  /// The next message, if one waits.
  std::optional<message> try_receive() {
    const std::lock_guard lock(state_->mutex);
    if (state_->queue.empty()) return std::nullopt;
    return state_->pop();
  }
  /// The next message: void(error_code, message), completed as async_call says. The client's end
  /// comes behind the messages: its error, or errc::closed. errc::already_running: somebody waits.
  /// Terminal and partial cancellation take no message (asio::error::operation_aborted).
  /// With use_awaitable, also within as_tuple, a message that waits is returned at once: the
  /// coroutine goes on without a trip through its loop.
  template <class Token>
  auto async_receive(Token&& token) {
    using plain = std::decay_t<Token>;
    if constexpr (detail::is_awaitable_token<plain>) {
      return receive(std::type_identity<plain>());
    } else {
      return start(std::forward<Token>(token));
    }
  }

  verdict on_message(context& c, const inbound& m) {
    if (!state_->push(m)) c.fail(errc::mailbox_full, "inbox: nobody takes the messages");
    return handled;
  }
  void on_stopped(context&, const stop_info& s) {
    state_->end(s.error ? s.error : error_code(errc::closed));
  }

 private:
  using waiter = std::function<void(error_code, message)>;
  struct state {
    std::mutex mutex;
    options bounds;
    ring<message> queue;
    std::size_t waiting_bytes = 0;
    waiter waits;
    std::uint64_t number = 0;  // of the waiter
    error_code ended;

    message pop() {
      message m = queue.pop();
      waiting_bytes -= m.data.size();
      return m;
    }
    bool push(const inbound& in) {
      message m{in.link, in.op, bytes(in.data.begin(), in.data.end())};
      std::unique_lock lock(mutex);
      if (waits) {
        const waiter taken = std::exchange(waits, nullptr);
        lock.unlock();
        taken({}, std::move(m));
        return true;
      }
      if (queue.size() >= bounds.messages || in.data.size() > bounds.bytes - waiting_bytes) {
        return false;
      }
      waiting_bytes += in.data.size();
      queue.push(std::move(m));
      return true;
    }
    void end(error_code ec) {
      std::unique_lock lock(mutex);
      ended = ec;
      const waiter taken = std::exchange(waits, nullptr);
      lock.unlock();
      if (taken) taken(ec, {});
    }
    void cancel(std::uint64_t which) {
      std::unique_lock lock(mutex);
      if (!waits || number != which) return;
      const waiter taken = std::exchange(waits, nullptr);
      lock.unlock();
      taken(boost::asio::error::operation_aborted, {});
    }
    // The number of the waiter; 0: it was called.
    std::uint64_t wait(const waiter& w) {
      std::unique_lock lock(mutex);
      error_code ec;
      message m;
      if (!queue.empty()) {
        m = pop();
      } else if (ended || waits) {
        ec = ended ? ended : error_code(errc::already_running);
      } else {
        waits = w;
        return ++number;
      }
      lock.unlock();
      w(ec, std::move(m));
      return 0;
    }
  };

  template <class Token>
  auto start(Token&& token) {
    return boost::asio::async_initiate<Token, void(error_code, message)>(
        [](auto handler, std::shared_ptr<state> s) {
          using op_type = detail::operation<decltype(handler), error_code, message>;
          const auto op = std::make_shared<op_type>(std::move(handler));
          const auto number = std::make_shared<std::atomic<std::uint64_t>>(0);
          op->cancel_with([s, number] { s->cancel(*number); });
          *number = s->wait([op](error_code ec, message m) { op->complete(ec, std::move(m)); });
        },
        token, state_);
  }
  template <class E>
  using tuple_token = boost::asio::as_tuple_t<boost::asio::use_awaitable_t<E>>;
  template <class E>
  boost::asio::awaitable<std::tuple<error_code, message>, E> receive(
      std::type_identity<tuple_token<E>>) {
    return next_tuple<E>(*this);
  }
  template <class E>
  boost::asio::awaitable<message, E> receive(std::type_identity<boost::asio::use_awaitable_t<E>>) {
    return next<E>(*this);
  }
  // They keep the inbox: a coroutine begins when it is awaited.
  template <class E>
  static boost::asio::awaitable<std::tuple<error_code, message>, E> next_tuple(inbox self) {
    if (auto m = self.try_receive()) co_return std::tuple(error_code(), std::move(*m));
    co_return co_await self.start(tuple_token<E>());
  }
  template <class E>
  static boost::asio::awaitable<message, E> next(inbox self) {
    auto [ec, m] = co_await next_tuple<E>(std::move(self));
    if (ec) throw boost::system::system_error(ec);
    co_return std::move(m);
  }

  std::shared_ptr<state> state_;
};

}  // namespace hawser
