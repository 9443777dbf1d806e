// Checks, when it compiles, that a plug-in lists what it has and has what it lists.
#pragma once

#include <hawser/adapter.hpp>
#include <hawser/behavior.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <type_traits>

namespace hawser {

template <class Self, class Request, class Reply>
class caller;

namespace detail {

template <class Adapter>
class call_hooks;

template <class... H>
struct hook_list {
  template <class Hook>
  static constexpr bool has = (std::is_same_v<H, Hook> || ...);
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

template <class S, class Request, class Reply>
struct calls {
  using self = S;
  using request = Request;
  using reply = Reply;
};
template <class S, class Request, class Reply>
calls<S, Request, Reply> probe_caller(const volatile caller<S, Request, Reply>*);
none probe_caller(const volatile void*);

// A base that is not public cannot be looked into.
template <class T>
concept bases_are_public = requires(T* p) {
  probe_adapter(p), probe_behavior(p), probe_connection(p), probe_message(p), probe_error(p),
      probe_auth(p), probe_caller(p);
};

template <class T>
struct bases {
  using adapter_base = decltype(probe_adapter(static_cast<T*>(nullptr)));
  using behavior_base = decltype(probe_behavior(static_cast<T*>(nullptr)));
  using connection_base = decltype(probe_connection(static_cast<T*>(nullptr)));
  using message_base = decltype(probe_message(static_cast<T*>(nullptr)));
  using error_base = decltype(probe_error(static_cast<T*>(nullptr)));
  using auth_base = decltype(probe_auth(static_cast<T*>(nullptr)));
  using caller_base = decltype(probe_caller(static_cast<T*>(nullptr)));

  template <class Base>
  static constexpr bool own = std::is_same_v<typename Base::self, T> || std::is_same_v<Base, none>;

