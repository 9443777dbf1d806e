// Checks, when it compiles, that a plug-in lists what it has and has what it lists.
#pragma once

#include <hawser/adapter.hpp>
#include <hawser/behavior.hpp>

#include <concepts>
#include <type_traits>

namespace hawser {
namespace detail {

template <class... H>
struct hook_list {
  template <class Hook>
  static constexpr bool has = (std::is_same_v<H, Hook> || ...);
  static constexpr bool empty = sizeof...(H) == 0;
};

// What a base says: whose it is and which hooks it names. `none` if T has no such base.
struct none {
  using self = none;
  using hooks = hook_list<>;
};
template <class S, class... H>
struct names {
  using self = S;
  using hooks = hook_list<H...>;
};
template <class S, class... H>
names<S, H...> probe_adapter(const volatile adapter<S, H...>*);
none probe_adapter(const volatile void*);
template <class S, class... H>
names<S, H...> probe_behavior(const volatile behavior<S, H...>*);
none probe_behavior(const volatile void*);
template <class S>
names<S, on::connecting, on::open, on::drop> probe_connection(
    const volatile connection_handler<S>*);
none probe_connection(const volatile void*);
template <class S>
names<S, on::message> probe_message(const volatile message_handler<S>*);
none probe_message(const volatile void*);
template <class S>
names<S, on::error> probe_error(const volatile error_handler<S>*);
none probe_error(const volatile void*);
template <class S>
names<S, on::authenticate> probe_auth(const volatile auth_handler<S>*);
none probe_auth(const volatile void*);

template <class T>
struct bases {
  using adapter_base = decltype(probe_adapter(static_cast<T*>(nullptr)));
  using behavior_base = decltype(probe_behavior(static_cast<T*>(nullptr)));
  using connection_base = decltype(probe_connection(static_cast<T*>(nullptr)));
  using message_base = decltype(probe_message(static_cast<T*>(nullptr)));
  using error_base = decltype(probe_error(static_cast<T*>(nullptr)));
  using auth_base = decltype(probe_auth(static_cast<T*>(nullptr)));

  template <class Base>
  static constexpr bool own = std::is_same_v<typename Base::self, T> || std::is_same_v<Base, none>;

  static constexpr bool any =
      !(std::is_same_v<adapter_base, none> && std::is_same_v<behavior_base, none> &&
        std::is_same_v<connection_base, none> && std::is_same_v<message_base, none> &&
        std::is_same_v<error_base, none> && std::is_same_v<auth_base, none>);
  static constexpr bool self_is_right = own<adapter_base> && own<behavior_base> &&
                                        own<connection_base> && own<message_base> &&
                                        own<error_base> && own<auth_base>;
  template <class Hook>
  static constexpr bool lists =
      adapter_base::hooks::template has<Hook> || behavior_base::hooks::template has<Hook> ||
      connection_base::hooks::template has<Hook> || message_base::hooks::template has<Hook> ||
      error_base::hooks::template has<Hook> || auth_base::hooks::template has<Hook>;
};

#define HAWSER_SIGNATURE(NAME, RESULT, ARGUMENT) \
  "`public: " #RESULT " on_" #NAME "(context&, " #ARGUMENT ")`"

// Whether a class has a member of that name, whatever its access or type: a class that inherits the
// name from two bases cannot say which one it means. (This is why a plug-in must not be final.)
#define HAWSER_HOOK_PROBE(NAME, RESULT, ARGUMENT, PASS)                                            \
  struct named_##NAME {                                                                            \
    int on_##NAME;                                                                                 \
  };                                                                                               \
  template <class T>                                                                               \
  struct twice_##NAME : T, named_##NAME {};                                                        \
  template <class T>                                                                               \
  concept declares_##NAME = !requires {                                                            \
    &twice_##NAME<T>::on_##NAME;                                                                   \
  };                                                                                               \
  template <class T>                                                                               \
  concept reaches_##NAME = requires {                                                              \
    &T::on_##NAME;                                                                                 \
  };                                                                                               \
  template <class T>                                                                               \
  concept matches_##NAME = requires {                                                              \
    static_cast<RESULT (T::*)(context&, ARGUMENT)>(&T::on_##NAME);                                 \
  }                                                                                                \
  || requires { static_cast<RESULT (T::*)(context&, ARGUMENT) const>(&T::on_##NAME); };            \
  template <class T>                                                                               \
  consteval bool good_##NAME() {                                                                   \
    if constexpr (bases<T>::template lists<on::NAME>) {                                            \
      return matches_##NAME<T>;                                                                    \
    } else {                                                                                       \
      return !declares_##NAME<T>;                                                                  \
    }                                                                                              \
  }                                                                                                \
  template <class Plugin>                                                                          \
  consteval void explain_##NAME() {                                                                \
    constexpr bool lists = bases<Plugin>::template lists<on::NAME>;                                \
    constexpr bool listed = lists || !declares_##NAME<Plugin>;                                     \
    constexpr bool present = !lists || declares_##NAME<Plugin>;                                    \
    constexpr bool reached = !listed || !present || !lists || reaches_##NAME<Plugin>;              \
    constexpr bool matched = !listed || !present || !reached || good_##NAME<Plugin>();             \
    static_assert(listed, "hawser: on_" #NAME " is declared but on::" #NAME                        \
                          " is not listed, so it would never be called");                          \
    static_assert(present,                                                                         \
                  "hawser: on::" #NAME                                                             \
                  " is listed but missing; expected " HAWSER_SIGNATURE(NAME, RESULT, ARGUMENT));   \
    static_assert(                                                                                 \
        reached, "hawser: on_" #NAME                                                               \
                 " is private or overloaded; expected " HAWSER_SIGNATURE(NAME, RESULT, ARGUMENT)); \
    static_assert(matched, "hawser: on_" #NAME                                                     \
                           " has a wrong argument or result; expected " HAWSER_SIGNATURE(          \
                               NAME, RESULT, ARGUMENT));                                           \
  }
