#include <hawser/process.hpp>
#include <hawser/testkit/world.hpp>

#include "io/system/environment.hpp"
#include "testkit/link.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <atomic>
#include <deque>
#include <optional>
#include <stdexcept>
#include <utility>

namespace hawser::testkit {
namespace {

// What may run within one second of its time before the client is taken for one that never rests.
constexpr std::size_t most_handlers = 200'000;

// The latest time of any world. What a test gives to several, such as a retry_budget, knows one
// clock: it must not run back from one to the next.
std::atomic<time_point> latest{time_point{}};

}  // namespace

class world::impl final : public io::system_environment, public link_owner {
 public:
  class own_timer;
  class own_route;

  // environment
  time_point now() const noexcept override { return time; }
  std::chrono::system_clock::time_point wall() const noexcept override {
    return std::chrono::sys_days(std::chrono::January / 1 / 2026) +
           std::chrono::duration_cast<std::chrono::system_clock::duration>(time.time_since_epoch());
  }
  std::unique_ptr<io::timer> make_timer(io::loop::impl&) override;
  std::unique_ptr<io::route> make_route(const std::shared_ptr<io::loop::impl>&,
                                        io::destination to) override;
  bool withholds_grant(std::function<void(error_code)> go_on) override;

  // link_owner
  bool strikes(std::string_view step) override { return fails && fails->strikes(step); }
  std::string choose(const handshake& request) override {
    if (subprotocol) return *subprotocol;
    return request.subprotocols.empty() ? std::string() : request.subprotocols.front();
  }
  void requested(const handshake& request) override { requests.push_back(request); }
  std::uint64_t opened() override { return ++opened_links; }
  void after(duration d, std::function<void()> f) override {
    if (d > duration::zero()) {
      timers.push_back({nullptr, time + d, [f = std::move(f)](time_point) { f(); }});
    } else {
      boost::asio::post(loop->get().context, std::move(f));
    }
  }
  void got(received_frame f) override {
    if (!is_control(f.op)) fresh.push_back(f.data);
    frames.push_back(std::move(f));
  }

  void move_to(time_point t) noexcept;
  void settle();
  bool step(time_point until);
  link* find(std::uint64_t number) {
    const auto fits = [&](const auto& l) {
      return l->open() && (number == 0 || l->number() == number);
    };
    const auto found = std::find_if(links.rbegin(), links.rend(), fits);
    return found == links.rend() ? nullptr : found->get();
  }
  void take_plan();
  void pass(phase at, std::string_view step, error_code struck, std::function<void(error_code)> f);
  void cancel(const io::timer* t) noexcept {
    std::erase_if(timers, [&](const wait& w) { return w.of == t; });
  }

  struct wait {
    const io::timer* of;
    time_point at;
    std::function<void(time_point)> due;
  };

  // It does not own what owns it.
  std::shared_ptr<io::loop> loop =
      std::make_shared<io::loop>(std::shared_ptr<io::environment>(std::shared_ptr<void>(), this));
  time_point time = latest.load() + std::chrono::seconds(1000);
  std::vector<wait> timers;
  std::deque<attempt_plan> plans;
  attempt_plan plan;     // of the attempt under way
  bool planned = false;  // before its first phase: credentials, or without those resolving
  std::optional<std::string> subprotocol;
  std::optional<fault> fails;
  std::vector<std::shared_ptr<link>> links;
  std::uint64_t opened_links = 0;
  std::vector<std::string> fresh;
  std::vector<received_frame> frames;
  std::vector<handshake> requests;
  class line_log final : public log_sink {
   public:
    void write(log_level, std::string_view line) noexcept override { lines.emplace_back(line); }
    log_level threshold() const noexcept override { return log_level::trace; }
    std::vector<std::string> lines;
  };

