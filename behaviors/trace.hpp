// Says what happens on the link, for the one who debugs it at 3 a.m.
#pragma once

#include <hawser/behavior.hpp>
#include <hawser/context.hpp>

namespace hawser {

/// Writes every event of the link to the client's log_sink: attempts, opens, drops and failures at
/// `info`, frames at `trace` with direction, opcode and size. Payloads only if `payloads` says how
/// many bytes; the values of header fields and query parameters whose name says that they are
/// secret (Authorization, Cookie, X-Api-Key, access_token and the like) never. Costs a comparison a
/// frame while the sink wants no trace.
struct trace : behavior<trace, on::connecting, on::open, on::drop, on::frame, on::error> {
  struct options {
    std::size_t payloads = 0;  ///< bytes of each payload that are shown
  };

  trace() = default;
  explicit trace(options o) : options_(o) {}

  admission on_connecting(context& c, handshake& h);
  void on_open(context& c, const open_info& o);
  void on_drop(context& c, const drop_info& d);
  void on_frame(context& c, const frame_info& f) {
    if (c.wants(log_level::trace)) write_frame(c, f);
  }
  reaction on_error(context& c, const failure& f);

 private:
  void write_frame(context& c, const frame_info& f) const;

  options options_;
};

}  // namespace hawser
