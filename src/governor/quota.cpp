#include <hawser/governor/quota.hpp>
#include <hawser/governor/runtime.hpp>
#include <hawser/governor/view.hpp>

namespace hawser::governor {

namespace {

constexpr std::int64_t per_mille = 1000;
constexpr std::int64_t minute_ms = 60'000;

// trunc(a x b / c) for numbers that are not negative; the largest number if that does not fit.
std::int64_t scaled(std::int64_t a, std::int64_t b, std::int64_t c) {
  __extension__ using wide = unsigned __int128;
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  const wide exact = static_cast<wide>(a) * static_cast<wide>(b) / static_cast<wide>(c);
  return exact > static_cast<wide>(most) ? most : static_cast<std::int64_t>(exact);
}

struct quota {
  enum class state : std::uint8_t { initializing, active, quota_exceeded, paused, archived };
  enum class event : std::uint8_t {
    set_quota,
    record_usage,
    set_limits,
    reset_quota,
    pause,
    resume,
    archive,
  };
  enum class timer : std::uint8_t { window };

  struct data {
    std::string metric;  // empty: not configured
    std::int64_t limit = 0;
    std::int64_t burst = 0;   // per mille of the limit
    std::int64_t window = 0;  // minutes
    std::int64_t usage = 0;
    bool exceeded_before = false;  // paused: out of quota_exceeded, not active

    std::int64_t ceiling() const { return scaled(limit, burst, per_mille); }
    std::int64_t percent() const { return scaled(usage, 100, limit); }
    wall_ms window_ms() const { return window * minute_ms; }

    void write(cbor_writer& out) const;
    bool read(cbor_reader& in);
    bool valid_in(state s) const;
  };

  static constexpr std::string_view name = "quota";
  static constexpr auto states = std::to_array<std::string_view>(
      {"initializing", "active", "quota_exceeded", "paused", "archived"});
  static constexpr auto terminal = in(state::archived);
  static constexpr auto timers =
      std::to_array<timer_spec>({{"window", std::chrono::minutes{max_quota_window}}});

