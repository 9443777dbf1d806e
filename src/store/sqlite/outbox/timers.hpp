// A governor's timers as they are stored: a CBOR array of [name, deadline, remaining, frozen].
#pragma once

#include <hawser/governor/types.hpp>

namespace hawser::io::sqlite {

bytes encode_timers(const std::vector<governor::timer_state>& timers);
/// wire_errc::malformed for anything that encode_timers() would not have written.
result<std::vector<governor::timer_state>> decode_timers(bytes_view encoded);

}  // namespace hawser::io::sqlite
