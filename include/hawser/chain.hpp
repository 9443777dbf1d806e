// Walks the plug-ins of a client in list order, statically: no virtual call between them.
#pragma once

#include <hawser/event_sink.hpp>
#include <hawser/hook_observer.hpp>
#include <hawser/plugin.hpp>
#include <hawser/plugin_order.hpp>
#include <hawser/thrown.hpp>

#include <algorithm>
#include <array>
#include <exception>
#include <initializer_list>
#include <span>
#include <string>
#include <tuple>
#include <utility>

// A walk is one function whatever the user's unit is optimized for: without that, each plug-in that
// does not list the hook costs a call in a unit that is compiled with -Og.
#define HAWSER_STEP [[gnu::always_inline]] inline

namespace hawser {
namespace detail {

// As detail::member finds hooks: a name that is inherited from two bases is nobody's, whatever its
// access or type.
struct named_validate {
  int validate;
};
template <class P>
struct validates_twice : P, named_validate {};
template <class P>
consteval bool names_validate() {
  if constexpr (well_formed<P>) {
    return !requires { &validates_twice<P>::validate; };
  } else {
    return false;  // That is told already.
  }
}
struct named_describe {
  int describe;
};
template <class P>
struct describes_twice : P, named_describe {};
template <class P>
consteval bool names_describe() {
  if constexpr (well_formed<P>) {
    return !requires { &describes_twice<P>::describe; };
  } else {
    return false;
  }
}

// The hidden plug-in that drives the calls of an adapter: see caller.hpp.
template <class P>
inline constexpr bool drives_calls = false;
template <class A>
inline constexpr bool drives_calls<call_hooks<A>> = true;
inline void add_stop(std::string& line, std::string_view plugin) {
  if (!line.empty()) line.append(" -> ");
  line.append(plugin);
}

// The name of a plug-in in the routing table and in the trace: ours need no namespace.
template <class P>
consteval std::string_view find_plugin_name() {
  if constexpr (drives_calls<P>) {
    return "calls";
  } else {
    constexpr std::string_view ours = "hawser::";
    constexpr std::string_view name = type_name<P>;
    return name.substr(name.starts_with(ours) ? ours.size() : 0);
  }
}
template <class P>
inline constexpr std::string_view plugin_name = find_plugin_name<P>();

// What a walk tells of its steps while nobody watches: nothing.
struct unwatched {
  HAWSER_STEP void begin() noexcept {}
  HAWSER_STEP void end(std::string_view, hook_step::outcome) noexcept {}
};

// The steps of one walk over at most N plug-ins.
template <std::size_t N>
class watched {
 public:
  explicit watched(hook_watch& w) noexcept : watch_(w), clock_(w.clock()) { begin(); }
  void begin() noexcept {
    if (clock_ != nullptr) watch_.begin(began_ = clock_->now());
  }
  void end(std::string_view plugin, hook_step::outcome what) noexcept {
    hook_step& s = steps_[count_++];
    s = {plugin, {}, what};
    if (clock_ != nullptr) s.took = clock_->now() - began_;
  }
  std::span<const hook_step> steps() const noexcept { return {steps_.data(), count_}; }

 private:
  hook_watch& watch_;
  const monotonic_clock* clock_;
  time_point began_;
  std::array<hook_step, N> steps_;
  std::size_t count_ = 0;
};

}  // namespace detail

/// The plug-ins of one client, in order, the adapter last. Notify hooks reach everybody who listed
/// them; deciding hooks stop at the first answer that does not pass; on_wake reaches those whose
/// time has come. An exception that leaves a hook ends the link with errc::hook_threw and names the
/// hook. A plug-in that is a hook_observer watches the others. Used on one strand.
template <class... Plugins>
class chain : public event_sink {
  static_assert((plugin<Plugins> && ...));
  static_assert((std::size_t{std::is_base_of_v<hook_observer, Plugins>} + ... + 0) <= 1,
                "hawser: one plug-in of a chain may be a hook_observer");
  static_assert(sizeof(std::bool_constant<detail::check_order<Plugins...>()>) != 0);

 public:
  explicit chain(Plugins... plugins) : plugins_(std::move(plugins)...) {
    wakes_.fill(never);
    (attach<Plugins>(), ...);
  }
  chain(const chain&) = delete;
  chain& operator=(const chain&) = delete;

  template <class P>
  P& get() noexcept {
    constexpr bool listed = (std::is_same_v<P, Plugins> || ...);
    static_assert(listed, "hawser: get<P>(): no plug-in P is in the list of this client");
    if constexpr (listed) return std::get<P>(plugins_);
    std::terminate();
  }

  /// What is recorded next on this context is P's: its wake_at sets P's wake time. For a task that
  /// runs between events.
  template <class P>
  void enter(context& c) noexcept {
    enter<place<P>>(c);
  }

#define HAWSER_CHAIN(NAME, RESULT, ARGUMENT, PASS) \
  RESULT NAME(context& c, ARGUMENT a) override { return dispatch<on::NAME>(c, a); }
  HAWSER_HOOKS(HAWSER_CHAIN)
#undef HAWSER_CHAIN