  static constexpr auto metric = token("metric", max_metric_size, "bad_metric");
  static constexpr auto limit = integer("limit", 1, max_quota_limit, "bad_limit");
  static constexpr auto burst = fixed("burst", 3, per_mille, max_quota_burst, "bad_burst");
  static constexpr auto events = std::to_array<event_spec>({
      event_spec("set_quota", metric, limit.otherwise(10'000),
                 integer("window_minutes", 1, max_quota_window, "bad_window").otherwise(60),
                 burst.otherwise(per_mille)),
      event_spec("record_usage", metric, integer("amount", 1, max_quota_limit, "bad_amount")),
      event_spec("set_limits", limit, burst),
      event_spec("reset_quota", text("reason", max_reason_size, "bad_reason")),
      event_spec("pause"),
      event_spec("resume"),
      event_spec("archive"),
  });

  static bool is_other_metric(const data& d, const input<quota>& i) {
    return i.args.text("metric") != d.metric;
  }
  static bool is_within_limit(const data& d, const input<quota>& i) {
    return d.usage + i.args.number("amount") <= d.limit;
  }
  static bool is_within_burst(const data& d, const input<quota>& i) {
    return d.usage + i.args.number("amount") <= d.ceiling();
  }
  static bool would_fit(const data& d, const input<quota>& i) {
    return d.usage <= scaled(i.args.number("limit"), i.args.number("burst"), per_mille);
  }

  static void configure(data& d, turn<quota>& t);
  static void record(data& d, turn<quota>& t);
  static void exceed(data& d, turn<quota>& t);
  static void show_metrics(data& d, turn<quota>& t);
  static void change_limits(data& d, turn<quota>& t);
  static void end_window(data& d, turn<quota>& t);
  static void reset(data& d, turn<quota>& t);
  static void remember(data& d, turn<quota>& t);
  static void go_back(data& d, turn<quota>& t);

  static std::string_view usage_of(const data& d, state, fields& detail);
  static constexpr auto queries = std::to_array<query<quota>>({{"get_usage", "usage", &usage_of}});

  static constexpr row<quota> start() {
    return {.to = state::initializing, .reason = "quota_initialized"};
  }

  static constexpr auto table() {
    using enum state;
    using enum timer;
    using on = event;
    constexpr guard<quota> other_metric{"other metric", &is_other_metric};
    constexpr guard<quota> within_limit{"within limit", &is_within_limit};
    constexpr guard<quota> within_burst{"within burst", &is_within_burst};
    constexpr guard<quota> fits{"usage fits", &would_fit};
    // clang-format off
    return std::to_array<row<quota>>({
      {.from = initializing, .on = on::set_quota, .act = configure, .to = active,
       .reason = "quota_configured", .timers = {arm(window, &data::window_ms)},
       .answer = "configured"},

      {.from = in(active, quota_exceeded), .on = on::record_usage, .when = other_metric,
       .act = show_metrics, .to = refused, .error = "metric_mismatch"},
      {.from = active, .on = on::record_usage, .when = within_limit, .act = record, .to = stay,
       .reason = "usage_recorded", .timers = {keep(window)}, .answer = "recorded"},
      {.from = active, .on = on::record_usage, .when = within_burst, .act = record, .to = stay,
       .reason = "usage_recorded_in_burst", .timers = {keep(window)}, .answer = "in_burst"},
      {.from = active, .on = on::record_usage, .act = exceed, .to = quota_exceeded,
       .reason = "quota_exceeded", .timers = {keep(window)}, .error = "quota_exceeded"},
      {.from = quota_exceeded, .on = on::record_usage, .act = exceed, .to = refused,
       .error = "quota_exceeded"},
      {.from = paused, .on = on::record_usage, .to = refused, .error = "quota_paused"},

      {.from = active, .on = window, .act = end_window, .to = stay, .reason = "window_reset",
       .timers = {arm(window, &data::window_ms)}},
      {.from = quota_exceeded, .on = window, .act = end_window, .to = active,
       .reason = "window_reset_from_exceeded", .timers = {arm(window, &data::window_ms)}},

      {.from = quota_exceeded, .on = on::set_limits, .when = fits, .act = change_limits,
       .to = active, .reason = "limits_changed", .timers = {keep(window)},
       .answer = "limits_changed"},
      {.from = in(active, quota_exceeded, paused), .on = on::set_limits, .act = change_limits,
       .to = stay, .reason = "limits_changed", .answer = "limits_changed"},
      {.from = in(active, quota_exceeded, paused), .on = on::reset_quota, .act = reset,
       .to = active, .reason = "manual_reset", .timers = {arm(window, &data::window_ms)},
       .answer = "reset"},

      {.from = in(active, quota_exceeded), .on = on::pause, .act = remember, .to = paused,
       .reason = "paused", .timers = {freeze(window)}, .answer = "paused"},
      {.from = paused, .on = on::resume, .act = go_back, .to = in(active, quota_exceeded),
       .reason = "resumed", .timers = {thaw(window)}, .answer = "resumed"},
      {.from = every_open, .on = on::archive, .to = archived,
       .reason = "archived", .answer = "archived"},
    });
    // clang-format on
  }
};

void quota::data::write(cbor_writer& out) const {
  out.array(6).text(metric).signed_int(limit).signed_int(burst).signed_int(window);
  out.signed_int(usage).boolean(exceeded_before);
}

bool quota::data::read(cbor_reader& in) {
  const auto size = in.array();
  if (!size || *size != 6) return false;
  const auto name_read = in.text();
  for (std::int64_t* number : {&limit, &burst, &window, &usage}) {
    const auto read = in.signed_int();
    if (!read) return false;
    *number = *read;
  }
  const auto flag = in.boolean();
  if (!name_read || !flag) return false;
  metric = *name_read;
  exceeded_before = *flag;
  return true;
}

bool quota::data::valid_in(state s) const {
  if (metric.empty()) {
    const bool blank = limit == 0 && burst == 0 && window == 0 && usage == 0 && !exceeded_before;
    return blank && (s == state::initializing || s == state::archived);
  }
  const auto within = [](std::int64_t v, std::int64_t least, std::int64_t most) {
    return v >= least && v <= most;
  };
  // Usage may be above the ceiling: limits can be lowered under it.
  return s != state::initializing &&
         (!exceeded_before || s == state::paused || s == state::archived) &&
         within(limit, 1, max_quota_limit) && within(burst, per_mille, max_quota_burst) &&
         within(window, 1, max_quota_window) &&
         within(usage, 0, scaled(max_quota_limit, max_quota_burst, per_mille));
}

void quota::configure(data& d, turn<quota>& t) {
  d.metric = t.args.text("metric");
  d.limit = t.args.number("limit");
  d.window = t.args.number("window_minutes");
  d.burst = t.args.number("burst");
  t.metadata = {{"metric", d.metric},
                {"limit", d.limit},
                {"window_minutes", d.window},
                {"burst", decimal{d.burst, -3}}};
}

void quota::record(data& d, turn<quota>& t) {
  const std::int64_t amount = t.args.number("amount");
  d.usage += amount;
  t.detail = {{"usage", d.usage}, {"limit", d.limit}, {"percent", d.percent()}};
  t.metadata = {{"metric", d.metric}, {"amount", amount}};
  t.metadata.insert(t.metadata.end(), t.detail.begin(), t.detail.end());
}

void quota::exceed(data& d, turn<quota>& t) {
  t.detail = {{"amount", t.args.number("amount")},
              {"usage", d.usage},
              {"limit", d.limit},
              {"percent", d.percent()}};
  t.metadata = t.detail;
  t.metadata.insert(t.metadata.begin(), {"metric", d.metric});
}

void quota::show_metrics(data& d, turn<quota>& t) {
  t.detail = {{"configured", d.metric}, {"given", std::string(t.args.text("metric"))}};
}

void quota::change_limits(data& d, turn<quota>& t) {
  d.limit = t.args.number("limit");
  d.burst = t.args.number("burst");
  if (d.usage <= d.ceiling()) d.exceeded_before = false;  // what resume goes back to
  t.metadata = {{"metric", d.metric},
                {"limit", d.limit},
                {"burst", decimal{d.burst, -3}},
                {"usage", d.usage},
                {"percent", d.percent()}};
}

void quota::end_window(data& d, turn<quota>& t) {
  t.metadata = {{"metric", d.metric}, {"usage", std::exchange(d.usage, 0)}};
}

void quota::reset(data& d, turn<quota>& t) {
  end_window(d, t);
  d.exceeded_before = false;
  t.metadata.emplace_back("reason", std::string(t.args.text("reason")));
}

void quota::remember(data& d, turn<quota>& t) {
  d.exceeded_before = t.from == state::quota_exceeded;
}

void quota::go_back(data& d, turn<quota>& t) {
  t.to = std::exchange(d.exceeded_before, false) ? state::quota_exceeded : state::active;
}

std::string_view quota::usage_of(const data& d, state, fields& detail) {
  if (d.metric.empty()) return "not_configured";
  detail = {{"current", d.usage}, {"limit", d.limit}, {"percent", d.percent()}};
  return {};
}

}  // namespace

const kind quota_kind = kind_of<quota>;

table_view quota_table() { return view_of<quota>(); }

}  // namespace hawser::governor
