// A transition table as text: Mermaid and DOT for people, JSON for programs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace hawser::governor {

/// A table with its kind erased. The views point to constants of the kind.
struct table_view {
  struct row {
    std::vector<std::string_view> from;  ///< empty: the start
    std::vector<std::string_view> to;    ///< empty: refused
    bool stays = false;                  ///< leads to where it came from; `to` is `from` then
    bool is_timer = false;               ///< `event` is the name of a timer
    std::string_view event;
    std::string_view guard;   ///< empty: none
    std::string_view reason;  ///< empty: the caller's
    std::string_view answer;
    std::string_view error;
    std::vector<std::string> timers;  ///< "arm window", "keep window"
  };

  std::string_view name;
  std::vector<std::string_view> states;
  std::vector<std::string_view> terminal;
  std::vector<row> rows;  ///< the start first, then as in the table
};

/// A Mermaid state diagram: every step that the table allows. Refusals are not drawn.
std::string to_mermaid(const table_view& table);

/// The same for Graphviz.
std::string to_dot(const table_view& table);

/// Everything, refusals too, as one JSON object.
std::string to_json(const table_view& table);

}  // namespace hawser::governor
