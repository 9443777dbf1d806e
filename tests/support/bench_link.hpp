// A plug-in's world without a socket: time is a variable, effects are a list.
#pragma once

#include <hawser/chain.hpp>
#include <hawser/context.hpp>

#include <string>
#include <vector>

namespace hawser::test {

class line_sink final : public log_sink {
 public:
  explicit line_sink(log_level threshold) : threshold_(threshold) {}
  void write(log_level level, std::string_view line) noexcept override {
    lines.emplace_back(line);
    levels.push_back(level);
  }
  log_level threshold() const noexcept override { return threshold_; }

  std::vector<std::string> lines;
  std::vector<log_level> levels;

 private:
  log_level threshold_;
};

/// Calls plug-ins as the engine does. `now` and `link` are the test's to move.
template <class... Plugins>
class bench_link {
 public:
  explicit bench_link(Plugins... p) : plugins(std::move(p)...) {}

  /// Runs `f(context)` at `now`; its effects are in `done` until the next call.
  template <class F>
  auto at(F&& f) {
    done.clear();
    link.plugins = &plugins;
    context c(done, link, now, sink);
    return f(c);
  }
  void open() {
    link.open = true;
    ++link.number;
    link.last_inbound = now;
    const std::vector<header> none;
    at([&](context& c) { plugins.open(c, open_info{link.number, {}, none}); });
  }
  void drop() {
    link.open = false;
    at([&](context& c) {
      plugins.drop(c, drop_info{.link = link.number, .error = errc::dropped});
    });
  }
  /// Moves time to the next wake and wakes; false if there is none.
  bool wake() {
    if (plugins.next_wake() == never) return false;
    now = std::max(now, plugins.next_wake());
    at([&](context& c) { plugins.wake(c, wake_info{now}); });
    return true;
  }
  /// What a plug-in says of itself, without its name.
  template <class P>
  std::string told() {
    description d;
    plugins.template get<P>().describe(d);
    const std::string words = d.to_words(now);
    return words.substr(std::min<std::size_t>(2, words.size()));  // ": "
  }
  /// The names of what was recorded.
  std::vector<std::string_view> kinds() const {
    std::vector<std::string_view> all;
    for (const auto& e : done.list()) all.push_back(name_of(e));
    return all;
  }
  /// What was recorded first, which is an E.
  template <class E>
  const E& recorded() const {
    return std::get<E>(done.list().at(0));
  }
  /// The words of a fail that was recorded first.
  std::string_view failed_with() const { return done.text(recorded<effects::fail>().detail); }

  chain<Plugins...> plugins;
  time_point now{std::chrono::seconds(1000)};
  link_state link;
  effects done;
  log_sink* sink = nullptr;
};

}  // namespace hawser::test