  std::shared_ptr<line_log> lines = std::make_shared<line_log>();
  std::shared_ptr<log_sink> sink = lines;
  process_state shared;
  process_state* shared_before = nullptr;
};

void world::impl::take_plan() {
  plan = {};
  if (plans.empty()) return;
  plan = std::move(plans.front());
  plans.pop_front();
}

// A step of an attempt: calls `f` with what becomes of it, `struck` if a fault is to strike, or
// never.
void world::impl::pass(phase at, std::string_view step, error_code struck,
                       std::function<void(error_code)> f) {
  error_code ec = strikes(step) ? struck : error_code();
  duration late = duration::zero();
  if (plan.at == at) {
    if (plan.stalls) return;
    if (plan.why) ec = plan.why;
    late = plan.delay;
  }
  after(late, [f = std::move(f), ec] { f(ec); });
}

class world::impl::own_timer final : public io::timer {
 public:
  explicit own_timer(impl& of) : world_(of) {}
  ~own_timer() override { world_.cancel(this); }
  void set(time_point t, std::function<void(time_point)> due) override {
    world_.cancel(this);
    world_.timers.push_back({this, t, std::move(due)});
  }
  void cancel() noexcept override { world_.cancel(this); }

 private:
  impl& world_;
};

// To the scripted peer, by the plan of the attempt.
class world::impl::own_route final : public io::route {
 public:
  own_route(impl& of, bool secure) : world_(of), secure_(secure) {}

  void resolve(std::function<void(error_code, std::string)> done) override {
    if (!std::exchange(world_.planned, false)) world_.take_plan();
    world_.pass(phase::resolving, "resolving", boost::asio::error::host_not_found,
                unless_gone([done = std::move(done)](error_code ec) {
                  done(ec, ec ? "resolve: " + ec.message() : "");
                }));
  }
  void connect(
      std::function<void(error_code, std::string, std::unique_ptr<io::transport>)> done) override {
    world_.pass(phase::connecting, "connecting", boost::asio::error::connection_refused,
                unless_gone([this, done = std::move(done), of = world_.plan](error_code ec) {
                  if (ec) return done(ec, "connect: " + ec.message(), nullptr);
                  auto& context = world_.loop->get();
                  world_.links.push_back(std::make_shared<link>(world_, context, of, secure_));
                  done({}, "", make_transport(world_.links.back()));
                }));
  }
  bool protects() const noexcept override { return true; }

 private:
  std::function<void(error_code)> unless_gone(std::function<void(error_code)> f) const {
    return [f = std::move(f), weak = std::weak_ptr(alive_)](error_code ec) {
      if (!weak.expired()) f(ec);
    };
  }

