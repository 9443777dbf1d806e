// A fleet that loses its server at one moment and comes back, in virtual time.
#pragma once

#include <hawser/behaviors/circuit_breaker.hpp>
#include <hawser/behaviors/reconnect.hpp>
#include <hawser/chain.hpp>
#include <hawser/core/jitter.hpp>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <memory>
#include <queue>
#include <vector>

namespace hawser::test {

struct storm_plan {
  unsigned clients = 10'000;
  duration down = std::chrono::minutes(10);
  std::uint64_t seed = 1;
  circuit_breaker::options breaker = {};
  reconnect::options retry = {};
};

struct storm_result {
  std::vector<unsigned> attempts;  ///< in each second from the return until the last is back
  unsigned during = 0;             ///< while the server was down

  unsigned peak() const { return *std::max_element(attempts.begin(), attempts.end()); }
  double mean() const {
    double sum = 0;
    for (const unsigned n : attempts) sum += n;
    return sum / static_cast<double>(attempts.size());
  }
  double ratio() const { return peak() / mean(); }
};

/// Every client is a process of its own: its own circuit, its own budget. All links drop at one
/// moment; each attempt is refused after a round trip of 1 to 50 ms until the server is back, and
/// opens a link from then on. Pure: the seed decides everything.
class storm {
 public:
  explicit storm(const storm_plan& plan) : plan_(plan), random_(plan.seed) {
    for (unsigned i = 0; i < plan.clients; ++i) {
      circuit_breaker::options b = plan.breaker;
      b.circuit = std::make_shared<shared_circuit>();
      b.seed = random_.draw() | 1;
      reconnect::options r = plan.retry;
      r.budget = std::make_shared<retry_budget>();
      r.seed = random_.draw() | 1;
      fleet_.push_back(std::make_unique<client>(circuit_breaker(b), reconnect(r)));
    }
  }

  storm_result run() {
    const time_point back = now_ + plan_.down;
    failure drop;
    drop.at = phase::open;
    drop.error = errc::dropped;
    for (unsigned i = 0; i < plan_.clients; ++i) fail(i, drop);
    storm_result r;
    while (!due_.empty()) {
      const event e = due_.top();
      due_.pop();
      now_ = e.at;
      if (!admitted(e.who)) continue;
      const bool up = now_ >= back;
      if (up) {
        const auto second = static_cast<std::size_t>((now_ - back) / std::chrono::seconds(1));
        if (r.attempts.size() <= second) r.attempts.resize(second + 1);
        ++r.attempts[second];
      } else {
        ++r.during;
      }
      now_ += std::chrono::milliseconds(1) + random_.up_to(std::chrono::milliseconds(49));
      if (up) continue;
      failure f;
      f.at = phase::connecting;
      f.error = error_code(ECONNREFUSED, boost::system::system_category());
      fail(e.who, f);
    }
    return r;
  }

 private:
  using client = chain<circuit_breaker, reconnect>;
  struct event {
    time_point at;
    unsigned who;
    bool operator>(const event& o) const { return at > o.at; }
  };

  bool admitted(unsigned who) {
    handshake h;
    context c(done_, link_, now_);
    const admission a = fleet_[who]->connecting(c, h);
    if (!a.passes()) due_.push({a.until(), who});
    return a.passes();
  }
  void fail(unsigned who, const failure& f) {
    context c(done_, link_, now_);
    due_.push({now_ + fleet_[who]->error(c, f).after(), who});
  }

  storm_plan plan_;
  jitter random_;
  time_point now_{std::chrono::seconds(1000)};
  std::vector<std::unique_ptr<client>> fleet_;
  std::priority_queue<event, std::vector<event>, std::greater<>> due_;
  link_state link_;
  effects done_;
};

}  // namespace hawser::test