  hook_mask mask() const noexcept override { return mask_; }

  time_point next_wake() const noexcept override {
    time_point first = never;
    for (const time_point t : wakes_) first = t < first ? t : first;
    return first;
  }

  std::string_view plugin_at(std::size_t at) const noexcept override {
    constexpr std::array names{detail::plugin_name<Plugins>...};
    return at < names.size() ? names[at] : std::string_view();
  }

  std::size_t pending_calls(std::uint64_t link) const noexcept override {
    std::size_t n = 0;
    const auto add = [&](const auto& p) {
      if constexpr (detail::drives_calls<std::remove_cvref_t<decltype(p)>>) {
        n += p.pending_calls(link);
      }
    };
    std::apply([&](const auto&... p) { (add(p), ...); }, plugins_);
    return n;
  }

  void move_calls(std::uint64_t from, std::uint64_t to) noexcept override {
    const auto move = [&](auto& p) {
      if constexpr (detail::drives_calls<std::remove_cvref_t<decltype(p)>>) p.move_calls(from, to);
    };
    std::apply([&](auto&... p) { (move(p), ...); }, plugins_);
  }

  std::string routing_table() const override {
    std::string out;
#define HAWSER_ROUTE(NAME, RESULT, ARGUMENT, PASS) add_route<on::NAME>(out);
    HAWSER_HOOKS(HAWSER_ROUTE)
#undef HAWSER_ROUTE
    return out;
  }

  result<void, error_info> validate() const override {
    result<void, error_info> r{};
    const auto check = [&](const auto& p) {
      if constexpr (requires { r = p.validate(); }) {
        if (r) r = p.validate();
      } else {
        static_assert(!detail::names_validate<std::remove_cvref_t<decltype(p)>>(),
                      "hawser: expected `result<void, error_info> validate() const`");
      }
    };
    std::apply([&](const auto&... p) { (check(p), ...); }, plugins_);
    return r;
  }

  bool tells(const context& c, const failure& f) const noexcept override {
    if constexpr (observed_) return std::get<observer_>(plugins_).tells(c, f);
    return event_sink::tells(c, f);
  }

  void describe(std::vector<description>& to) const override {
    const auto ask = [&](const auto& p) {
      using plugin_type = std::remove_cvref_t<decltype(p)>;
      description& d = to.emplace_back(std::string(detail::plugin_name<plugin_type>));
      if constexpr (requires { p.describe(d); }) {
        try {
          p.describe(d);
        } catch (...) {
          d.add("error", "an exception left describe()");
        }
      } else {
        static_assert(!detail::names_describe<plugin_type>(),
                      "hawser: expected `void describe(hawser::description&) const`");
      }
    };
    std::apply([&](const auto&... p) { (ask(p), ...); }, plugins_);
  }

 private:
  using indices = std::index_sequence_for<Plugins...>;
  template <class P>
  static constexpr std::size_t place = [] {
    std::size_t i = 0;
    (void)((std::is_same_v<P, Plugins> || (++i, false)) || ...);
    return i;
  }();
  template <class P, class Hook>
  static constexpr bool lists = detail::lists_hook<P, Hook>();

#define HAWSER_BIT(NAME, RESULT, ARGUMENT, PASS) \
  | ((lists<Plugins, on::NAME> || ...) ? bit(hook::NAME) : 0)
  static constexpr hook_mask mask_ = 0 HAWSER_HOOKS(HAWSER_BIT);
#undef HAWSER_BIT

  template <class P>
  void attach() {
    if constexpr (detail::drives_calls<P>) {
      get<P>().attach(get<typename P::adapter_type>(), wakes_[place<P>]);
    }
  }

  static constexpr std::size_t first_that(std::initializer_list<bool> each) noexcept {
    return static_cast<std::size_t>(std::find(each.begin(), each.end(), true) - each.begin());
  }
  // Which plug-in watches; their number if none does.
  static constexpr std::size_t observer_ =
      first_that({std::is_base_of_v<hook_observer, Plugins>...});
  static constexpr bool observed_ = observer_ != sizeof...(Plugins);

  // A wake time that no on_wake takes back would be due for ever.
  template <std::size_t I>
  HAWSER_STEP void enter(context& c) noexcept {
    using plugin_type = std::tuple_element_t<I, std::tuple<Plugins...>>;
    c.enter(lists<plugin_type, on::wake> ? &wakes_[I] : nullptr);
  }