HAWSER_HOOKS(HAWSER_HOOK_PROBE)
#undef HAWSER_HOOK_PROBE
#undef HAWSER_SIGNATURE

template <class T>
consteval bool lists_anything() {
  return false
#define HAWSER_HOOK_LISTED(NAME, RESULT, ARGUMENT, PASS) || bases<T>::template lists<on::NAME>
      HAWSER_HOOKS(HAWSER_HOOK_LISTED)
#undef HAWSER_HOOK_LISTED
          ;
}

// Silent: what depends on a plug-in asks this first, so that a wrong one gives one error.
template <class T>
consteval bool well_formed() {
  if constexpr (!std::is_class_v<T> || std::is_final_v<T>) {
    return false;
  } else if constexpr (!bases<T>::any || !bases<T>::self_is_right || !lists_anything<T>()) {
    return false;
  } else {
    return true
#define HAWSER_HOOK_GOOD(NAME, RESULT, ARGUMENT, PASS) &&good_##NAME<T>()
        HAWSER_HOOKS(HAWSER_HOOK_GOOD)
#undef HAWSER_HOOK_GOOD
            ;
  }
}

template <class Plugin>
consteval bool explain() {
  if constexpr (!std::is_class_v<Plugin>) {
    static_assert(std::is_class_v<Plugin>, "hawser: a plug-in is a class");
  } else if constexpr (std::is_final_v<Plugin>) {
    static_assert(!std::is_final_v<Plugin>,
                  "hawser: a plug-in must not be `final`: its hooks could not be checked");
  } else if constexpr (!bases<Plugin>::any) {
    static_assert(bases<Plugin>::any,
                  "hawser: a plug-in derives, publicly and once, from hawser::adapter<Self, ...>, "
                  "hawser::behavior<Self, ...> or a handler such as hawser::message_handler<Self>");
  } else if constexpr (!bases<Plugin>::self_is_right) {
    static_assert(bases<Plugin>::self_is_right,
                  "hawser: the first argument of a plug-in's base must be the plug-in itself: "
                  "`struct ticker : hawser::adapter<ticker, ...>`");
  } else if constexpr (!lists_anything<Plugin>()) {
    static_assert(lists_anything<Plugin>(),
                  "hawser: this plug-in lists no hooks, so it would never be called");
  } else {
#define HAWSER_HOOK_EXPLAIN(NAME, RESULT, ARGUMENT, PASS) \
  if constexpr (!good_##NAME<Plugin>()) explain_##NAME<Plugin>();
    HAWSER_HOOKS(HAWSER_HOOK_EXPLAIN)
#undef HAWSER_HOOK_EXPLAIN
  }
  return true;
}

// The name of a type, for people.
template <class T>
constexpr std::string_view type_name() noexcept {
  std::string_view s = __PRETTY_FUNCTION__;
  s.remove_prefix(s.find("T = ") + 4);
  return s.substr(0, s.find_first_of(";]"));
}

}  // namespace detail

/// `static_assert(hawser::plugin<T>)` beside a plug-in checks it where it is written. A plug-in
/// that is not whole does not compile: the error names it, the hook and the expected signature.
template <class T>
inline constexpr bool plugin = detail::explain<T>();

}  // namespace hawser
