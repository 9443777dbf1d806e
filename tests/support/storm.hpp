// A fleet that loses its server at one moment and comes back, in virtual time.
#pragma once

#include <hawser/behaviors/circuit_breaker.hpp>
#include <hawser/behaviors/reconnect.hpp>
#include <hawser/chain.hpp>
#include <hawser/core/recovery/jitter.hpp>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

namespace hawser::test {

/// How an attempt ends while the server is down: nobody listens, TLS fails, or a proxy answers.
inline failure failed_in(phase at, error_code ec) {
  failure f;
  f.at = at;
  f.error = ec;
  return f;
}
inline failure refused_connection() {
  return failed_in(phase::connecting, error_code(ECONNREFUSED, boost::system::system_category()));
}
inline failure answered(int status, std::optional<duration> retry_after = {}) {
  failure f = failed_in(phase::upgrading, status == 429  ? errc::rate_limited
                                          : status < 500 ? errc::upgrade_refused
                                                         : errc::unavailable);
  f.status = status;
  f.retry_after = retry_after;
  return f;
}

struct storm_plan {
  unsigned processes = 1;
  unsigned clients = 1;                 ///< of each
  duration up = std::chrono::hours(1);  ///< from the first dial to the drop
  duration down = std::chrono::minutes(10);
  failure answer = refused_connection();
  duration silence = {};  ///< of an attempt that begins meanwhile, until it fails; 0: 1 to 50 ms
  unsigned limited = 0;   ///< clients of each process with a rate limit of their own, of an hour
  std::uint64_t seed = 1;
  circuit_breaker::options breaker = {};
  reconnect::options retry = {};
  bool with_breaker = true;
};

struct storm_result {
  std::vector<unsigned> attempts;  ///< in each second from the return until the last is back
  unsigned during = 0;             ///< while the server was down
  duration first = {};             ///< from the return until a client is back
  duration last = {};              ///< until all are, but those with a limit of their own
  unsigned back = 0;               ///< without those
  std::vector<std::string> warnings;

  unsigned peak() const { return *std::max_element(attempts.begin(), attempts.end()); }
  double mean() const {
    double sum = 0;
    for (const unsigned n : attempts) sum += n;
    return sum / static_cast<double>(attempts.size());
  }
  double ratio() const { return peak() / mean(); }
};

/// Clients as resilient_client composes them. Those of a process share its circuit and its budget.
/// All links drop at one moment; each attempt that begins before the server is back
/// fails, and opens a link from then on, after a round trip of 1 to 50 ms. Pure: the seed decides
/// everything.
class storm {
 public:
  explicit storm(const storm_plan& plan) : plan_(plan), random_(plan.seed) {
    for (unsigned p = 0; p < plan.processes; ++p) {
      circuit_breaker::options b = plan.breaker;
      b.circuit = std::make_shared<shared_circuit>();
      reconnect::options r = plan.retry;
      r.budget = std::make_shared<retry_budget>();
      for (unsigned i = 0; i < plan.clients; ++i) {
        b.seed = random_.draw() | 1;
        r.seed = random_.draw() | 1;
        if (!plan.with_breaker) b.circuit = std::make_shared<shared_circuit>();
        fleet_.push_back(std::make_unique<client>(circuit_breaker(b), reconnect(r)));
      }
    }
  }

  storm_result run() {
    for (unsigned i = 0; i < fleet_.size(); ++i) {
      ask(i);
      opened(i);
    }
    now_ += plan_.up;
    back_ = now_ + plan_.down;
    for (unsigned i = 0; i < fleet_.size(); ++i) {
      with(i, [](client& p, context& c) { p.drop(c, {.link = 1, .error = errc::dropped}); });
      fail(i, failed_in(phase::open, errc::dropped));
    }
    while (!due_.empty()) {
      const event e = due_.top();
      due_.pop();
      now_ = e.at;
      switch (e.what) {
        case event::kind::dial:
          if (ask(e.who)) dial(e.who);
          break;
        case event::kind::refused:
          fail(e.who, refusal(e.who));
          break;
        case event::kind::opened:
          opened(e.who);
          if (limited(e.who)) break;
          told_.last = now_ - back_;
          if (told_.back++ == 0) told_.first = told_.last;
          break;
      }
    }
    told_.warnings = sink_.lines;
    return told_;
  }

 private:
  using client = chain<circuit_breaker, reconnect>;
  struct event {
    enum class kind { dial, refused, opened };
    time_point at;
    kind what;
    unsigned who;
    bool operator>(const event& o) const { return at > o.at; }
  };
  struct line_sink final : log_sink {
    void write(log_level, std::string_view line) noexcept override { lines.emplace_back(line); }
    log_level threshold() const noexcept override { return log_level::warn; }
    std::vector<std::string> lines;
  };

  template <class F>
  void with(unsigned who, F&& f) {
    context c(done_, link_, now_, &sink_);
    f(*fleet_[who], c);
  }
  bool ask(unsigned who) {
    handshake h;
    h.endpoint = "ws://a:1";
    admission a = admission::go();
    with(who, [&](client& p, context& c) { a = p.connecting(c, h); });
    if (!a.passes()) due_.push({a.until(), event::kind::dial, who});
    return a.passes();
  }
  void dial(unsigned who) {
    const duration trip =
        std::chrono::milliseconds(1) + random_.up_to(std::chrono::milliseconds(49));
    if (now_ < back_) {
      ++told_.during;
      const duration fails = plan_.silence > duration::zero() ? plan_.silence : trip;
      return due_.push({now_ + fails, event::kind::refused, who});
    }
    if (limited(who)) return due_.push({now_ + trip, event::kind::opened, who});
    const auto second = static_cast<std::size_t>((now_ - back_) / std::chrono::seconds(1));
    if (told_.attempts.size() <= second) told_.attempts.resize(second + 1);
    ++told_.attempts[second];
    due_.push({now_ + trip, event::kind::opened, who});
  }
  bool limited(unsigned who) const noexcept { return who % plan_.clients < plan_.limited; }
  failure refusal(unsigned who) const {
    if (limited(who)) return answered(429, std::chrono::hours(1));
    if (plan_.silence > duration::zero()) {
      return failed_in(phase::connecting, errc::connect_timeout);
    }
    return plan_.answer;
  }
  void opened(unsigned who) {
    static const std::vector<header> none;
    with(who, [](client& p, context& c) { p.open(c, {1, {}, none}); });
  }
  void fail(unsigned who, const failure& f) {
    with(who, [&](client& p, context& c) {
      due_.push({now_ + p.error(c, f).after(), event::kind::dial, who});
    });
  }

  storm_plan plan_;
  jitter random_;
  time_point now_{std::chrono::seconds(1000)};
  time_point back_ = never;
  std::vector<std::unique_ptr<client>> fleet_;
  std::priority_queue<event, std::vector<event>, std::greater<>> due_;
  storm_result told_;
  line_sink sink_;
  link_state link_;
  effects done_;
};

}  // namespace hawser::test
