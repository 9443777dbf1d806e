// expect: hawser::on::drop
// expect: hawser: Plugin has a member on_<Hook> but does not list Hook
// expect: Plugin = gauge | <gauge>
// as: ASSERT CLIENT
#include "check.hpp"

class gauge : public hawser::behavior<gauge, hawser::on::open> {
 public:
  void on_open(hawser::context&, const hawser::open_info&) {}

 private:
  void on_drop(hawser::context&, const hawser::drop_info&) {}
};

CHECK(gauge, hawser::client<right, gauge>);
