// The TLS half of Asio, compiled once; only the Beast client needs it.
#include <boost/asio/ssl/impl/src.hpp>
