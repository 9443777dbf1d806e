#include "report.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ostream>
#include <utility>

namespace bench {
namespace {

using field = double sample::*;

summary summarize(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return {(values[(n - 1) / 2] + values[n / 2]) / 2, values.front(), values.back()};
}

summary summarize(const series& s, field f) {
  std::vector<double> values;
  for (const sample& one : s.samples) values.push_back(one.*f);
  return summarize(std::move(values));
}

// Round by round, so that what slows a whole round down cancels out.
summary ratio(const series& s, const series& to, field f) {
  std::vector<double> values;
  for (std::size_t i = 0; i < s.samples.size(); ++i) {
    values.push_back(s.samples[i].*f / (to.samples[i].*f));
  }
  return summarize(std::move(values));
}

template <class... Numbers>
std::string format(const char* how, Numbers... numbers) {
  char text[128];
  std::snprintf(text, sizeof text, how, numbers...);
  return text;
}

std::string pad(std::string text, int width) {
  const auto want = static_cast<std::size_t>(std::abs(width));
  const std::string blank(want - std::min(want, text.size()), ' ');
  return width < 0 ? text + blank : blank + text;
}

std::string as_json(const summary& s) {
  return format(R"({"median": %.6g, "min": %.6g, "max": %.6g})", s.median, s.min, s.max);
}

}  // namespace

const series* report::find(std::string_view name) const noexcept {
  const auto at =
      std::find_if(all_.begin(), all_.end(), [&](const series& s) { return s.name == name; });
  return at == all_.end() ? nullptr : &*at;
}

std::vector<bar> report::bars() const {
  const series* raw = find("raw");
  const series* full = find("full stack");
  const series* beast = find("beast");
  std::vector<bar> out;
  if (tls_) {
    if (full && raw) {
      out.push_back(
          {"full stack: rate, times raw", ratio(*full, *raw, &sample::rate).median, 0.6, true});
    }
    return out;
  }
  if (full && beast) {
    out.push_back(
        {"full stack: rate, times beast", ratio(*full, *beast, &sample::rate).median, 4, true});
  }
  if (full && raw) {
    out.push_back({"full stack: CPU per message, times raw",
                   ratio(*full, *raw, &sample::cpu).median, 4, false});
  }
  if (full) {
    out.push_back({"full stack: allocations per message, worst round",
                   summarize(*full, &sample::allocations).max, 0, false});
  }
  return out;
}

bool report::bars_met() const {
  const auto all = bars();
  return std::all_of(all.begin(), all.end(), [](const bar& b) { return b.met(); });
}

void report::table(std::ostream& out) const {
  const series* raw = find("raw");
  const series* beast = find("beast");
  const auto times = [](const series& s, const series* to, field f) {
    return to ? format("%.2f", ratio(s, *to, f).median) : std::string("-");
  };
  out << pad("client", -12) << pad("messages/s", 12) << pad("min - max", 22) << pad("x raw", 8)
      << pad("x beast", 9) << pad("CPU ns/msg", 12) << pad("min - max", 14) << pad("x raw", 8)
      << pad("allocs/msg", 12) << '\n';
  for (const series& s : all_) {
    const summary rate = summarize(s, &sample::rate);
    const summary cpu = summarize(s, &sample::cpu);
    out << pad(s.name, -12) << pad(format("%.0f", rate.median), 12)
        << pad(format("%.0f - %.0f", rate.min, rate.max), 22)
        << pad(times(s, raw, &sample::rate), 8) << pad(times(s, beast, &sample::rate), 9)
        << pad(format("%.0f", cpu.median), 12) << pad(format("%.0f - %.0f", cpu.min, cpu.max), 14)
        << pad(times(s, raw, &sample::cpu), 8)
        << pad(format("%.3g", summarize(s, &sample::allocations).median), 12) << '\n';
  }
  out << '\n';
  for (const bar& b : bars()) {
    out << (b.met() ? "met     " : "MISSED  ") << b.what << ": " << format("%.3g", b.value)
        << (b.at_least ? " (at least " : " (at most ") << b.limit << ")\n";
  }
}

void report::json(std::ostream& out) const {
  const series* raw = find("raw");
  const series* beast = find("beast");
  out << format("{\n  \"message_bytes\": %zu,\n  \"in_flight\": %zu,\n  \"rounds\": %zu,\n",
                message_size, in_flight, all_.empty() ? 0 : all_.front().samples.size())
      << "  \"contenders\": [";
  const char* separator = "\n";
  for (const series& s : all_) {
    out << std::exchange(separator, ",\n") << "    {\"name\": \"" << s.name
        << "\",\n     \"messages_per_second\": " << as_json(summarize(s, &sample::rate))
        << ",\n     \"cpu_ns_per_message\": " << as_json(summarize(s, &sample::cpu))
        << ",\n     \"allocations_per_message\": " << as_json(summarize(s, &sample::allocations));
    if (raw) {
      out << ",\n     \"rate_over_raw\": " << as_json(ratio(s, *raw, &sample::rate))
          << ",\n     \"cpu_over_raw\": " << as_json(ratio(s, *raw, &sample::cpu));
    }
    if (beast) out << ",\n     \"rate_over_beast\": " << as_json(ratio(s, *beast, &sample::rate));
    out << '}';
  }
  out << "\n  ],\n  \"bars\": [";
  separator = "\n";
  for (const bar& b : bars()) {
    out << std::exchange(separator, ",\n") << "    {\"what\": \"" << b.what
        << format("\", \"value\": %.6g, \"%s\": %g, \"met\": %s}", b.value,
                  b.at_least ? "at_least" : "at_most", b.limit, b.met() ? "true" : "false");
  }
  out << "\n  ]\n}\n";
}

}  // namespace bench
