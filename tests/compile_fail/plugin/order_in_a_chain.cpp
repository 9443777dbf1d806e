// expect: hawser: First must be listed before Second; see RightOrder
// expect: First = early; Second = late | <early, late,
#include "check.hpp"

template <class Self>
struct onlooker : hawser::behavior<Self, hawser::on::message> {
  hawser::verdict on_message(hawser::context&, const hawser::inbound&) {
    return hawser::verdict::pass;
  }
};
struct early : onlooker<early> {};
struct late : onlooker<late> {
  using listed_after = hawser::behaviors<early>;
};

int main() {
  hawser::chain<late, early, right> chain{{}, {}, {}};
  return chain.mask() == 0;
}
