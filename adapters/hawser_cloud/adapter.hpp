// Speaks hawser.v1.cbor to a hawser cloud: the device's end of a receipt stream.
#pragma once

#include <hawser/adapter.hpp>
#include <hawser/behavior.hpp>
#include <hawser/context.hpp>
#include <hawser/core/explain/description.hpp>
#include <hawser/core/receipt/hlc.hpp>
#include <hawser/core/receipt/outbox_window.hpp>
#include <hawser/core/receipt/refill.hpp>
#include <hawser/core/receipt/wire.hpp>
#include <hawser/core/recovery/barren_links.hpp>
#include <hawser/core/recovery/link_pair.hpp>
#include <hawser/core/text/text.hpp>
#include <hawser/core/text/utf8.hpp>

#include <algorithm>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace hawser {

/// Where the receipts lie. Called on the client's strand; must not block: answers come back through
/// client::submit.
class receipt_source {
 public:
  virtual ~receipt_source() = default;
  /// Answer with hawser_cloud::rows, ::unavailable, ::lost or ::damaged.
  virtual void fetch(const window_effect::fetch& f) = 0;
  /// The ledger has committed up to `seq`.
  virtual void acknowledge(std::uint32_t sid, std::uint64_t seq) = 0;
  /// Nothing of the stream is sent on this link any more.
  virtual void park(std::uint32_t /*sid*/) {}
};

