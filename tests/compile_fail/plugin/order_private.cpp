// expect: listed_before and listed_after of a plug-in are public aliases
// expect: Plugin = gauge | <gauge>
// as: CLIENT USED
#include "check.hpp"

class gauge : public hawser::behavior<gauge, hawser::on::message> {
  using listed_before = hawser::behaviors<right>;

 public:
  hawser::verdict on_message(hawser::context&, const hawser::inbound&) {
    return hawser::verdict::pass;
  }
};

CHECK(gauge, hawser::client<right, gauge>);
