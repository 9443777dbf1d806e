// New credentials for an open link.
#pragma once

#include <hawser/core/text/sent_secrets.hpp>
#include <hawser/hook.hpp>

#include <string>
#include <vector>

namespace hawser::io {

/// The one request for new credentials that may be under way; the link goes on with its old ones
/// until they are granted. A later request takes the place of an earlier one, whose answer then
/// says nothing. A pure machine. Not thread-safe.
class renewal {
 public:
  /// For this link to `where`, until then. Its number.
  std::uint64_t begin(std::uint64_t link, std::string where, time_point until);
  /// The request of this number has its answer. False: it is not awaited any more.
  bool finish(std::uint64_t number) noexcept;
  /// Its answer: all that is granted to the link, with what a plug-in set on the request.
  const std::vector<header>& grant(const std::vector<header>& granted);

  handshake& request() noexcept { return request_; }
  std::uint64_t number() const noexcept { return number_; }
  std::uint64_t link() const noexcept { return link_; }
  time_point deadline() const noexcept { return deadline_; }
  /// What was granted and what is asked with: a link whose peer echoes them is not to show them.
  void hide_in(sent_secrets& from) const;

 private:
  std::uint64_t number_ = 0;
  std::uint64_t link_ = 0;
  handshake request_;
  std::vector<header> shown_;  // what the renewal before this one granted
  time_point deadline_ = never;
};

}  // namespace hawser::io
