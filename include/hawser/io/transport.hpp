// The seam below the session: a byte stream that never blocks.
#pragma once

#include <hawser/core/bytes.hpp>
#include <hawser/error.hpp>
#include <hawser/tls.hpp>

#include <memory>
#include <string>

namespace hawser::io {

/// What one non-blocking attempt did.
struct io_result {
  enum class kind : std::uint8_t {
    done,         ///< `n` bytes moved, or the handshake is through
    blocked,      ///< nothing moved; wait for the side that the call is about
    wants_write,  ///< a read or handshake can go on only after a write (TLS)
    wants_read,   ///< a write or handshake can go on only after a read (TLS)
    ended,        ///< the peer ended its side
    failed,       ///< see `error`
  };
  kind what = kind::blocked;
  std::size_t n = 0;
  error_code error;
};

/// Told when a transport may be tried again. Kept alive by the waits that are under way; after its
/// owner has let go of the transport a late call must be ignored.
class io_waiter : public std::enable_shared_from_this<io_waiter> {
 public:
  virtual ~io_waiter() = default;
  virtual void readable() = 0;
  virtual void writable() = 0;
};

/// A byte stream: a socket, or a filter over another transport (TLS). Used on one strand. Readiness
/// instead of completion, so that an idle link needs no buffer and a filter needs no queue of its
/// own.
class transport {
 public:
  virtual ~transport() = default;

  /// What must happen before the first byte (a TLS handshake). Call until it is done or failed.
  virtual io_result handshake() = 0;
  virtual io_result read(std::span<std::byte> into) = 0;
  /// Writes as much of the views as fits, in order. After `blocked` the bytes of the next call
  /// begin with those of this one: a filter may have taken them already.
  virtual io_result write(std::span<const bytes_view> from) = 0;
  /// One call of readable(), also when the stream ended or failed. At most one wait a side.
  virtual void wait_readable(io_waiter& w) = 0;
  virtual void wait_writable(io_waiter& w) = 0;
  /// Ends our side; what was written still arrives.
  virtual void shutdown() noexcept = 0;
  /// Ends both sides at once. Waits complete, late.
  virtual void close() noexcept = 0;
  /// What the error of a failed call means here, in words.
  virtual std::string describe(const error_code& ec) const { return ec.message(); }
  /// After the handshake: what protects the stream.
  virtual tls_info security() const { return {}; }
};

}  // namespace hawser::io
