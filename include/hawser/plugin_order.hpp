// Checks, when it compiles, that the behaviors of a list stand in an order that they can work in.
#pragma once

#include <hawser/plugin.hpp>

#include <array>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

namespace hawser::detail {

// As detail::member finds hooks: a name that is inherited from two bases is nobody's, whatever its
// access or kind.
struct named_listed_before {
  int listed_before;
};
struct named_listed_after {
  int listed_after;
};
template <class P, class Named>
struct place_twice : P, Named {};

template <class T>
inline constexpr bool names_behaviors = false;
template <class... B>
inline constexpr bool names_behaviors<behaviors<B...>> = true;

// A rule is there and can be read, or not there at all.
template <class P>
consteval bool place_is_good() {
  if constexpr (requires { typename P::listed_before; }) {
    if (!names_behaviors<typename P::listed_before>) return false;
  } else if constexpr (!requires { &place_twice<P, named_listed_before>::listed_before; }) {
    return false;
  }
  if constexpr (requires { typename P::listed_after; }) {
    if (!names_behaviors<typename P::listed_after>) return false;
  } else if constexpr (!requires { &place_twice<P, named_listed_after>::listed_after; }) {
    return false;
  }
  return true;
}

template <class Of, class... B>
consteval bool is_among(behaviors<B...>) {
  return (std::is_same_v<Of, B> || ...);
}

// Whether a rule of either wants First ahead of Second.
template <class First, class Second>
consteval bool wants_ahead() {
  bool yes = false;
  if constexpr (requires { typename First::listed_before; }) {
    yes = is_among<Second>(typename First::listed_before{});
  }
  if constexpr (requires { typename Second::listed_after; }) {
    yes = yes || is_among<First>(typename Second::listed_after{});
  }
  return yes;
}

// The places of a list, each by its number in it.
template <class... P>
struct list_order {
  static constexpr std::size_t size = sizeof...(P);
  using list = std::tuple<P...>;
  using row = std::array<bool, size>;

  template <std::size_t I, std::size_t... J>
  static consteval row make_row(std::index_sequence<J...>) {
    return {wants_ahead<std::tuple_element_t<I, list>, std::tuple_element_t<J, list>>()...};
  }
  template <std::size_t... I>
  static consteval std::array<row, size> make_rules(std::index_sequence<I...>) {
    return {make_row<I>(std::make_index_sequence<size>{})...};
  }
  // rules[i][j]: the i-th must stand ahead of the j-th.
  static constexpr std::array<row, size> rules = make_rules(std::make_index_sequence<size>{});

  // The first pair that stands the wrong way round; `size` twice if there is none.
  static consteval std::pair<std::size_t, std::size_t> find_wrong() {
    for (std::size_t late = 0; late < size; ++late) {
      for (std::size_t early = 0; early < late; ++early) {
        if (rules[late][early]) return {late, early};
      }
    }
    return {size, size};
  }
  static constexpr std::pair<std::size_t, std::size_t> wrong = find_wrong();
  static constexpr bool good = wrong.first == size;

  struct sorted {
    std::array<std::size_t, size> at{};
    bool possible = true;
  };
  // The same list with as few moves as its rules need.
  static consteval sorted sort() {
    sorted s;
    row placed{};
    for (std::size_t n = 0; n < size; ++n) {
      std::size_t next = size;
      for (std::size_t i = size; i-- != 0;) {
        bool free = !placed[i];
        for (std::size_t j = 0; j < size; ++j) free = free && (placed[j] || !rules[j][i]);
        if (free) next = i;
      }
      if (next == size) return {{}, false};
      placed[next] = true;
      s.at[n] = next;
    }
    return s;
  }
  static constexpr sorted right = sort();
};

template <class List, std::size_t... I>
behaviors<std::tuple_element_t<List::right.at[I], typename List::list>...> name_right_order(
    std::index_sequence<I...>);

template <class First, class Second, class RightOrder>
consteval void explain_places() {
  static_assert(!std::is_same_v<First, First>,
                "hawser: First must be listed before Second; see RightOrder");
}
template <class First, class Second>
consteval void explain_contradiction() {
  static_assert(!std::is_same_v<First, First>,
                "hawser: what First and Second say by listed_before and listed_after contradicts "
                "itself: no order of this list will do");
}
template <class Plugin>
consteval bool explain_place() {
  constexpr bool good = place_is_good<Plugin>();
  static_assert(good,
                "hawser: listed_before and listed_after of a plug-in are public aliases: "
                "`using listed_before = hawser::behaviors<...>;`");
  return good;
}

/// Whether these plug-ins stand in an order that each can work in; one error if not. They are
/// well-formed and distinct.
template <class... P>
consteval bool explain_order() {
  if constexpr ((place_is_good<P>() && ...)) {
    using order = list_order<P...>;
    if constexpr (!order::good) {
      using first = std::tuple_element_t<order::wrong.first, std::tuple<P...>>;
      using second = std::tuple_element_t<order::wrong.second, std::tuple<P...>>;
      if constexpr (order::right.possible) {
        explain_places<first, second,
                       decltype(name_right_order<order>(std::index_sequence_for<P...>{}))>();
      } else {
        explain_contradiction<first, second>();
      }
    }
    return order::good;
  } else {
    return (explain_place<P>() && ...);
  }
}

// The same, where a plug-in may be wrong: that is told already.
template <class... P>
consteval bool check_order() {
  if constexpr ((well_formed<P> && ...)) {
    return explain_order<P...>();
  } else {
    return false;
  }
}

}  // namespace hawser::detail
