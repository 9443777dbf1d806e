// expect: deleted | no matching
// as: POINTER_SIZE CHARS_SIZE BYTES_SIZE ZERO NULLPTR
// as: NOTHING INTEGERS CHARS BYTES_POINTER FLAG
#include "check.hpp"

#include <string>
#include <vector>

template <class Sender>
void try_it(Sender& s) {
  [[maybe_unused]] const char* text = "text";
  [[maybe_unused]] char chars[8] = "text";
  [[maybe_unused]] std::uint8_t bytes[8] = {};
#if defined(POINTER_SIZE)
  (void)s.send(text, 4);
#elif defined(CHARS_SIZE)
  (void)s.send(chars, sizeof chars);
#elif defined(BYTES_SIZE)
  (void)s.send(bytes, sizeof bytes);
#elif defined(ZERO)
  (void)s.send(0);
#elif defined(NULLPTR)
  (void)s.send(nullptr);
#elif defined(NOTHING)
  (void)s.send({});
#elif defined(INTEGERS)
  (void)s.send(std::vector<int>{1});
#elif defined(CHARS)  // Is it text?
  (void)s.send(std::vector<char>{'a'});
#elif defined(BYTES_POINTER)
  (void)s.send(static_cast<const std::uint8_t*>(bytes));
#else
  (void)s.send(true);
#endif
}

void from_a_hook(hawser::context& c) { try_it(c); }
