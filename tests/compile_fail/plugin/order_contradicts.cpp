// expect: contradicts itself
// expect: First = a; Second = b | <a, b> | First = b; Second = a | <b, a>
// as: CLIENT
#include "check.hpp"

struct b;
template <class Self>
struct onlooker : hawser::behavior<Self, hawser::on::message> {
  hawser::verdict on_message(hawser::context&, const hawser::inbound&) {
    return hawser::verdict::pass;
  }
};
struct a : onlooker<a> {
  using listed_before = hawser::behaviors<b>;
};
struct b : onlooker<b> {
  using listed_before = hawser::behaviors<a>;
};

CHECK(a, hawser::client<right, a, b>);
