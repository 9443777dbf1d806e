#include <hawser/core/explain/description.hpp>
#include <hawser/core/text/json_writer.hpp>
#include <hawser/core/text/text.hpp>

#include <chrono>

namespace hawser {
namespace {

void append(std::string& out, const std::string& text, time_point) { append_escaped(out, text); }
void append(std::string& out, bool v, time_point) { out += v ? "yes" : "no"; }
void append(std::string& out, std::int64_t v, time_point) { out += std::to_string(v); }
void append(std::string& out, std::uint64_t v, time_point) { out += std::to_string(v); }
void append(std::string& out, duration d, time_point) { out += to_words(d); }
void append(std::string& out, time_point t, time_point now) {
  if (t == never) {
    out += "never";
  } else if (t >= now) {
    out += "in " + to_words(t - now);
  } else {
    out += to_words(now - t) + " ago";
  }
}

void write_value(json_writer& w, const std::string& key, const std::string& text, time_point) {
  w.key(key).text(text);
}
void write_value(json_writer& w, const std::string& key, bool v, time_point) {
  w.key(key).boolean(v);
}
void write_value(json_writer& w, const std::string& key, std::int64_t v, time_point) {
  w.key(key).signed_int(v);
}
void write_value(json_writer& w, const std::string& key, std::uint64_t v, time_point) {
  w.key(key).unsigned_int(v);
}
void write_value(json_writer& w, const std::string& key, duration d, time_point) {
  w.key(key + "_ms").signed_int(whole_ms(d));
}
void write_value(json_writer& w, const std::string& key, time_point t, time_point now) {
  w.key(key + "_in_ms");
  t == never ? w.null() : w.signed_int(whole_ms(t - now));
}

}  // namespace

std::string to_words(duration d) {
  const std::int64_t ms = whole_ms(d);
  if (ms < 1000) return std::to_string(ms) + " ms";
  if (ms < 10'000) {
    return std::to_string(ms / 1000) + "." + std::to_string(ms % 1000 / 100) + " s";
  }
  const std::int64_t s = ms / 1000;
  if (s < 180) return std::to_string(s) + " s";
  const std::int64_t min = s / 60;
  if (min < 180) return std::to_string(min) + " min";
  return std::to_string(min / 60) + " h";
}

description::description(std::string plugin) : plugin_(std::move(plugin)) {}
description::description(const description&) = default;
description::description(description&&) noexcept = default;
description& description::operator=(const description&) = default;
description& description::operator=(description&&) noexcept = default;
description::~description() = default;

description& description::put(std::string_view key, value v) {
  entries_.push_back({std::string(key), std::move(v)});
  return *this;
}
description& description::add(std::string_view key, std::string_view text) {
  return put(key, std::string(text));
}
description& description::add(std::string_view key, duration d) { return put(key, d); }
description& description::add(std::string_view key, time_point t) { return put(key, t); }
description& description::add_bool(std::string_view key, bool v) { return put(key, v); }
description& description::add_signed(std::string_view key, std::int64_t v) { return put(key, v); }
description& description::add_unsigned(std::string_view key, std::uint64_t v) {
  return put(key, v);
}

std::string description::to_words(time_point now) const {
  std::string out;
  append_escaped(out, plugin_);
  std::string_view between = ": ";
  for (const entry& e : entries_) {
    out += std::exchange(between, ", ");
    append_escaped(out, e.key);
    out += ' ';
    std::visit([&](const auto& v) { append(out, v, now); }, e.value);
  }
  return out;
}

void description::write(json_writer& w, time_point now) const {
  w.key(plugin_).begin_object();
  for (const entry& e : entries_) {
    std::visit([&](const auto& v) { write_value(w, e.key, v, now); }, e.value);
  }
  w.end_object();
}

}  // namespace hawser
