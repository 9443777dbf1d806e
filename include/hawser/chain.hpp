// Walks the plug-ins of a client in list order, statically: no virtual call between them.
#pragma once

#include <hawser/event_sink.hpp>
#include <hawser/plugin.hpp>

#include <array>
#include <exception>
#include <string>
#include <tuple>
#include <utility>

namespace hawser {
namespace detail {

// Called in a handler.
inline void report(context& c, std::string_view plugin, std::string_view member) {
  std::string text(plugin);
  text.append("::").append(member);
  try {
    throw;
  } catch (const std::exception& e) {
    text.append(": ").append(e.what());
  } catch (...) {
    text.append(": an exception that is no std::exception");
  }
  c.fail(errc::hook_threw, text);
}

inline void add_stop(std::string& line, std::string_view plugin) {
  if (!line.empty()) line.append(" -> ");
  line.append(plugin);
}

}  // namespace detail

/// The plug-ins of one client, in order, the adapter last. Notify hooks reach everybody who listed
/// them; deciding hooks stop at the first answer that does not pass; on_wake reaches those whose
/// time has come. An exception that leaves a hook ends the link with errc::hook_threw and names the
/// hook. Used on one strand.
template <class... Plugins>
class chain : public event_sink {
  static_assert((plugin<Plugins> && ...));

 public:
  explicit chain(Plugins... plugins) : plugins_(std::move(plugins)...) { wakes_.fill(never); }

  template <class P>
  P& get() noexcept {
    return std::get<P>(plugins_);
  }

  /// What is recorded on `c` from now on is the adapter's: a task outside of every hook.
  void enter_adapter(context& c) noexcept { c.enter(wakes_.back()); }

#define HAWSER_CHAIN(NAME, RESULT, ARGUMENT, PASS) \
  RESULT NAME(context& c, ARGUMENT a) override { return walk<on::NAME>(c, a, indices{}); }
  HAWSER_HOOKS(HAWSER_CHAIN)
#undef HAWSER_CHAIN

  hook_mask mask() const noexcept override { return mask_; }

  time_point next_wake() const noexcept override {
    time_point first = never;
    for (const time_point t : wakes_) first = t < first ? t : first;
    return first;
  }

  std::string routing_table() const override {
    std::string out;
#define HAWSER_ROUTE(NAME, RESULT, ARGUMENT, PASS) add_route<on::NAME>(out);
    HAWSER_HOOKS(HAWSER_ROUTE)
#undef HAWSER_ROUTE
    return out;
  }

  result<void> validate(std::string& complaint) const override {
    result<void> r{};
    const auto check = [&](const auto& p) {
      if constexpr (requires { p.validate(complaint); }) {
        if (r) r = p.validate(complaint);
      } else {
        static_assert(
            !requires { &std::remove_cvref_t<decltype(p)>::validate; },
            "hawser: expected `result<void> validate(std::string& complaint) const`");
      }
    };
    std::apply([&](const auto&... p) { (check(p), ...); }, plugins_);
    return r;
  }

 private:
  using indices = std::index_sequence_for<Plugins...>;
  template <class P, class Hook>
  static constexpr bool lists = detail::lists_hook<P, Hook>();

#define HAWSER_BIT(NAME, RESULT, ARGUMENT, PASS) \
  | ((lists<Plugins, on::NAME> || ...) ? bit(hook::NAME) : 0)
  static constexpr hook_mask mask_ = 0 HAWSER_HOOKS(HAWSER_BIT);
#undef HAWSER_BIT

  template <class Hook, std::size_t... I>
  typename Hook::result walk(context& c, typename Hook::argument a, std::index_sequence<I...>) {
    if constexpr (std::is_void_v<typename Hook::result>) {
      (notify<Hook, I>(c, a), ...);
    } else {
      auto answer = Hook::passing();
      (void)(ask<Hook, I>(c, a, answer) && ...);
      return answer;
    }
  }

  template <class Hook, std::size_t I>
  void notify(context& c, typename Hook::argument a) {
    using plugin_type = std::tuple_element_t<I, std::tuple<Plugins...>>;
    if constexpr (lists<plugin_type, Hook>) {
      if constexpr (std::is_same_v<Hook, on::wake>) {
        if (wakes_[I] > c.now()) return;
        wakes_[I] = never;
      }
      c.enter(wakes_[I]);
      try {
        Hook::call(std::get<I>(plugins_), c, a);
      } catch (...) {
        detail::report(c, detail::type_name<plugin_type>(), Hook::member);
      }
    }
  }

  // True: go on with the next plug-in.
  template <class Hook, std::size_t I>
  bool ask(context& c, typename Hook::argument a, typename Hook::result& answer) {
    using plugin_type = std::tuple_element_t<I, std::tuple<Plugins...>>;
    if constexpr (lists<plugin_type, Hook>) {
      c.enter(wakes_[I]);
      try {
        answer = Hook::call(std::get<I>(plugins_), c, a);
      } catch (...) {
        detail::report(c, detail::type_name<plugin_type>(), Hook::member);
        return false;
      }
      return passes(answer);
    } else {
      return true;
    }
  }

  template <class Hook>
  static void add_route(std::string& out) {
    std::string line;
    ((lists<Plugins, Hook> ? detail::add_stop(line, detail::type_name<Plugins>()) : void()), ...);
    if (!line.empty()) out.append(Hook::member.substr(3)).append(": ").append(line).append("\n");
  }

  std::tuple<Plugins...> plugins_;
  std::array<time_point, sizeof...(Plugins)> wakes_;
};

}  // namespace hawser
