// expect: deleted
// as: POINTER_SIZE CHARS_SIZE BYTES_SIZE ZERO NULLPTR
// as: NOTHING
#include "check.hpp"

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
#else
  (void)s.send({});
#endif
}

void from_a_hook(hawser::context& c) { try_it(c); }
