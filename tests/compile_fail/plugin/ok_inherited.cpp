// expect-ok
// as: ASSERT CLIENT USED CHAIN
#include "check.hpp"

// Hooks that come from a class between the plug-in and its base, and from one beside it.
template <class Self>
struct printer : hawser::behavior<Self, hawser::on::open, hawser::on::drop> {
  void on_open(hawser::context&, const hawser::open_info&) {}
};
struct shared {
  void on_drop(hawser::context&, const hawser::drop_info&) {}
};
struct gauge : printer<gauge>, shared {};

CHECK(gauge, hawser::client<right, gauge>);
