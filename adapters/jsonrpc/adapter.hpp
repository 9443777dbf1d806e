// Speaks JSON-RPC 2.0 over WebSocket, both ways: one text message is one request, reply or batch.
#pragma once

#include <hawser/adapter.hpp>
#include <hawser/adapters/jsonrpc/message.hpp>
#include <hawser/caller.hpp>
#include <hawser/context.hpp>
#include <hawser/core/text/text.hpp>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace hawser {

/// The adapter. `client.call(rpc::request{"add", "[1,2]"})` gives a pending<rpc::reply>: an error
/// object of the peer is an answer, rpc::reply::failure; a call that was not answered is an error
/// of its call_result. Requests of the peer go to what serve() registered, else they are answered
/// with method_not_found; notifications to what listen() did. Handlers run on the strand, within
/// on_message; a simdjson_error that leaves one is answered with invalid_params, or logged where
/// nothing is answered.
///
/// It translates for the behavior `subscriptions`: a topic is the one param of options::subscribe,
/// whose result names the subscription; options::event then carries {"subscription": that name,
/// "result": ...}.
struct jsonrpc : adapter<jsonrpc, on::drop, on::message, on::subscription>,
                 caller<jsonrpc, rpc::request, rpc::reply> {
  struct options {
    std::size_t batch = 1000;                 ///< entries of a batch, in or out, at most 4096
    std::string subscribe = "subscribe";      ///< method that takes a topic
    std::string unsubscribe = "unsubscribe";  ///< method that takes the name of a subscription
    std::string event = "subscription";       ///< notification of a subscription
    duration subscribe_deadline = std::chrono::seconds(10);
  };
  using handler = std::function<rpc::reply(context&, const rpc::element& params)>;
  using listener = std::function<void(context&, const rpc::element& params)>;
  using subscriber =
      std::function<void(context&, std::string_view topic, const rpc::element& result)>;

  jsonrpc() = default;
  explicit jsonrpc(options o) : options_(std::move(o)) {}

  // Before the client runs, or on the strand.
  void serve(std::string method, handler h) { handlers_[std::move(method)] = std::move(h); }
  void listen(std::string method, listener l) { listeners_[std::move(method)] = std::move(l); }
  /// Who is told what comes of subscriptions.
  void follow(subscriber s) { subscriber_ = std::move(s); }

  /// A notification: nobody answers it. errc::invalid_option: params are neither an array nor an
  /// object; else as context::send.
  result<send_id> notify(context& c, std::string_view method, std::string_view params = {}) {
    if (!rpc::valid_params(params, checker_)) return errc::invalid_option;
    std::string text;
    json_writer out(text);
    rpc::write_request(out, method, params, {});
    return c.send(text);
  }

  result<void> validate(std::string& complaint) const {
    if (options_.batch > 0 && options_.batch <= most_entries &&
        options_.subscribe_deadline > duration::zero()) {
      return {};
    }
    complaint = "jsonrpc: batch must be from 1 to 4096, subscribe_deadline above 0";
    return errc::invalid_option;
  }

  /// errc::invalid_option: params, or more entries than options::batch.
  result<send_id> on_call(context& c, call_id id, const rpc::request& r) {
    if (1 + r.more.size() > options_.batch || !rpc::valid_params(r.params, checker_)) {
      return errc::invalid_option;
    }
    std::string text;
    json_writer out(text);
    if (r.more.empty()) {
      rpc::write_request(out, r.method, r.params, id);
      return c.send(text);
    }
    out.begin_array();
    rpc::write_request(out, r.method, r.params, id);
    for (std::size_t i = 0; i < r.more.size(); ++i) {
      if (!r.more[i].more.empty() || !rpc::valid_params(r.more[i].params, checker_)) {
        return errc::invalid_option;
      }
      rpc::write_request(out, r.more[i].method, r.more[i].params, id + ((i + 1) << entry_shift));
    }
    out.end_array();
    const auto sent = c.send(text);
    if (sent) await_batch(id, r.more.size());
    return sent;
  }

  verdict on_message(context& c, const inbound& m) {
    if (m.op != opcode::text) {
      c.close(close_code::unsupported_data, "JSON-RPC is text");
      return handled;
    }
    std::string text;
    json_writer out(text);
    std::string_view why;
    if (const auto root = reader_->parse(m.data, &why); !root) {
      c.log(log_level::warn, "jsonrpc: a text was refused: " + std::string(why));
      rpc::write_reply(out, "null", rpc::reply::refuse(rpc::code::parse_error, std::string(why)));
    } else if (root->is_array()) {
      take_batch(c, m.link, *root, text);
    } else {
      take(c, m.link, *root, out);
    }
    if (text.empty()) return handled;
    if (const auto r = c.send(text); !r) {
      c.log(log_level::warn, "jsonrpc: a reply was not sent: " + r.error().message());
    }
    return handled;
  }

  void on_drop(context&, const drop_info& d) {
    std::erase_if(subscriptions_, [&](const auto& s) { return s.first.first == d.link; });
  }

  void on_subscription(context& c, const subscription_event& e) {
    if (e.what == subscription_event::kind::subscribe) subscribe(c, std::string(e.topic));
    if (e.what == subscription_event::kind::unsubscribe) unsubscribe(c, e.topic);
  }

 private:
  // The id of a batch's later entry says which one it is. JSON readers whose numbers are doubles
  // give back 53 bits.
  static constexpr unsigned entry_shift = 40;
  static constexpr std::size_t most_entries = 4096;
  struct batch {
    rpc::reply answer;
    std::vector<bool> missing;
  };

  void await_batch(call_id id, std::size_t more) {
    if (batches_.size() >= sweep_at_) {  // What was cancelled, lost or timed out is never complete.
      std::erase_if(batches_, [&](const auto& b) { return !is_pending(b.first); });
      sweep_at_ = std::max<std::size_t>(64, 2 * batches_.size());
    }
    batch b;
    b.answer.more.resize(more);
    b.missing.assign(1 + more, true);
    batches_.insert_or_assign(id, std::move(b));
  }

  void take_batch(context& c, std::uint64_t link, const rpc::element& root, std::string& text) {
    const simdjson::dom::array entries = root;
    json_writer out(text);
    if (entries.size() == 0 || entries.size() > options_.batch) {
      const char* why = entries.size() == 0 ? "an empty batch" : "a batch above the bound";
      return rpc::write_reply(out, "null", rpc::reply::refuse(rpc::code::invalid_request, why));
    }
    out.begin_array();
    for (const auto e : entries) take(c, link, e, out);
    out.end_array();
    if (text == "[]") text.clear();
  }

  void take(context& c, std::uint64_t link, const rpc::element& e, json_writer& out) {
    using kind = rpc::incoming::kind;
    const rpc::incoming in = rpc::classify(e);
    switch (in.what) {
      case kind::request:
        return rpc::write_reply(out, in.id, answer(c, in));
      case kind::notification:
        return tell(c, link, in);
      case kind::reply:
        return in.result ? settle(c, link, in, {.result = simdjson::minify(*in.result)})
                         : settle(c, link, in, {{}, in.failure});
      case kind::bad_request:
        return rpc::write_reply(
            out, in.id, rpc::reply::refuse(rpc::code::invalid_request, std::string(in.why)));
      case kind::bad_reply:
        c.log(log_level::warn, "jsonrpc: a reply was refused: " + std::string(in.why));
        if (in.number) refuse_reply(c, *in.number);
        return;
    }
  }

  rpc::reply answer(context& c, const rpc::incoming& in) {
    const auto found = handlers_.find(in.method);
    if (found == handlers_.end()) {
      return rpc::reply::refuse(rpc::code::method_not_found, "no such method");
    }
    try {
      return found->second(c, in.params.value_or(reader_->null()));
    } catch (const simdjson::simdjson_error& e) {
      return rpc::reply::refuse(rpc::code::invalid_params, e.what());
    }
  }

  void tell(context& c, std::uint64_t link, const rpc::incoming& in) {
    const rpc::element params = in.params.value_or(reader_->null());
    rpc::element name;
    rpc::element what;
    if (in.method == options_.event && params.is_object() &&
        params["subscription"].get(name) == simdjson::SUCCESS &&
        params["result"].get(what) == simdjson::SUCCESS) {
      const auto found = subscriptions_.find({link, simdjson::minify(name)});
      if (found == subscriptions_.end() || !subscriber_) return;
      return read(c, found->second, [&] { subscriber_(c, found->second, what); });
    }
    const auto l = listeners_.find(in.method);
    if (l != listeners_.end()) read(c, l->first, [&] { l->second(c, params); });
  }

  // A notification that cannot be read costs itself alone.
  template <class F>
  static void read(context& c, const std::string& what, F&& f) {
    try {
      f();
    } catch (const simdjson::simdjson_error& e) {
      c.log(log_level::warn, "jsonrpc: " + what + ": " + e.what());
    }
  }

  // That of one entry ends the batch.
  void refuse_reply(context& c, std::uint64_t number) {
    const bool of_batch = batches_.erase(call_of(number)) != 0;
    refuse(c, of_batch ? call_of(number) : number, wire_errc::malformed);
  }

  static call_id call_of(std::uint64_t number) noexcept {
    return number & ((std::uint64_t{1} << entry_shift) - 1);
  }

  void settle(context& c, std::uint64_t link, const rpc::incoming& in, rpc::reply r) {
    if (!in.number) {  // An id that we never give: an error that the peer could not assign.
      std::string line = "jsonrpc: a reply to nothing of ours, id ";
      append_escaped(line, std::string_view(in.id).substr(0, 100));
      return c.log(log_level::warn, line);
    }
    const call_id id = call_of(*in.number);
    const auto found = batches_.find(id);
    if (found == batches_.end()) {
      if (const auto a = asked_.find(*in.number); a != asked_.end())
        subscribed(c, link, a->second, r);
      return reply(c, *in.number, std::move(r));
    }
    batch& b = found->second;
    const auto entry = static_cast<std::size_t>(*in.number >> entry_shift);
    if (entry >= b.missing.size() || !b.missing[entry]) return;
    b.missing[entry] = false;
    if (entry != 0) {
      b.answer.more[entry - 1] = std::move(r);
    } else {
      b.answer.result = std::move(r.result);
      b.answer.failure = std::move(r.failure);
    }
    for (const bool open : b.missing) {
      if (open) return;
    }
    reply(c, id, std::move(b.answer));
    batches_.erase(found);
  }

  void subscribe(context& c, std::string topic) {
    std::string params;
    json_writer(params).begin_array().text(topic).end_array();
    auto p = call(c, {options_.subscribe, params}, {.deadline = options_.subscribe_deadline});
    const call_id id = p.id();
    if (id != 0) asked_.insert_or_assign(id, topic);
    std::move(p).then([this, id, topic](context& on, const call_result<rpc::reply>& r) {
      asked_.erase(id);
      if (r.value) return;  // subscribed() has told it.
      const error_code ec = r.value.error();
      if (ec == errc::call_lost || ec == errc::stopped) return;  // The next link subscribes again.
      on.subscription(topic, subscription_event::kind::failed,
                      ec == errc::call_timeout ? error_code(errc::subscription_timeout) : ec);
    });
  }

  // Told before what stands behind the reply is read: that may be the first event.
  void subscribed(context& c, std::uint64_t link, const std::string& topic, const rpc::reply& r) {
    if (r.ok()) subscriptions_[{link, r.result}] = topic;
    c.subscription(topic,
                   r.ok() ? subscription_event::kind::confirmed : subscription_event::kind::failed);
  }

  void unsubscribe(context& c, std::string_view topic) {
    for (auto s = subscriptions_.begin(); s != subscriptions_.end();) {
      if (s->second != topic || s->first.first != c.link().number) {
        ++s;
        continue;
      }
      (void)call(c, {options_.unsubscribe, "[" + s->first.second + "]"},
                 {.deadline = options_.subscribe_deadline})
          .then([](context&, const call_result<rpc::reply>&) {});
      s = subscriptions_.erase(s);
    }
  }

  options options_;
  std::map<std::string, handler, std::less<>> handlers_;
  std::map<std::string, listener, std::less<>> listeners_;
  subscriber subscriber_;
  // Where it stays when the adapter is moved: elements point into it.
  std::unique_ptr<rpc::reader> reader_ = std::make_unique<rpc::reader>();
  simdjson::dom::parser checker_;         // of params, while elements point into the reader
  std::map<call_id, batch> batches_;      // whose replies have not all come
  std::size_t sweep_at_ = 64;             // entries; those whose call has ended are then removed
  std::map<call_id, std::string> asked_;  // topics whose subscribe is not answered
  std::map<std::pair<std::uint64_t, std::string>, std::string> subscriptions_;  // link, name: topic
};

}  // namespace hawser
