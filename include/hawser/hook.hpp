// The whole contract between plug-ins and the client: one table of hooks.
#pragma once

#include <hawser/hook_answer.hpp>
#include <hawser/hook_argument.hpp>

namespace hawser {

class context;

// The table. X(name, result, argument, the answer that passes): the hook on::<name> is the public
// member `<result> on_<name>(hawser::context&, <argument>)`. Hooks that return void notify
// everybody; the others decide, in list order, adapter last, until one does not pass.
// clang-format off
#define HAWSER_HOOKS(X)                                                                \
  /* connection */                                                                     \
  X(connecting,   admission, handshake&,        admission::go())                       \
  X(open,         void,      const open_info&,  )                                      \
  X(drop,         void,      const drop_info&,  )                                      \
  X(ready,        void,      const ready_info&, )                                      \
  X(wake,         void,      const wake_info&,  )                                      \
  X(frame,        void,      const frame_info&, )                                      \
  /* message */                                                                        \
  X(message,      verdict,   const inbound&,    verdict::pass)                         \
  X(sending,      permit,    const outbound&,   permit::pass())                        \
  X(settled,      void,      const settled_info&, )                                    \
  /* error */                                                                          \
  X(error,        reaction,  const failure&,    reaction::pass())                      \
  X(stopped,      void,      const stop_info&,  )                                      \
  /* auth */                                                                           \
  X(authenticate, grant,     auth_request&,     grant::ready())                        \
  X(renewed,      void,      const credentials&, )                                     \
  /* what behaviors ask of the adapter, and what it tells them */                      \
  X(heartbeat,    verdict,   const heartbeat_info&, verdict::pass)                     \
  X(subscription, void,      const subscription_event&, )
// clang-format on

/// The position of each hook in the table, and in a hook_mask.
enum class hook : std::uint8_t {
#define HAWSER_HOOK_ENUM(NAME, RESULT, ARGUMENT, PASS) NAME,
  HAWSER_HOOKS(HAWSER_HOOK_ENUM)
#undef HAWSER_HOOK_ENUM
};

/// A set of hooks, one bit each.
using hook_mask = std::uint32_t;
constexpr hook_mask bit(hook h) noexcept { return hook_mask{1} << static_cast<unsigned>(h); }

/// The tags that a plug-in lists: `hawser::behavior<Self, hawser::on::open, hawser::on::drop>`.
namespace on {
#define HAWSER_HOOK_TAG(NAME, RESULT, ARGUMENT, PASS)       \
  struct NAME {                                             \
    static constexpr hook id = hook::NAME;                  \
    static constexpr std::string_view member = "on_" #NAME; \
    using result = RESULT;                                  \
    using argument = ARGUMENT;                              \
    static result passing() { return PASS; }                \
    template <class P>                                      \
    static result call(P& plugin, context& c, argument a) { \
      return plugin.on_##NAME(c, a);                        \
    }                                                       \
  };
HAWSER_HOOKS(HAWSER_HOOK_TAG)
#undef HAWSER_HOOK_TAG
}  // namespace on

}  // namespace hawser
