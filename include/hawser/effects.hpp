// What hooks want done: plain data, recorded during a walk of the chain, carried out behind it.
#pragma once

#include <hawser/core/buffer.hpp>
#include <hawser/hook.hpp>

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace hawser {

class context;

/// Each kind of effect with its own fields. It says whether it acts on a link: then it is refused
/// while there is none (context), and without_link() has no place for it.
struct effect_kinds {
  /// Where a copied payload or text lies: see text() and bytes().
  struct slice {
    std::size_t offset = 0;
    std::size_t size = 0;
  };
  /// Work of an offload.
  struct job {
    std::string key;
    std::function<void()> work;
    std::function<void(context&, error_code)> done;
  };

  struct send {
    static constexpr std::string_view name = "send";
    static constexpr bool needs_link = true;
    send_id id = 0;
    opcode op = opcode::text;
    hawser::lane lane = lane::bulk;
    slice copied = {};      ///< its payload, if that was copied
    std::size_t given = 0;  ///< else where it lies, from 1: see payload() and take()
  };
  struct ping {
    static constexpr std::string_view name = "ping";
    static constexpr bool needs_link = true;
    slice payload;
  };
  struct close {
    static constexpr std::string_view name = "close";
    static constexpr bool needs_link = false;
    close_code code = close_code::normal;
    slice reason;
  };
  struct stop {
    static constexpr std::string_view name = "stop";
    static constexpr bool needs_link = false;
  };
  struct fail {
    static constexpr std::string_view name = "fail";
    static constexpr bool needs_link = false;
    error_code error = {};
    slice detail;
  };
  struct begin_login {
    static constexpr std::string_view name = "begin_login";
    static constexpr bool needs_link = true;
  };
  struct set_ready {
    static constexpr std::string_view name = "set_ready";
    static constexpr bool needs_link = true;
  };
  struct await_ack {
    static constexpr std::string_view name = "await_ack";
    static constexpr bool needs_link = true;
    send_id id = 0;
  };
  struct acked {
    static constexpr std::string_view name = "acked";
    static constexpr bool needs_link = true;
    send_id id = 0;
  };
  struct heartbeat {
    static constexpr std::string_view name = "heartbeat";
    static constexpr bool needs_link = true;
  };
  struct subscription {
    static constexpr std::string_view name = "subscription";
    static constexpr bool needs_link = true;
    subscription_event::kind what = subscription_event::kind::subscribe;
    error_code error = {};  ///< of one that failed
    slice topic;
  };
  struct defer_retry {
    static constexpr std::string_view name = "defer_retry";
    static constexpr bool needs_link = true;
    duration after = {};
  };
  struct recycle {
    static constexpr std::string_view name = "recycle";
    static constexpr bool needs_link = true;
  };
  struct reauthenticate {
    static constexpr std::string_view name = "reauthenticate";
    static constexpr bool needs_link = true;
  };
  struct offload {
    static constexpr std::string_view name = "offload";
    static constexpr bool needs_link = false;
    std::size_t given = 0;  ///< where its job lies, from 1: see work()
  };
};

/// The effects of one pass through the chain, in the order recorded. A client keeps one and clears
/// it, so that the steady state allocates nothing; a test reads it. What was copied or given away
/// lies beside the list, which is therefore cleared, and grows, at no cost per effect.
class effects : public effect_kinds {
 public:
  using effect =
      std::variant<send, ping, close, stop, fail, begin_login, set_ready, await_ack, acked,
                   heartbeat, subscription, defer_retry, recycle, reauthenticate, offload>;
  static_assert(std::is_trivially_copyable_v<effect>);
  /// What may be asked without a link: of the client, not of the link.
  using unlinked = std::variant<close, stop, fail, offload>;

  const std::vector<effect>& list() const noexcept { return list_; }
  bool empty() const noexcept { return list_.empty(); }
  bytes_view bytes(slice s) const noexcept { return {text_.data() + s.offset, s.size}; }
  std::string_view text(slice s) const noexcept { return as_text(bytes(s)); }
  bytes_view payload(const send& s) const noexcept;
  /// The payload that was given away; empty: it was copied.
  buffer take(const send& s) noexcept;
  job& work(const offload& o) noexcept;
  void clear() noexcept;

 private:
  friend class context;
  template <class E>
  void record(const E& e) {
    list_.emplace_back(e);
  }
  template <class T>
  std::size_t keep(T&& given) {
    given_.emplace_back(std::forward<T>(given));
    return given_.size();
  }
  slice copy(bytes_view from) {
    const slice s{text_.size(), from.size()};
    text_.insert(text_.end(), from.begin(), from.end());
    return s;
  }

  struct sum {
    std::size_t frames = 0;
    std::size_t bytes = 0;
  };
  std::vector<effect> list_;
  hawser::bytes text_;
  std::vector<std::variant<buffer, job>> given_;
  std::array<sum, lane_count> recorded_{};
  send_id last_send_ = 0;  // without a link that counts
  bool ended_ = false;     // a close or fail is among them: nothing is sent behind it
};

/// "send": what a hook asked for.
std::string_view name_of(const effects::effect& e) noexcept;

/// The effect, if it may be asked without a link.
std::optional<effects::unlinked> without_link(const effects::effect& e) noexcept;

namespace detail {
/// A visitor made of functions: one for each alternative, or it does not compile.
template <class... F>
struct overloaded : F... {
  using F::operator()...;
};
template <class... F>
overloaded(F...) -> overloaded<F...>;
}  // namespace detail

}  // namespace hawser
