// The settings of the trace as text.
#include <hawser/core/text/text.hpp>
#include <hawser/trace_control.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace hawser {
namespace {

constexpr std::size_t most_plugins = 16;
constexpr std::size_t longest_spec = 4096;

constexpr std::array hook_names{
#define HAWSER_HOOK_NAME(NAME, RESULT, ARGUMENT, PASS) std::string_view(#NAME),
    HAWSER_HOOKS(HAWSER_HOOK_NAME)
#undef HAWSER_HOOK_NAME
};

struct unit {
  std::string_view name;
  duration length;
};
constexpr unit units[] = {{"us", std::chrono::microseconds(1)},
                          {"ms", std::chrono::milliseconds(1)},
                          {"s", std::chrono::seconds(1)}};

struct level_name {
  std::string_view name;
  log_level level;
};
constexpr level_name levels[] = {{"warn", log_level::warn},
                                 {"info", log_level::info},
                                 {"debug", log_level::debug},
                                 {"trace", log_level::trace}};

// The part before a space, which is taken away with it.
std::string_view next_word(std::string_view& rest) noexcept {
  const auto end = std::min(rest.find(' '), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return part;
}

// Calls `f` for each part between commas, empty ones too, until it returns false.
template <class F>
void each_part(std::string_view list, F&& f) {
  while (true) {
    const auto comma = list.find(',');
    if (!f(list.substr(0, comma)) || comma == std::string_view::npos) return;
    list.remove_prefix(comma + 1);
  }
}

// All of the text, a number of at most 18 digits.
bool read_number(std::string_view text, std::uint64_t& to) noexcept {
  const auto r = std::from_chars(text.data(), text.data() + text.size(), to);
  return r.ec == std::errc{} && r.ptr == text.data() + text.size() && text.size() <= 18;
}

// Reads the values, one word each. Each function says what is wrong; "": nothing, it was read.
class reader {
 public:
  explicit reader(trace_settings& to) : to_(to) {}

  std::string read(std::string_view name, std::string_view value) {
    if (name == "hooks") return hooks(value);
    if (name == "plugins") return plugins(value);
    if (name == "link") return link(value);
    if (name == "payloads") return payloads(value);
    if (name == "slow") return slow(value);
    if (name == "level") return level(value);
    return "there is no such setting; there are hooks, plugins, link, payloads, slow, level";
  }

 private:
  std::string hooks(std::string_view value) {
    to_.hooks = 0;
    std::string why;
    each_part(value, [&](std::string_view name) {
      const auto found = std::find(hook_names.begin(), hook_names.end(), name);
      if (found == hook_names.end()) {
        append_escaped(why += "there is no hook '", name);
        why += '\'';
        return false;
      }
      to_.hooks |= bit(static_cast<hook>(found - hook_names.begin()));
      return true;
    });
    return why;
  }

  std::string plugins(std::string_view value) {
    std::string why;
    each_part(value, [&](std::string_view name) {
      if (name.empty()) {
        why = "a name is empty";
      } else if (to_.plugins.size() == most_plugins) {
        why = "more than 16 names";
      } else {
        to_.plugins.emplace_back(name);
      }
      return why.empty();
    });
    return why;
  }

  std::string link(std::string_view value) {
    if (read_number(value, to_.link) && to_.link != 0) return {};
    return "expected the number of a link, from 1";
  }

  std::string payloads(std::string_view value) {
    std::uint64_t n = 0;
    if (!read_number(value, n)) return "expected a number of bytes";
    to_.payloads = static_cast<std::size_t>(n);
    return {};
  }

  std::string slow(std::string_view value) {
    const auto end = std::min(value.find_first_not_of("0123456789"), value.size());
    std::uint64_t n = 0;
    const bool good = read_number(value.substr(0, end), n) && n != 0 && n <= 1'000'000;
    for (const unit& u : units) {
      if (!good || u.name != value.substr(end)) continue;
      to_.slow = u.length * static_cast<duration::rep>(n);
      return {};
    }
    return "expected a duration from 1us to 1000000s, such as 500us, 10ms or 1s";
  }

  std::string level(std::string_view value) {
    if (to_.is != trace_settings::state::on) return "it is for `on`; otherwise the log decides";
    for (const level_name& l : levels) {
      if (l.name != value) continue;
      to_.level = l.level;
      return {};
    }
    return "expected warn, info, debug or trace";
  }

  trace_settings& to_;
};

error_info refuse(std::string_view word, std::string_view why) {
  std::string text = "trace: '";
  append_escaped(text, word);
  text.append("': ").append(why);
  return invalid_option(std::move(text));
}

bool read_state(std::string_view word, trace_settings::state& to) noexcept {
  if (word == "on") return to = trace_settings::state::on, true;
  if (word == "off") return to = trace_settings::state::off, true;
  if (word == "auto") return to = trace_settings::state::automatic, true;
  return false;
}

void append_exact(std::string& out, duration d) {
  const unit* best = &units[0];
  for (const unit& u : units) {
    if (d % u.length == duration::zero()) best = &u;
  }
  out.append(std::to_string(d / best->length)).append(best->name);
}

}  // namespace

std::string_view to_string(hook h) noexcept { return hook_names[static_cast<std::size_t>(h)]; }

result<trace_settings, error_info> parse_trace_settings(std::string_view spec) {
  if (spec.size() > longest_spec) return invalid_option("trace: longer than 4096 bytes");
  trace_settings s;
  std::vector<std::string_view> seen;
  bool first = true;
  while (!spec.empty()) {
    const std::string_view word = next_word(spec);
    if (word.empty()) continue;
    if (std::exchange(first, false)) {
      if (!read_state(word, s.is)) return refuse(word, "expected on, off or auto");
      continue;
    }
    if (s.is == trace_settings::state::off) return refuse(word, "nothing follows `off`");
    const auto equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    if (equals == std::string_view::npos) return refuse(word, "expected name=value");
    if (std::find(seen.begin(), seen.end(), name) != seen.end()) {
      return refuse(word, "it is said twice");
    }
    seen.push_back(name);
    const std::string why = reader(s).read(name, word.substr(equals + 1));
    if (!why.empty()) return refuse(word, why);
  }
  if (first) return invalid_option("trace: say on, off or auto");
  return s;
}

std::string trace_settings::str() const {
  if (is == state::off) return "off";
  const trace_settings by_default;
  std::string out = is == state::on ? "on" : "auto";
  if (is == state::on && level != by_default.level) {
    for (const level_name& l : levels) {
      if (l.level == level) out.append(" level=").append(l.name);
    }
  }
  std::string_view begun;
  const auto add = [&](std::string_view list, std::string_view item) {
    out.append(std::exchange(begun, list) == list ? "," : list).append(item);
  };
  for (std::size_t i = 0; hooks != every_hook && i < hook_names.size(); ++i) {
    if ((hooks & bit(static_cast<hook>(i))) != 0) add(" hooks=", hook_names[i]);
  }
  for (const std::string& p : plugins) add(" plugins=", p);
  if (link != 0) out += " link=" + std::to_string(link);
  if (payloads) out += " payloads=" + std::to_string(*payloads);
  if (slow != by_default.slow) append_exact(out += " slow=", slow);
  return out;
}

bool trace_settings::names(std::string_view plugin) const noexcept {
  if (plugins.empty()) return true;
  std::string_view bare = plugin.substr(0, plugin.find('<'));
  if (const auto scope = bare.rfind("::"); scope != std::string_view::npos) {
    bare.remove_prefix(scope + 2);
  }
  return std::any_of(plugins.begin(), plugins.end(),
                     [&](const std::string& p) { return p == plugin || p == bare; });
}

}  // namespace hawser
