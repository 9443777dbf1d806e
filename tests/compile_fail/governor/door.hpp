// What the cases share: a small kind without a table. Each case adds one, and runs it.
#pragma once

#include <hawser/governor/runtime.hpp>

using namespace hawser::governor;
using namespace std::chrono_literals;

struct door {
  enum class state : std::uint8_t { open, shut, gone };
  enum class event : std::uint8_t { push, remove };
  enum class timer : std::uint8_t { close };
  struct data {
    void write(hawser::cbor_writer& out) const { out.array(0); }
    bool read(hawser::cbor_reader& in) { return in.array().has_value(); }
    bool valid_in(state) const { return true; }
  };
  static constexpr std::string_view name = "door";
  static constexpr auto states = std::to_array<std::string_view>({"open", "shut", "gone"});
  static constexpr auto events =
      std::to_array<event_spec>({event_spec("push"), event_spec("remove")});
  static constexpr auto timers = std::to_array<timer_spec>({{"close", 2h}});
  static constexpr auto terminal = in(state::gone);
  static constexpr std::array<query<door>, 0> queries{};
};