/// The adapter of the uplink. What is to be sent, and when, is the outbox_window's business; this
/// translates between it, the wire and the hooks. Opens with hello and resume in one flight.
///
/// No error is final for a device that nobody can visit: what reconnect leaves alone (a wrong
/// token, a refused upgrade) is tried again after `slow_retry`, with credentials asked for anew. A
/// goodbye that asks for a longer pause gets no longer one. A cloud that ends three links for the
/// protocol (ended_for_protocol) without an acknowledgment between them is left alone for
/// `slow_retry`, twice that and so on up to 15 times as long and 24 h, and that is told at `error`:
/// nothing heals until somebody changes something.
struct hawser_cloud : adapter<hawser_cloud, on::wake>,
                      connection_handler<hawser_cloud>,
                      message_handler<hawser_cloud>,
                      error_handler<hawser_cloud>,
                      auth_handler<hawser_cloud> {
  static constexpr std::string_view subprotocol = "hawser.v1.cbor";

  struct options {
    std::string device;                  ///< its name at the cloud: UTF-8, 1 to 1024 bytes
    std::uint64_t boot_id = 0;           ///< random, new with every start
    std::function<std::string()> token;  ///< asked before every attempt; empty: no credentials
    duration slow_retry = std::chrono::minutes(1);
    std::function<std::uint64_t()> hlc;  ///< of the newest receipt, told in hello; empty: not told
    /// Asked at each welcome; a cloud's clock that is far ahead of it is told. Empty: it is not.
    std::function<wall_ms()> wall;
    outbox_window::options window = {};
    wire::decode_limits limits = {};
  };

  /// `source` must outlive the client.
  hawser_cloud(options o, std::vector<outbox_stream> streams, receipt_source& source)
      : options_(std::move(o)),
        source_(&source),
        window_(window_options(options_)),
        barren_(options_.slow_retry, 15 * std::min<duration>(options_.slow_retry, longest_slow),
                options_.boot_id) {
    window_effects none;  // Without a link nothing is to be done.
    for (const outbox_stream& s : streams) window_.add(s, none);
  }

  // What the store says; on the strand, through client::submit.
  void add(context& c, const outbox_stream& s) {
    act(c, [&](window_effects& fx) { window_.add(s, fx); });
  }
  void committed(context& c, std::uint32_t sid, const stream_head& last) {
    act(c, [&](window_effects& fx) { window_.committed(sid, last, fx); });
  }
  void rows(context& c, const window_effect::fetch& f, const digest& previous,
            const std::vector<chained_receipt>& rows) {
    act(c, [&](window_effects& fx) { window_.rows(f.sid, f.generation, previous, rows, fx); });
  }
  void unavailable(context& c, const window_effect::fetch& f) {
    act(c, [&](window_effects& fx) { window_.unavailable(f.sid, f.generation, c.now(), fx); });
  }
  void lost(context& c, const window_effect::fetch& f, const stream_head& base) {
    act(c, [&](window_effects& fx) { window_.lost(f.sid, f.generation, base, fx); });
  }
  void damaged(context& c, const window_effect::fetch& f, const std::optional<digest>& previous,
               const std::string& why) {
    act(c, [&](window_effects& fx) {
      window_.damaged(f.sid, f.generation, previous, why, fx);
      std::erase_if(fx, [&](const auto& e) { return is_told(e, why); });
    });
    source_->park(f.sid);  // also if it was told before
  }

  result<void> validate(std::string& complaint) const {
    const options& o = options_;
    const auto& device = o.device;
    constexpr std::size_t most = std::numeric_limits<std::uint32_t>::max();  // hello has 32 bits
    if (o.slow_retry <= duration::zero() || o.slow_retry > std::chrono::hours(24)) {
      complaint = "hawser_cloud: slow_retry must be above 0 and at most 24 h";
    } else if (device.empty() || device.size() > 1024 || !valid_utf8(as_bytes(device))) {
      complaint = "hawser_cloud: device must be UTF-8 of 1 to 1024 bytes";
    } else if (o.limits.depth == 0 || o.limits.depth > cbor_max_depth) {
      complaint = "hawser_cloud: limits.depth must be from 1 to 8";
    } else if (o.limits.message == 0 || o.limits.message > most) {
      complaint = "hawser_cloud: limits.message must be from 1 byte to below 4 GiB";
    } else {
      return {};
    }
    return errc::invalid_option;
  }

  admission on_connecting(context& c, handshake& h) {
    h.subprotocols = {std::string(subprotocol)};
    return c.now() < not_before_ ? admission::wait_until(not_before_) : admission::go();
  }

  grant on_authenticate(context&, auth_request& a) {
    if (options_.token) a.bearer(options_.token());
    return grant::ready();
  }

  void on_open(context& c, const open_info& o) {
    (void)links_.opened(o.link, o.successor, c.now());
    resumes_ = false;  // This one is.
    told_nacks_ &= bit(wire::nack_code::busy);
    if (o.subprotocol != subprotocol) {
      return c.close(close_code::protocol_error, "the server does not speak hawser.v1.cbor");
    }
    wire::hello h;
    h.device = options_.device;
    h.boot_id = options_.boot_id;
    h.max_message = static_cast<std::uint32_t>(options_.limits.message);
    if (options_.hlc) h.hlc = options_.hlc();
    send(c, h, lane::control);
    act(c, [&](window_effects& fx) { window_.opened(fx); });
  }

  void on_drop(context& c, const drop_info& d) {
    const auto* opened = links_.find(d.link);
    const time_point since = opened ? *opened : c.now();
    const auto was = links_.dropped(d.link);
    if (was == place::none || was == place::predecessor) return;
    window_.dropped();
    c.cancel_wake();
    // The streams went with the successor: they are asked for on the link that stays.
    resumes_ = was == place::successor;
    if (resumes_) c.wake_at(c.now());
    if (!d.replaced) judge_end(c, d, since);
  }

  void on_wake(context& c, const wake_info&) {
    const bool again = std::exchange(resumes_, false);
    act(c, [&](window_effects& fx) { again ? window_.opened(fx) : window_.woke(c.now(), fx); });
  }

  // A predecessor is heard to its end, but its words are about what was in flight there: the resume
  // on its successor settles that.
  verdict on_message(context& c, const inbound& m) {
    if (m.link != links_.newest().number) return handled;
    wire::decode_error e;
    const auto decoded = m.op == opcode::binary ? wire::decode(m.data, e, options_.limits)
                                                : result<wire::message>(wire_errc::malformed);
    if (!decoded) {
      refuse(c, e.what.empty() ? "a text message" : e.what + " at " + std::to_string(e.offset));
      return handled;
    }
    std::visit([&](const auto& message) { take(c, message); }, *decoded);
    return handled;
  }

  /// How many links ended for the protocol without progress.
  void describe(description& d) const {
    if (barren_.count() != 0) d.add("ended for the protocol", barren_.count());
    d.next_attempt(not_before_);
  }

  reaction on_error(context& c, const failure& f) {
    c.log(log_level::error, "uplink: " + one_line(f.detail) + "; next attempt in " +
                                std::to_string(seconds(options_.slow_retry)) + " s");
    return reaction::retry_after(options_.slow_retry);
  }

 private:
  using place = link_pair<time_point>::place;
  static constexpr duration longest_slow = std::chrono::hours(24) / 15;

  // What the cloud says may hold anything.
  static std::string one_line(std::string_view text) {
    std::string out;
    append_escaped(out, text);
    return out;
  }
  // A link that lived for so long was not ended for what every link sends.
  void judge_end(context& c, const drop_info& d, time_point opened) {
    if (c.now() - opened >= options_.slow_retry) barren_.progress();
    if (!ended_for_protocol(d.error, d.code, d.own_close)) return;
    const auto pause = barren_.ended();
    if (!pause) return;
    not_before_ = c.now() + *pause;
    c.log(log_level::error,
          "uplink: ended for the protocol " + std::to_string(barren_.count()) +
              " times without progress, at last by: " + one_line(d.detail) + "; next attempt in " +
              to_words(*pause) +
              "; what does the cloud's log say, do edge and cloud have the same version, does "
              "anything between them change messages?");
  }

  // Two devices of one name must not ask at the same times.
  static outbox_window::options window_options(const options& o) {
    outbox_window::options w = o.window;
    if (w.seed == 0) w.seed = o.boot_id;
    return w;
  }
  static long long seconds(duration d) {
    return std::chrono::duration_cast<std::chrono::seconds>(d).count();
  }

  template <class Message>
  static void send(context& c, const Message& m, lane l) {
    bytes out;
    wire::encode(m, out);
    post(c, out, l);
  }

  // What the window takes for sent must be sent, or it would wait for its acknowledgment for ever.
  // Without a link nobody waits: the next one resumes.
  static void post(context& c, bytes_view message, lane l) {
    const auto r = c.send(message, l);
    if (r || r.error() == errc::not_connected) return;
    const std::string what = "a message was refused: " + r.error().message();
    c.log(log_level::error, "uplink: " + what);
    c.fail(errc::queue_full, what);
  }

  static void refuse(context& c, const std::string& why) {
    c.log(log_level::error, "uplink: the cloud broke the protocol: " + one_line(why));
    c.close(close_code::protocol_error, why);
  }

  // Lets the window decide, then carries out what it decided.
  template <class F>
  void act(context& c, F&& decide) {
    window_effects fx;
    decide(fx);
    for (auto& effect : fx) std::visit([&](auto& e) { perform(c, e); }, effect);
    if (const time_point t = window_.next_wake(); t != never) c.wake_at(t);
  }

  // What is damaged stays so, and every link finds it again: it is told once.
  template <class Effect>
  bool is_told(const Effect& e, const std::string& damage) {
    const auto* a = std::get_if<window_effect::alarm>(&e);
    return a && a->text == damage && std::exchange(damages_[a->sid], damage) == damage;
  }

  void perform(context&, window_effect::fetch& f) { source_->fetch(f); }
  void perform(context& c, window_effect::send& s) { post(c, s.message, lane::receipts); }
  void perform(context& c, window_effect::resume& r) { send(c, r.message, lane::control); }
  void perform(context&, window_effect::acknowledge& a) {
    barren_.progress();
    source_->acknowledge(a.sid, a.seq);
  }
  void perform(context& c, window_effect::alarm& a) {
    source_->park(a.sid);
    c.log(log_level::error,
          "ALARM stream " + one_line(window_.name(a.sid)) + ": " + one_line(a.text));
  }
  void perform(context& c, window_effect::superseded& s) {
    c.log(log_level::warn,
          "superseded: another link of '" + one_line(options_.device) + "' has resumed stream " +
              one_line(s.governor) + "; ours are resumed again in " + to_words(s.pause) +
              "; if this comes again and again, two devices have this name: give each its own");
  }

  void perform(context&, window_effect::lost_by_ledger& l) {
    refill_.add(one_line(l.governor), l.first, l.last);
  }

  // What the cloud says.
  void take(context& c, const wire::welcome& w) {
    window_.limit_message(w.max_message);
    if (w.hlc == 0 || !options_.wall) return;
    const wall_ms ahead = hlc_ahead(w.hlc, options_.wall());
    if (ahead <= max_clock_ahead) return;
    c.log(log_level::warn, "uplink: the cloud's clock is " + std::to_string(ahead / 1000) +
                               " s ahead of ours and is not followed: is ours set?");
  }
  void take(context& c, const wire::resumed& r) {
    refill_ = {};
    for (const auto& p : r.streams) {
      check(
          c, [&](window_effects& fx) { return window_.resumed(p, fx); }, "resumed");
    }
    if (refill_.empty()) return;
    c.log(log_level::warn,
          "uplink: the ledger has less than it had acknowledged (was it restored from an older "
          "backup?); sent again: " +
              refill_.text());
  }
  void take(context& c, const wire::ack& a) {
    told_nacks_ &= ~bit(wire::nack_code::busy);
    for (const auto& p : a.streams) {
      check(
          c, [&](window_effects& fx) { return window_.ack(p.sid, p.committed_seq, fx); }, "ack");
    }
  }
  void take(context& c, const wire::nack& n) {
    // One batch after the other may be refused, for as long as the reason lasts; the window says
    // once of a stream that it is superseded or parked.
    const bool busy = n.code == wire::nack_code::busy;
    const bool told = (told_nacks_ & bit(n.code)) != 0 || n.code == wire::nack_code::superseded;
    told_nacks_ |= bit(n.code);
    c.log(told ? log_level::debug : log_level::warn,
          "nack stream " + one_line(window_.name(n.sid)) + " seq " + std::to_string(n.seq) + ": " +
              std::string(to_string(n.code)) + ": " + one_line(n.detail) +
              (busy ? "; receipts are kept and sent again: is the cloud's disk well? see its log"
                    : ""));
    check(
        c, [&](window_effects& fx) { return window_.nack(n, c.now(), fx); }, "nack");
  }
  void take(context& c, const wire::goodbye& g) {
    if (g.retry_after_ms == 0) return;
    c.defer_retry(
        std::min<duration>(std::chrono::milliseconds(g.retry_after_ms), options_.slow_retry));
  }
  template <class Other>
  void take(context& c, const Other&) {
    refuse(c, "a message that only a device sends");
  }

  static constexpr std::uint32_t bit(wire::nack_code code) noexcept {
    return std::uint32_t{1} << static_cast<unsigned>(code);
  }

  template <class F>
  void check(context& c, F&& tell, const char* what) {
    result<void> r{};
    act(c, [&](window_effects& fx) { r = tell(fx); });
    if (!r) refuse(c, std::string(what) + " does not fit what was sent");
  }

  options options_;
  receipt_source* source_;
  outbox_window window_;
  barren_links barren_;
  std::map<std::uint32_t, std::string> damages_;  // told last, by stream
  refill refill_;                                 // of the resumed message that is being read
  time_point not_before_{};                       // the next attempt
  link_pair<time_point> links_;                   // and when each opened; the newest one counts
  bool resumes_ = false;                          // at the next wake
  // Of this link; that the cloud is busy: until it acknowledges.
  std::uint32_t told_nacks_ = 0;
};

}  // namespace hawser
