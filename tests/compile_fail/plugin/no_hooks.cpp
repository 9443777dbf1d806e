// expect: hawser: this plug-in lists no hooks
// expect: Plugin = gauge | <gauge>
// as: ASSERT CLIENT USED CHAIN
#include "check.hpp"

struct gauge : hawser::adapter<gauge> {};

CHECK(gauge, hawser::client<gauge>);
