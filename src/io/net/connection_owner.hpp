// Whom a link belongs to: a client's engine, or a peer of an acceptor.
#pragma once

#include <hawser/effects.hpp>
#include <hawser/hook.hpp>

#include <string>
#include <string_view>

namespace hawser::io {

class connection;

/// What a connection needs of the client or peer that it belongs to.
class connection_owner {
 public:
  virtual ~connection_owner() = default;
  /// The link is no longer usable; on_drop was called. The connection may linger to end TCP
  /// properly: until released() it needs ticks.
  virtual void ended(connection& c, const drop_info& info, std::string_view detail) = 0;
  /// What the peer said, as it may be shown: without our own credentials.
  virtual std::string shown(const connection& c, std::string_view said) const {
    (void)c;
    return std::string(said);
  }
  /// Nothing is left of it.
  virtual void released(connection& c) = 0;
  /// A plug-in asked for the end of the client.
  virtual void stop_requested() = 0;
  /// A plug-in began the closing handshake.
  virtual void closing(connection& c) = 0;
  /// The login, if there was one, is through: on_ready follows.
  virtual void ready(connection& c) = 0;
  /// A plug-in, or the program, closes a link that is over.
  virtual void close_unlinked(close_code code, std::string_view reason) {
    (void)code;  // Who does not dial has nothing else to close.
    (void)reason;
  }
  /// A plug-in, most likely one that threw, ends a link that is over.
  virtual void failed_unlinked(error_code ec, std::string_view detail) = 0;
  /// A plug-in wants a successor of the link.
  virtual void recycle(connection& c) = 0;
  /// A successor ends before it took over: what it holds may go out on its predecessor.
  virtual void reclaim(connection& c) = 0;
  /// A plug-in wants new credentials for this link.
  virtual void reauthenticate(connection& c) = 0;
  /// More than one message waits to be delivered, and others shall have their turn: call
  /// c.resume() soon.
  virtual void resume_later(connection& c) = 0;
  /// A plug-in has heavy work. What refuses it.
  virtual result<void> offload(effects::job& work) = 0;
  /// Deadlines or wake times may have moved.
  virtual void reschedule() = 0;
};

}  // namespace hawser::io
