// What becomes of an exception that leaves a plug-in's code.
#pragma once

#include <hawser/context.hpp>

#include <exception>
#include <string>
#include <string_view>

namespace hawser::detail {

// Called in a handler: ends the link with errc::hook_threw, and names who threw.
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

}  // namespace hawser::detail
