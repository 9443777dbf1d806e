#include <hawser/governor/types.hpp>

#include <algorithm>

namespace hawser::governor {

const value* find(const fields& f, std::string_view name) noexcept {
  const auto it = std::ranges::find(f, name, &fields::value_type::first);
  return it == f.end() ? nullptr : &it->second;
}

std::string_view to_string(cause c) noexcept {
  switch (c) {
    case cause::event:
      return "event";
    case cause::timer:
      return "timer";
    case cause::command:
      break;
  }
  return "command";
}

}  // namespace hawser::governor
