// expect: hawser: expected `result<void, error_info> validate() const`
// expect: gauge
// as: CLIENT CHAIN
#include "check.hpp"

class gauge : public hawser::adapter<gauge, hawser::on::message> {
  hawser::result<void, hawser::error_info> validate() const { return {}; }

 public:
  hawser::verdict on_message(hawser::context&, const hawser::inbound&) { return hawser::handled; }
};

CHECK(gauge, hawser::client<gauge>);