  template <class Hook>
  typename Hook::result dispatch(context& c, typename Hook::argument a) {
    detail::unwatched nobody;
    if constexpr ((mask_ & bit(Hook::id)) != 0) {
      bool watched = watch_.template times<Hook::id>();
      const hook_watch::walk mark(watch_, c.now());
      if constexpr (observed_) {
        // Its type is known: no virtual call. (clang 16 does not see that the name is used.)
        using observer_type [[maybe_unused]] =
            std::tuple_element_t<observer_, std::tuple<Plugins...>>;
        watched |= std::get<observer_>(plugins_).observer_type::watches(c, Hook::id);
      }
      if (watched) [[unlikely]]
        return walk_watched<Hook>(c, a);
      return walk<Hook>(c, a, nobody, indices{});
    } else {
      return walk<Hook>(c, a, nobody, indices{});
    }
  }

  template <class Hook>
  [[gnu::noinline]] typename Hook::result walk_watched(context& c, typename Hook::argument a) {
    detail::watched<sizeof...(Plugins)> steps(watch_);
    if constexpr (std::is_void_v<typename Hook::result>) {
      walk<Hook>(c, a, steps, indices{});
      tell(c, Hook::id, steps.steps());
    } else {
      auto answer = walk<Hook>(c, a, steps, indices{});
      tell(c, Hook::id, steps.steps());
      return answer;
    }
  }

  void tell(context& c, hook h, std::span<const hook_step> steps) {
    if constexpr (observed_) {
      auto& observer = std::get<observer_>(plugins_);
      const bool told = observer.watches(c, h);
      watch_.judge(c, h, steps, told);
      if (!told) return;
      enter<observer_>(c);
      try {
        observer.walked(c, *this, h, steps);
      } catch (...) {
        detail::report(c, detail::type_name<std::remove_cvref_t<decltype(observer)>>, "walked");
      }
    } else {
      watch_.judge(c, h, steps, false);
    }
  }

  template <class Hook, class Steps, std::size_t... I>
  HAWSER_STEP typename Hook::result walk(context& c, typename Hook::argument a, Steps& steps,
                                         std::index_sequence<I...>) {
    if constexpr (std::is_void_v<typename Hook::result>) {
      (notify<Hook, I>(c, a, steps), ...);
    } else {
      auto answer = Hook::passing();
      (void)(ask<Hook, I>(c, a, answer, steps) && ...);
      return answer;
    }
  }

  // The observer is not told of itself.
  template <std::size_t I, class Steps>
  HAWSER_STEP static decltype(auto) steps_of(Steps& steps) noexcept {
    if constexpr (I == observer_) {
      return detail::unwatched{};
    } else {
      return (steps);
    }
  }

  template <class Hook, std::size_t I, class Steps>
  HAWSER_STEP void notify(context& c, typename Hook::argument a, Steps& all) {
    using plugin_type = std::tuple_element_t<I, std::tuple<Plugins...>>;
    using outcome = hook_step::outcome;
    if constexpr (lists<plugin_type, Hook>) {
      if constexpr (std::is_same_v<Hook, on::wake>) {
        if (wakes_[I] > c.now()) return;
        wakes_[I] = never;
      }
      enter<I>(c);
      watch_.enter(static_cast<std::uint8_t>(Hook::id), I);
      auto&& steps = steps_of<I>(all);
      steps.begin();
      try {
        Hook::call(std::get<I>(plugins_), c, a);
        steps.end(detail::plugin_name<plugin_type>, outcome::passed);
      } catch (...) {
        steps.end(detail::plugin_name<plugin_type>, outcome::threw);
        detail::report(c, detail::type_name<plugin_type>, Hook::member);
      }
    }
  }

  // True: go on with the next plug-in.
  template <class Hook, std::size_t I, class Steps>
  HAWSER_STEP bool ask(context& c, typename Hook::argument a, typename Hook::result& answer,
                       Steps& all) {
    using plugin_type = std::tuple_element_t<I, std::tuple<Plugins...>>;
    using outcome = hook_step::outcome;
    if constexpr (lists<plugin_type, Hook>) {
      enter<I>(c);
      watch_.enter(static_cast<std::uint8_t>(Hook::id), I);
      auto&& steps = steps_of<I>(all);
      steps.begin();
      try {
        answer = Hook::call(std::get<I>(plugins_), c, a);
      } catch (...) {
        steps.end(detail::plugin_name<plugin_type>, outcome::threw);
        detail::report(c, detail::type_name<plugin_type>, Hook::member);
        // What could not be looked at must not leave; the other answers end the link or attempt.
        if constexpr (std::is_same_v<Hook, on::sending>) answer = permit::refuse(errc::hook_threw);
        return false;
      }
      const bool go_on = passes(answer);
      steps.end(detail::plugin_name<plugin_type>, go_on ? outcome::passed : outcome::stopped);
      return go_on;
    } else {
      return true;
    }
  }

  template <class Hook>
  static void add_route(std::string& out) {
    std::string line;
    ((lists<Plugins, Hook> ? detail::add_stop(line, detail::plugin_name<Plugins>) : void()), ...);
    if (!line.empty()) out.append(Hook::member.substr(3)).append(": ").append(line).append("\n");
  }

  std::tuple<Plugins...> plugins_;
  std::array<time_point, sizeof...(Plugins)> wakes_;
};

}  // namespace hawser

#undef HAWSER_STEP