  impl& world_;
  const bool secure_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

std::unique_ptr<io::timer> world::impl::make_timer(io::loop::impl&) {
  return std::make_unique<own_timer>(*this);
}

std::unique_ptr<io::route> world::impl::make_route(const std::shared_ptr<io::loop::impl>&,
                                                   io::destination to) {
  return std::make_unique<own_route>(*this, to.to.secure);
}

bool world::impl::withholds_grant(std::function<void(error_code)> go_on) {
  take_plan();
  planned = true;
  pass(phase::authenticating, "credentials", errc::unavailable, std::move(go_on));
  return true;
}

void world::impl::move_to(time_point t) noexcept {
  time = t;
  time_point seen = latest.load();
  while (seen < t && !latest.compare_exchange_weak(seen, t)) {
  }
}

void world::impl::settle() {
  auto& context = loop->get().context;
  for (std::size_t n = 0; n < most_handlers; ++n) {
    context.restart();
    // What a hook has made late comes first: a loop that is busy looks at its timers, too.
    if (!step(time - duration(1)) && context.poll_one() == 0 && !step(time)) return;
  }
  throw std::logic_error("testkit: the client never rests: does it dial again without a delay?");
}

// Runs the first timer that is due until then; false: there is none.
bool world::impl::step(time_point until) {
  const auto first = std::min_element(timers.begin(), timers.end(),
                                      [](const wait& a, const wait& b) { return a.at < b.at; });
  if (first == timers.end() || first->at > until) return false;
  move_to(std::max(time, first->at));
  const auto due = std::move(first->due);
  timers.erase(first);
  due(time);
  return true;
}

// --- the world -----------------------------------------------------------------------------------

world::world() : impl_(std::make_unique<impl>()) {
  impl_->shared_before = process_state::replace(&impl_->shared);
  enter();
}

// What still waits on the loop holds links: it goes first.
world::~world() {
  enter();
  const auto gone = std::exchange(impl_->timers, {});
  impl_->links.clear();
  impl_->loop.reset();
  process_state::replace(impl_->shared_before);
}

void world::enter() const noexcept { process_state::replace(&impl_->shared); }
const std::shared_ptr<io::loop>& world::loop() const noexcept { return impl_->loop; }
const std::shared_ptr<log_sink>& world::sink() const noexcept { return impl_->sink; }
time_point world::now() const noexcept { return impl_->time; }

void world::settle() {
  enter();
  impl_->settle();
}

bool world::advance_until(duration most, bool (*done)(void*), void* what) {
  enter();
  const time_point until = impl_->time + most;
  settle();
  time_point counted = impl_->time;
  for (std::size_t n = 0; n < most_handlers; ++n) {
    if (impl_->time - counted >= std::chrono::seconds(1)) counted = impl_->time, n = 0;
    if (done(what)) return true;
    if (!impl_->step(until)) {
      impl_->move_to(std::max(impl_->time, until));
      return false;
    }
    settle();
  }
  throw std::logic_error("testkit: the client never rests: it always has something due");
}

void world::elapse(duration d) { impl_->move_to(impl_->time + std::max(d, duration::zero())); }

void world::advance(duration d) {
  advance_until(
      d, [](void*) { return false; }, nullptr);
}

bool world::peer_sends(std::string_view text, std::uint64_t number) {
  link* l = impl_->find(number);
  const bool sent = l != nullptr && l->send(opcode::text, as_bytes(text));
  settle();
  return sent;
}

bool world::peer_sends(bytes_view data, std::uint64_t number) {
  link* l = impl_->find(number);
  const bool sent = l != nullptr && l->send(opcode::binary, data);
  settle();
  return sent;
}

bool world::peer_pings(std::string_view payload, std::uint64_t number) {
  link* l = impl_->find(number);
  if (l != nullptr) l->ping(payload.substr(0, 125));
  settle();
  return l != nullptr;
}

bool world::peer_closes(close_code code, std::string_view reason, std::uint64_t number) {
  link* l = impl_->find(number);
  if (l != nullptr) l->close(code, reason);
  settle();
  return l != nullptr;
}

bool world::peer_writes(bytes_view raw, std::uint64_t number) {
  link* l = impl_->find(number);
  if (l != nullptr) l->write_raw(raw);
  settle();
  return l != nullptr;
}

bool world::drop(error_code why, std::uint64_t number) {
  link* l = impl_->find(number);
  if (l != nullptr) l->end(why);
  settle();
  return l != nullptr;
}

bool world::peer_sleeps(bool on, std::uint64_t number) {
  link* l = impl_->find(number);
  if (l != nullptr) l->sleep(on);
  settle();
  return l != nullptr;
}

bool world::block_writes(bool on, std::uint64_t number) {
  link* l = impl_->find(number);
  if (l != nullptr) l->block(on);
  settle();
  return l != nullptr;
}

void world::refuse(int status, std::vector<header> headers, std::string body) {
  impl_->plans.push_back({.at = phase::upgrading,
                          .status = status,
                          .headers = std::move(headers),
                          .body = std::move(body)});
}

void world::answer_next(std::string bytes) {
  impl_->plans.push_back({.at = phase::upgrading, .stalls = true, .body = std::move(bytes)});
}
void world::fail_next(phase at, error_code why) { impl_->plans.push_back({.at = at, .why = why}); }
void world::stall_next(phase at) { impl_->plans.push_back({.at = at, .stalls = true}); }
void world::delay_next(phase at, duration d) { impl_->plans.push_back({.at = at, .delay = d}); }
void world::serve() noexcept { impl_->plans.clear(); }
void world::choose(std::string subprotocol) { impl_->subprotocol = std::move(subprotocol); }
void world::inject(fault f) { impl_->fails = std::move(f); }

std::vector<std::string> world::sent() {
  settle();
  return std::exchange(impl_->fresh, {});
}
const std::vector<received_frame>& world::received() const noexcept { return impl_->frames; }
const std::vector<handshake>& world::requests() const noexcept { return impl_->requests; }
const std::vector<std::string>& world::log() const noexcept { return impl_->lines->lines; }

}  // namespace hawser::testkit
