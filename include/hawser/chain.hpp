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

/// The plug-ins of one client, in order, the adapter last. Notify hooks reach everybody who listed
/// them; deciding hooks stop at the first answer that does not pass; on_wake reaches those whose
/// time has come. An exception that leaves a hook ends the link with errc::hook_threw and names the
/// hook. Used on one strand.
template <class... Plugins>
class chain : public event_sink {
 public:
  explicit chain(Plugins... plugins) : plugins_(std::move(plugins)...) { wakes_.fill(never); }

  template <class P>
  P& get() noexcept {
    return std::get<P>(plugins_);
  }

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
      }
    };
    std::apply([&](const auto&... p) { (check(p), ...); }, plugins_);
    return r;
  }

 private:
  using indices = std::index_sequence_for<Plugins...>;
  template <class P, class Hook>
  static constexpr bool lists = detail::bases<P>::template lists<Hook>;

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
        report<plugin_type, Hook>(c);
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
        report<plugin_type, Hook>(c);
        return false;
      }
      return passes(answer);
    } else {
      return true;
    }
  }

  // Called in a handler.
  template <class P, class Hook>
  static void report(context& c) {
    std::string text(detail::type_name<P>());
    text.append("::").append(Hook::member);
    try {
      throw;
    } catch (const std::exception& e) {
      text.append(": ").append(e.what());
    } catch (...) {
      text.append(": an exception that is no std::exception");
    }
    c.fail(errc::hook_threw, text);
  }

  template <class Hook>
  static void add_route(std::string& out) {
    std::string line;
    const auto add = [&]<class P>(std::type_identity<P>) {
      if constexpr (lists<P, Hook>) {
        if (!line.empty()) line += " -> ";
        line += detail::type_name<P>();
      }
    };
    (add(std::type_identity<Plugins>{}), ...);
    if (!line.empty()) out.append(Hook::member.substr(3)).append(": ").append(line).append("\n");
  }

  std::tuple<Plugins...> plugins_;
  std::array<time_point, sizeof...(Plugins)> wakes_;
};

}  // namespace hawser