  static constexpr bool any =
      !(std::is_same_v<adapter_base, none> && std::is_same_v<behavior_base, none> &&
        std::is_same_v<connection_base, none> && std::is_same_v<message_base, none> &&
        std::is_same_v<error_base, none> && std::is_same_v<auth_base, none>);
  static constexpr bool self_is_right = own<adapter_base> && own<behavior_base> &&
                                        own<connection_base> && own<message_base> &&
                                        own<error_base> && own<auth_base> && own<caller_base>;
  static constexpr bool makes_calls = !std::is_same_v<caller_base, none>;
  template <class Hook>
  static constexpr bool lists =
      adapter_base::hooks::template has<Hook> || behavior_base::hooks::template has<Hook> ||
      connection_base::hooks::template has<Hook> || message_base::hooks::template has<Hook> ||
      error_base::hooks::template has<Hook> || auth_base::hooks::template has<Hook>;
};

// How a hook of the table is met in a class. A class that inherits a name from two bases cannot say
// which one it means: so `declared` sees a member of that name whatever its access or type. (This
// is why a plug-in must not be final.)
template <class Hook>
struct member;
#define HAWSER_HOOK_MEMBER(NAME, RESULT, ARGUMENT, PASS) \
  template <>                                            \
  struct member<on::NAME> {                              \
    struct named {                                       \
      int on_##NAME;                                     \
    };                                                   \
    template <class T>                                   \
    struct twice : T, named {};                          \
    template <class T>                                   \
    static constexpr bool declared = !requires {         \
      &twice<T>::on_##NAME;                              \
    };                                                   \
    template <class T>                                   \
    static constexpr bool reached = requires {           \
      &T::on_##NAME;                                     \
    };                                                   \
    template <class T>                                   \
    using pointer = decltype(&T::on_##NAME);             \
  };
HAWSER_HOOKS(HAWSER_HOOK_MEMBER)
// on_call is no hook, since only hawser::caller calls it; it is checked like one.
struct call_tag {};
template <>
struct member<call_tag> {
  struct named {
    int on_call;
  };
  template <class T>
  struct twice : T, named {};
  template <class T>
  static constexpr bool declared = !requires {
    &twice<T>::on_call;
  };
  template <class T>
  static constexpr bool reached = requires {
    &T::on_call;
  };
};
#undef HAWSER_HOOK_MEMBER

template <class T, class Hook>
consteval bool matches() {
  using result = typename Hook::result;
  using argument = typename Hook::argument;
  using found = typename member<Hook>::template pointer<T>;
  return std::is_convertible_v<found, result (T::*)(context&, argument)> ||
         std::is_convertible_v<found, result (T::*)(context&, argument) const>;
}

template <class T>
using call_request = typename bases<T>::caller_base::request;
template <class T>
consteval bool call_matches() {
  using found = decltype(&T::on_call);
  return std::is_convertible_v<found,
                               result<send_id> (T::*)(context&, call_id, const call_request<T>&)> ||
         std::is_convertible_v<found, result<send_id> (T::*)(context&, call_id,
                                                             const call_request<T>&) const>;
}
template <class T>
consteval bool call_is_good() {
  if constexpr (!bases<T>::makes_calls) {
    return !member<call_tag>::declared<T>;
  } else if constexpr (std::is_same_v<typename bases<T>::adapter_base, none>) {
    return false;
  } else if constexpr (member<call_tag>::reached<T>) {
    return call_matches<T>();
  } else {
    return false;
  }
}

// Listed and right, or neither listed nor there.
template <class T, class Hook>
consteval bool hook_is_good() {
  if constexpr (!bases<T>::template lists<Hook>) {
    return !member<Hook>::template declared<T>;
  } else if constexpr (member<Hook>::template reached<T>) {
    return matches<T, Hook>();
  } else {
    return false;
  }
}

// How many hooks of the table come before the first that is not good.
template <class T, class... Hook>
consteval std::size_t count_good_hooks() {
  std::size_t n = 0;
  (void)((hook_is_good<T, Hook>() && ++n != 0) && ...);
  return n;
}
template <class T, class... Hook>
inline constexpr bool lists_any_of = (bases<T>::template lists<Hook> || ...);
template <class T, class... Hook>
inline constexpr bool all_good = (hook_is_good<T, Hook>() && ...);

#define HAWSER_COMMA_TAG(NAME, RESULT, ARGUMENT, PASS) , on::NAME
#define HAWSER_COMMA_ALL_TAGS HAWSER_HOOKS(HAWSER_COMMA_TAG)

// What is wrong with a plug-in as a whole, before its hooks are looked at.
enum class flaw : std::uint8_t {
  none,
  no_class,
  is_final,
  no_base,
  wrong_self,
  no_hooks,
  hook,
  call
};

template <class T>
consteval flaw find_flaw() {
  if constexpr (!std::is_class_v<T>) {
    return flaw::no_class;
  } else if constexpr (std::is_final_v<T>) {
    return flaw::is_final;
  } else if constexpr (!bases_are_public<T>) {
    return flaw::no_base;
  } else if constexpr (!bases<T>::any) {
    return flaw::no_base;
  } else if constexpr (!bases<T>::self_is_right) {
    return flaw::wrong_self;
  } else if constexpr (!lists_any_of<T HAWSER_COMMA_ALL_TAGS>) {
    return flaw::no_hooks;
  } else if constexpr (!all_good<T HAWSER_COMMA_ALL_TAGS>) {
    return flaw::hook;
  } else {
    return call_is_good<T>() ? flaw::none : flaw::call;
  }
}

// Silent: what depends on a plug-in asks this first, so that a wrong one gives one error.
template <class T>
inline constexpr bool well_formed = find_flaw<T>() == flaw::none;

// Whether client<> can make calls through this adapter.
template <class T>
consteval bool makes_calls() {
  if constexpr (well_formed<T>) {
    return bases<T>::makes_calls;
  } else {
    return false;
  }
}

// Nothing, if the plug-in is wrong.
template <class T, class Hook>
consteval bool lists_hook() {
  if constexpr (well_formed<T>) {
    return bases<T>::template lists<Hook>;
  } else {
    return false;
  }
}

// The compiler prints Plugin, Hook and Expected beside the text: that keeps the error short.
template <class Plugin, class Hook, class Expected>
consteval void explain_hook() {
  constexpr bool listed = bases<Plugin>::template lists<Hook>;
  constexpr bool present = member<Hook>::template declared<Plugin>;
  constexpr bool reached = member<Hook>::template reached<Plugin>;
  if constexpr (!listed) {
    static_assert(listed,
                  "hawser: Plugin has a member on_<Hook> but does not list Hook, so it "
                  "would never be called");
  } else if constexpr (!present) {
    static_assert(present, "hawser: Plugin lists Hook but has no member on_<Hook>; see Expected");
  } else if constexpr (!reached) {
    static_assert(reached, "hawser: on_<Hook> is private, overloaded or a template; see Expected");
  } else {
    static_assert(matches<Plugin, Hook>(),
                  "hawser: on_<Hook> has a wrong argument or result; see Expected");
  }
}

template <class Plugin, class... Hook>
consteval void explain_first() {
  using hook = std::tuple_element_t<count_good_hooks<Plugin, Hook...>(), std::tuple<Hook...>>;
  explain_hook<Plugin, hook, typename hook::result(context&, typename hook::argument)>();
}

template <class Plugin, class Expected>
consteval void explain_call() {
  constexpr bool present = member<call_tag>::declared<Plugin>;
  constexpr bool reached = member<call_tag>::reached<Plugin>;
  constexpr bool adapts = !std::is_same_v<typename bases<Plugin>::adapter_base, none>;
  if constexpr (!adapts) {
    static_assert(adapts, "hawser: only an adapter derives from hawser::caller");
  } else if constexpr (!present) {
    static_assert(present,
                  "hawser: Plugin derives from hawser::caller but has no member on_call; see "
                  "Expected");
  } else if constexpr (!reached) {
    static_assert(reached, "hawser: on_call is private, overloaded or a template; see Expected");
  } else {
    static_assert(call_matches<Plugin>(),
                  "hawser: on_call has a wrong argument or result; see Expected");
  }
}

template <class Plugin>
consteval bool explain() {
  constexpr flaw found = find_flaw<Plugin>();
  static_assert(found != flaw::no_class, "hawser: a plug-in is a class");
  static_assert(found != flaw::is_final,
                "hawser: a plug-in must not be `final`: its hooks could not be checked");
  static_assert(found != flaw::no_base,
                "hawser: a plug-in derives, publicly and once, from hawser::adapter<Self, ...>, "
                "hawser::behavior<Self, ...> or a handler such as hawser::message_handler<Self>");
  static_assert(found != flaw::wrong_self,
                "hawser: the first argument of a plug-in's base must be the plug-in itself: "
                "`struct ticker : hawser::adapter<ticker, ...>`");
  static_assert(found != flaw::no_hooks,
                "hawser: this plug-in lists no hooks, so it would never be called");
  if constexpr (found == flaw::hook) explain_first<Plugin HAWSER_COMMA_ALL_TAGS>();
  if constexpr (found == flaw::call) {
    if constexpr (bases<Plugin>::makes_calls) {
      explain_call<Plugin, result<send_id>(context&, call_id, const call_request<Plugin>&)>();
    } else {
      static_assert(bases<Plugin>::makes_calls,
                    "hawser: Plugin has a member on_call but does not derive from "
                    "hawser::caller<Self, Request, Reply>, so it would never be called");
    }
  }
  return true;
}
#undef HAWSER_COMMA_ALL_TAGS
#undef HAWSER_COMMA_TAG

// The name of a type, for people: a constant, whatever the compiler is told to optimize. The copy
// keeps it apart from the function that finds it, which is in no program.
template <class T>
consteval std::string_view find_type_name() {
  std::string_view s = __PRETTY_FUNCTION__;
  s.remove_prefix(s.find("T = ") + 4);
  return s.substr(0, s.find_first_of(";]"));
}
template <class T>
inline constexpr auto type_name_storage = [] {
  std::array<char, find_type_name<T>().size()> letters{};
  find_type_name<T>().copy(letters.data(), letters.size());
  return letters;
}();
template <class T>
inline constexpr std::string_view type_name{type_name_storage<T>.data(),
                                            type_name_storage<T>.size()};

}  // namespace detail

/// `static_assert(hawser::plugin<T>)` beside a plug-in checks it where it is written. A plug-in
/// that is not whole does not compile: the error names it, the hook and the expected signature.
template <class T>
inline constexpr bool plugin = detail::explain<T>();

}  // namespace hawser
