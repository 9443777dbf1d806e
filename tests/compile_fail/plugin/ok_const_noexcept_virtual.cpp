// expect-ok
// as: ASSERT CLIENT USED CHAIN
#include "check.hpp"

struct gauge : hawser::behavior<gauge, hawser::on::open, hawser::on::drop, hawser::on::wake,
                                hawser::on::frame> {
  virtual ~gauge() = default;
  void on_open(hawser::context&, const hawser::open_info&) const {}
  void on_drop(hawser::context&, const hawser::drop_info&) noexcept {}
  void on_wake(hawser::context&, const hawser::wake_info&) const noexcept {}
  virtual void on_frame(hawser::context&, const hawser::frame_info&) {}
};

CHECK(gauge, hawser::client<right, gauge>);
