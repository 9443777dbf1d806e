// Random runs of the quota against a model that was written from its description, slowly and
// without the engine; every machine that comes from a store must behave as the one that was stored.
#include <hawser/governor/quota.hpp>

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace hawser::governor {
namespace governor_quota_random_test {

using number = std::int64_t;

struct expected {
  std::vector<std::string> steps;  // "from>to event reason"
  std::string answer;
  std::string error;

  friend bool operator==(const expected&, const expected&) = default;
  friend std::ostream& operator<<(std::ostream& out, const expected& e) {
    for (const auto& s : e.steps) out << '[' << s << "] ";
    return out << e.answer << e.error;
  }
};

class model {
 public:
  expected apply(const event& e, wall_ms now) {
    if (e.name == "get_state") return {{}, "state", ""};
    if (e.name == "get_usage") {
      return metric_.empty() ? expected{{}, "", "not_configured"} : expected{{}, "usage", ""};
    }
    if (const std::string bad = complaint(e); !bad.empty()) return {{}, "", bad};
    if (e.name == "set_quota") {
      metric_ = std::get<std::string>(*find(e.params, "metric"));
      limit_ = integer(e, "limit", 10'000);
      minutes_ = integer(e, "window_minutes", 60);
      per_mille_ = thousandths(e, 1000);
      ends_ = now + minutes_ * 60'000;
      return go("active", e.name, "quota_configured", "configured");
    }
    if (e.name == "archive") {
      ends_ = remaining_ = -1;
      return go("archived", e.name, "archived", "archived");
    }
    if (e.name == "record_usage") return use(e);
    if (e.name == "set_limits") {
      limit_ = integer(e, "limit", 0);
      per_mille_ = thousandths(e, 0);
      const bool over = used_ > limit_ * per_mille_ / 1000;
      if (state_ == "paused" && !over) before_pause_ = "active";
      const bool freed = state_ == "quota_exceeded" && !over;
      return go(freed ? "active" : state_, e.name, "limits_changed", "limits_changed");
    }
    if (e.name == "reset_quota") {
      used_ = 0;
      remaining_ = -1;
      ends_ = now + minutes_ * 60'000;
      return go("active", e.name, "manual_reset", "reset");
    }
    if (e.name == "pause") {
      before_pause_ = state_;
      remaining_ = std::max(ends_ - now, wall_ms{0});
      ends_ = -1;
      return go("paused", e.name, "paused", "paused");
    }
    ends_ = now + remaining_;
    remaining_ = -1;
    return go(before_pause_, e.name, "resumed", "resumed");
  }

  std::optional<expected> fire(wall_ms now) {
    if (ends_ < 0 || ends_ > now) return std::nullopt;
    used_ = 0;
    ends_ = now + minutes_ * 60'000;
    return go("active", "window",
              state_ == "active" ? "window_reset" : "window_reset_from_exceeded", "");
  }

  const std::string& state() const { return state_; }
  wall_ms ends() const { return ends_; }
  number used() const { return used_; }

 private:
  static number integer(const event& e, const char* name, number otherwise) {
    const value* v = find(e.params, name);
    return v ? std::get<number>(*v) : otherwise;
  }
  // The runs write bursts with three decimals or four, of which the last must be zero.
  static number thousandths(const event& e, number otherwise) {
    const value* v = find(e.params, "burst");
    if (!v) return otherwise;
    const auto& d = std::get<decimal>(*v);
    if (d.exponent == -3) return d.mantissa;
    return d.mantissa % 10 == 0 ? d.mantissa / 10 : -1;
  }

  std::string complaint(const event& e) const {
    const std::map<std::string, std::string> where{{"set_quota", " /initializing"},
                                                   {"record_usage", "active quota_exceeded paused"},
                                                   {"set_limits", "active quota_exceeded paused"},
                                                   {"reset_quota", "active quota_exceeded paused"},
                                                   {"pause", "active quota_exceeded"},
                                                   {"resume", "paused"},
                                                   {"archive", " active quota_exceeded paused"}};
    const auto listed = where.find(e.name);
    if (listed == where.end()) return "invalid_event";
    const bool unborn_ok = listed->second.front() == ' ';
    if (state_.empty() ? !unborn_ok : listed->second.find(state_) == std::string::npos) {
      return "invalid_event";
    }
    for (const auto& [name, v] : e.params) {
      if (name == "limit" && (std::get<number>(v) < 1)) return "bad_limit";
      if (name == "amount" && (std::get<number>(v) < 1)) return "bad_amount";
      if (name == "burst" && thousandths(e, 0) < 1000) return "bad_burst";
    }
    return "";
  }

  expected use(const event& e) {
    const number amount = integer(e, "amount", 0);
    if (state_ == "paused") return {{}, "", "quota_paused"};
    if (std::get<std::string>(*find(e.params, "metric")) != metric_) {
      return {{}, "", "metric_mismatch"};
    }
    if (state_ == "quota_exceeded") return {{}, "", "quota_exceeded"};
    if (used_ + amount <= limit_) {
      used_ += amount;
      return go("active", e.name, "usage_recorded", "recorded");
    }
    if (used_ + amount <= limit_ * per_mille_ / 1000) {
      used_ += amount;
      return go("active", e.name, "usage_recorded_in_burst", "in_burst");
    }
    auto out = go("quota_exceeded", e.name, "quota_exceeded", "");
    out.error = "quota_exceeded";
    return out;
  }

  expected go(const std::string& to, const std::string& event, const char* reason,
              const char* answer) {
    expected out;
    if (state_.empty()) {
      out.steps.push_back(">initializing start quota_initialized");
      state_ = "initializing";
    }
    out.steps.push_back(state_ + ">" + to + " " + event + " " + reason);
    out.answer = answer;
    state_ = to;
    return out;
  }

  std::string state_, before_pause_, metric_;
  number limit_ = 0, per_mille_ = 0, minutes_ = 0, used_ = 0;
  wall_ms ends_ = -1, remaining_ = -1;
};

expected seen(const outcome& o) {
  expected out{{}, o.answer, o.error};
  for (const auto& s : o.steps)
    out.steps.push_back(s.from + ">" + s.to + " " + s.event + " " + s.reason);
  return out;
}

class random_run {
 public:
  explicit random_run(std::uint64_t seed) : random_(seed) {}

  number pick(number least, number most) {
    return std::uniform_int_distribution<number>(least, most)(random_);
  }

  event next() {
    event e{.governor = "quota", .id = "x", .name = {}};
    const number kind = pick(0, 99);
    const auto limit = [&] { return pick(0, 20) == 0 ? pick(-5, 0) : pick(1, 300); };
    const auto burst = [&] {
      return pick(0, 20) == 0 ? decimal{pick(0, 99'999), -4} : decimal{pick(990, 2500), -3};
    };
    if (kind < 50) {
      e.name = "record_usage";
      e.params = {{"metric", pick(0, 15) == 0 ? "bytes" : "calls"}, {"amount", pick(-2, 60)}};
    } else if (kind < 60) {
      e.name = "set_quota";
      e.params = {{"metric", "calls"}};
      if (pick(0, 3) != 0) e.params.emplace_back("limit", limit());
      if (pick(0, 3) != 0) e.params.emplace_back("burst", burst());
      if (pick(0, 3) != 0) e.params.emplace_back("window_minutes", pick(1, 90));
    } else if (kind < 70) {
      e.name = "set_limits";
      e.params = {{"limit", limit()}, {"burst", burst()}};
    } else if (kind < 75) {
      e.name = "reset_quota";
      e.params = {{"reason", "because"}};
    } else if (kind < 83) {
      e.name = "pause";
    } else if (kind < 94) {
      e.name = "resume";
    } else {
      constexpr const char* others[] = {"get_state", "get_usage", "window", "stray", "start"};
      e.name = pick(0, 20) == 0 ? "archive" : others[pick(0, 4)];
    }
    return e;
  }

 private:
  std::mt19937_64 random_;
};

bool same(const snapshot& a, const snapshot& b) {
  return a.state == b.state && a.data == b.data && a.timers == b.timers;
}

TEST(quota_random, does_what_the_model_does_also_after_every_restore) {
  std::map<std::string, int> taken;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    random_run run(seed);
    model reference;
    auto lived = quota_kind.create();
    wall_ms now = 1'800'000'000'000;
    for (int i = 0; i < 120; ++i) {
      SCOPED_TRACE(::testing::Message() << "seed " << seed << " event " << i);
      auto restored = quota_kind.restore(lived->save());
      ASSERT_TRUE(restored.has_value());

      now += run.pick(0, 4) == 0 ? run.pick(0, 100 * 60'000) : run.pick(0, 60'000);
      // Now and then an event overtakes an expiry.
      for (bool fire = run.pick(0, 9) != 0; fire;) {
        const auto want = reference.fire(now);
        const auto got = lived->fire(now);
        const auto got_restored = (*restored)->fire(now);
        ASSERT_EQ(got.has_value(), want.has_value());
        ASSERT_EQ(got_restored.has_value(), want.has_value());
        if (!want) break;
        ASSERT_EQ(seen(*got), *want);
        ASSERT_EQ(seen(*got_restored), *want);
        ++taken[want->steps.back()];
      }
      const event e = run.next();
      const auto before = lived->save();
      const expected want = reference.apply(e, now);
      const auto got = lived->apply(e, now);
      ASSERT_EQ(seen(got), want) << e.name;
      ASSERT_EQ(seen((*restored)->apply(e, now)), want) << e.name;
      ASSERT_TRUE(same(lived->save(), (*restored)->save()));
      ASSERT_TRUE(!got.steps.empty() || same(lived->save(), before));

      ASSERT_EQ(lived->state(), reference.state());
      ASSERT_EQ(lived->next_deadline().value_or(-1), reference.ends());
      if (const value* usage = find(got.detail, "usage")) {
        ASSERT_EQ(std::get<number>(*usage), reference.used());
      }
      if (!want.steps.empty()) ++taken[want.steps.back()];
    }
  }
  // The runs took every kind of step that the table has.
  for (const auto& row : quota_table().rows) {
    if (row.to.empty() || row.from.empty()) continue;
    for (const auto from : row.from) {
      for (const auto to : row.stays ? std::vector{from} : row.to) {
        const std::string step = std::string(from) + ">" + std::string(to) + " " +
                                 std::string(row.event) + " " + std::string(row.reason);
        if (from == "initializing" && to == "archived") continue;  // has a test of its own
        EXPECT_GT(taken[step], 0) << step;
      }
    }
  }
}

}  // namespace governor_quota_random_test
}  // namespace hawser::governor
