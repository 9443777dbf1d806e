#include <hawser/core/text/text.hpp>
#include <hawser/io/acceptor.hpp>

#include "io/net/occasional.hpp"
#include "io/net/peer.hpp"
#include "io/tls/transport.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <optional>
#include <unordered_map>
#include <utility>

namespace hawser::io {

class acceptor::impl final : public std::enable_shared_from_this<impl> {
 public:
  impl(const std::shared_ptr<loop::impl>& on, acceptor_options o, sink_factory make_sink)
      : loop_(on),
        listener_(on->environment->make_listener(on)),
        retry_(*on),
        make_sink_(std::move(make_sink)),
        shared_(*on, std::move(o)) {}

  result<std::uint16_t, error_info> listen();
  void stop(std::function<void()> done);
  void abort();

 private:
  void accept();
  void shut();
  void complain(std::string why);
  void tell_pause(error_code why);
  void add(accepted link);
  bool make_room(transport& stream);
  void displace(std::uint64_t number);
  void tell(occasional& of, const std::string& what, const std::string& last) const;
  void remove(peer& p);

  std::weak_ptr<loop::impl> loop_;
  std::unique_ptr<listener> listener_;
  coarse_timer retry_;
  sink_factory make_sink_;
  peer_context shared_;
  tls_context tls_;        // the one that was used last
  std::string complaint_;  // about its files, as it was logged
  occasional full_;
  occasional crowded_;
  error_code paused_;  // why no link can be accepted, as it was logged
  std::unordered_map<std::uint64_t, std::shared_ptr<peer>> peers_;
  std::uint64_t next_number_ = 1;
  std::function<void()> drained_;
};

acceptor::acceptor(std::shared_ptr<loop> on, acceptor_options o, sink_factory make_sink)
    : loop_(std::move(on)),
      impl_(std::make_shared<impl>(loop_->share(), std::move(o), std::move(make_sink))) {}

acceptor::~acceptor() { impl_->abort(); }

result<std::uint16_t, error_info> acceptor::listen() { return impl_->listen(); }

void acceptor::stop(std::function<void()> done) {
  loop_->post([me = impl_, done = std::move(done)]() mutable { me->stop(std::move(done)); });
}

result<std::uint16_t, error_info> acceptor::impl::listen() {
  const auto& o = shared_.options;
  if (const auto r = validate(o); !r) return r.error();
  if (o.tls.certificate_file) {
    auto context = server_context(o.tls);
    if (!context) return context.error();
    tls_ = std::move(*context);
  }
  const auto port = listener_->listen({o.host, o.port, o.unix_socket});
  if (port) accept();
  return port;
}

void acceptor::impl::accept() {
  listener_->accept([me = shared_from_this()](error_code ec, accepted link) {
    if (!ec) {
      me->paused_ = {};
      me->add(std::move(link));
      return me->accept();
    }
    // Out of descriptors, most likely: accepting again at once would spin.
    me->tell_pause(ec);
    me->retry_.wake_by(me->shared_.environment->now() + std::chrono::milliseconds(100), *me,
                       [self = me.get()](time_point) { self->accept(); });
  });
}

// Once, until a link was accepted again.
void acceptor::impl::tell_pause(error_code why) {
  const auto& log = shared_.options.log;
  if (why != std::exchange(paused_, why) && log && log->wants(log_level::warn)) {
    log->write(log_level::warn, "no link can be accepted, trying again every 100 ms: " +
                                    why.message() + "; `ulimit -n` bounds the descriptors");
  }
}

void acceptor::impl::add(accepted link) {
  const auto on = loop_.lock();
  if (!on) return;
  auto stream = std::move(link.stream);
  if (peers_.size() >= shared_.options.connections) {
    tell(full_,
         "new links while all connections (" + std::to_string(shared_.options.connections) +
             ") are in use",
         link.address);
    if (!make_room(*stream)) return;
  }
  const auto number = next_number_++;
  if (tls_) {
    // Files that have changed are read again; if they are unusable, those of before still serve.
    auto context = server_context(shared_.options.tls);
    complain(context ? std::string() : context.error().detail);
    if (context) tls_ = std::move(*context);
    stream = make_tls_server(std::move(stream), on->context.get_executor(), tls_);
  }
  const auto p = std::make_shared<peer>(*on, shared_, number, link.address, std::move(stream),
                                        [weak = weak_from_this()](peer& gone) {
                                          if (const auto me = weak.lock()) me->remove(gone);
                                        });
  peers_.emplace(number, p);
  if (const auto out = shared_.pending.enter(number, link.group, !link.group.empty())) {
    tell(crowded_,
         "links that were not upgraded yet, closed for newer ones (pending " +
             std::to_string(shared_.options.pending) + ", pending_per_address " +
             std::to_string(shared_.options.pending_per_address) + ")",
         link.address);
    displace(*out);
  }
  p->start(make_sink_(peer_handle(p, on)));
}

// For one more link, while there are `connections`. False: all of them are in use.
bool acceptor::impl::make_room(transport& stream) {
  if (const auto out = shared_.pending.next_to_go()) {
    displace(*out);
    return true;
  }
  if (!tls_) say_no_room(stream);
  return false;
}

void acceptor::impl::displace(std::uint64_t number) {
  const auto at = peers_.find(number);
  if (at == peers_.end()) return;
  const auto p = at->second;
  p->displace();
}

// A flood is told of as a flood, not link by link.
void acceptor::impl::tell(occasional& of, const std::string& what, const std::string& last) const {
  const auto times = of.happened(shared_.environment->now());
  const auto& log = shared_.options.log;
  if (times == 0 || !log || !log->wants(log_level::warn)) return;
  std::string line;
  append_escaped(line, what + ": " + std::to_string(times) + ", the last one from " + last);
  log->write(log_level::warn, line);
}

// Once for each thing that is wrong, not for each client that comes.
void acceptor::impl::complain(std::string why) {
  const auto& log = shared_.options.log;
  if (!why.empty() && why != complaint_ && log && log->wants(log_level::error)) {
    log->write(log_level::error, why + "; the certificate of before is still shown");
  }
  complaint_ = std::move(why);
}

void acceptor::impl::remove(peer& p) {
  peers_.erase(p.number());
  if (peers_.empty() && drained_) std::exchange(drained_, nullptr)();
}

void acceptor::impl::stop(std::function<void()> done) {
  shut();
  drained_ = std::move(done);
  for (const auto& [number, p] : std::unordered_map(peers_)) p->close(close_code::going_away);
  if (peers_.empty() && drained_) std::exchange(drained_, nullptr)();
}

void acceptor::impl::shut() {
  listener_->close();
  retry_.cancel();
}

void acceptor::impl::abort() {
  shut();
  drained_ = nullptr;
  for (const auto& [number, p] : std::unordered_map(peers_)) p->abort();
}

}  // namespace hawser::io
