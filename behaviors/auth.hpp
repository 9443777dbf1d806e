// Brings a token to every attempt, and a fresh one before it expires.
#pragma once

#include <hawser/behavior.hpp>
#include <hawser/context.hpp>
#include <hawser/core/explain/description.hpp>
#include <hawser/core/recovery/credential.hpp>
#include <hawser/core/recovery/link_pair.hpp>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <utility>

namespace hawser {

struct reconnect;

/// Answers a provider that fetches tokens elsewhere: from any thread, once. Dropping it leaves the
/// attempt to deadlines::authenticate (errc::auth_timeout). Moved, not copied.
class token_ticket {
 public:
  struct cell {
    token arrived;
    std::atomic<bool> here{false};  // set last: then the strand may read it
  };
  token_ticket(auth_ticket t, std::shared_ptr<cell> to, header prefix)
      : ticket_(std::move(t)), cell_(std::move(to)), header_(std::move(prefix)) {}

  void grant(token t) {
    if (!cell_) return;
    if (t.value.empty()) return refuse(errc::unauthorized);
    header_.value += t.value;
    const auto to = std::exchange(cell_, nullptr);
    to->arrived = std::move(t);
    to->here.store(true, std::memory_order_release);
    ticket_.grant({std::move(header_)});
  }
  /// The attempt fails with `ec`; no token: errc::unauthorized.
  void refuse(error_code ec) {
    if (std::exchange(cell_, nullptr)) ticket_.refuse(ec);
  }

 private:
  auth_ticket ticket_;
  std::shared_ptr<cell> cell_;
  header header_;
};

/// Adds a token to every upgrade request: `Authorization: Bearer <token>` (RFC 6750), or another
/// field. It is asked of `provide` (which returns it, on the strand) or `fetch` (which answers by a
/// ticket within deadlines::authenticate) before every attempt, and kept until `refresh_ahead`
/// before its end. A token that the peer refuses (401, 403, 407, or a Close with 1008) is replaced
/// once, at once; if the next is refused too the client ends, unless a plug-in behind wants
/// otherwise. A link that lived for `stable` shows that its token was good.
///
/// Ahead of the end of its token, an open link is told a new one if the adapter can do that (it
/// lists on::renewed), or else is replaced by a fresh link (context::recycle) if
/// `recycle_on_expiry`.
///
/// Tokens are not logged: trace tells of an attempt before this hook adds the field.
///
/// It is listed before reconnect, which may answer the refusal of a token that this replaces.
struct auth : behavior<auth, on::authenticate, on::open, on::drop, on::wake, on::error> {
  using listed_before = behaviors<reconnect>;

  struct options {
    std::function<token()> provide = {};  ///< one of both must be given
    std::function<void(token_ticket)> fetch = {};
    duration refresh_ahead = std::chrono::seconds(60);  ///< 0 to 24 h
    duration stable = std::chrono::seconds(10);         ///< not negative
    bool recycle_on_expiry = true;
    std::string field = "Authorization";  ///< the header's name
    std::string scheme = "Bearer ";       ///< before the token
  };

  auth() : auth(options{}) {}
  explicit auth(options o)
      : options_(std::move(o)), credential_(options_.refresh_ahead, options_.stable) {}

  result<void, error_info> validate() const {
    const options& o = options_;
    if (!o.provide == !o.fetch) {
      return invalid_option("auth: either provide or fetch must be given");
    }
    if (o.refresh_ahead < duration::zero() || o.refresh_ahead > std::chrono::hours(24) ||
        o.stable < duration::zero()) {
      return invalid_option("auth: refresh_ahead must be from 0 to 24 h, stable not negative");
    }
    if (o.field.empty()) {
      return invalid_option("auth: field must be the name of a header");
    }
    return {};
  }

  grant on_authenticate(context& c, auth_request& a) {
    collect();
    if (!credential_.usable(c.now())) {
      asked_ = c.now();
      if (options_.fetch) {
        asked_for_ = a.live ? c.link().number : 0;
        cell_ = std::make_shared<token_ticket::cell>();
        options_.fetch({a.defer(), cell_, {options_.field, options_.scheme}});
        return grant::pending();
      }
      credential_.store(options_.provide(), asked_);
      if (credential_.value().empty()) return grant::refuse(errc::unauthorized);
    }
    a.request.headers.push_back({options_.field, options_.scheme + credential_.value()});
    if (a.live) renewed(c.link().number);
    return grant::ready();
  }

  void on_open(context& c, const open_info& o) {
    collect();
    links_.opened(o.link, o.successor, {credential_.refresh_at()});
    credential_.opened(c.now());
    c.wake_at(links_.newest().state.due);
  }
  void on_drop(context& c, const drop_info& d) {
    switch (links_.dropped(d.link)) {
      case place::only:
        return c.cancel_wake();
      case place::successor:  // Its predecessor has the token that it had.
        return c.wake_at(std::max(links_.newest().state.due, c.now() + pause()));
      case place::predecessor:
      case place::none:
        return;
    }
  }
  void on_wake(context& c, const wake_info&) {
    collect();
    if (!c.link().open) return c.cancel_wake();
    const time_point due = links_.newest().state.due;
    if (c.now() < due) return c.wake_at(due);
    if (c.wants(hook::renewed)) {
      c.reauthenticate();
    } else if (options_.recycle_on_expiry) {
      c.recycle();
    }
    c.wake_at(c.now() + pause());
  }

  reaction on_error(context& c, const failure& f) {
    collect();
    if (f.error != errc::unauthorized || f.at == phase::authenticating) return reaction::pass();
    return credential_.refused(c.now()) ? reaction::retry_after(duration::zero())
                                        : reaction::pass();
  }

  /// Whether there is a token, never which one.
  void describe(description& d) const {
    d.add("token", !credential_.value().empty());
    if (credential_.refresh_at() != never) d.add("refresh", credential_.refresh_at());
    if (cell_ && !cell_->here.load(std::memory_order_acquire)) d.add("asked", asked_);
    if (credential_.rejected()) d.add("refused", true);
  }

 private:
  // Of a link: when the token that it was told is to be replaced.
  struct told {
    time_point due = never;
  };
  using place = link_pair<told>::place;

  // What a ticket brought, from wherever it was finished.
  void collect() {
    if (!cell_ || !cell_->here.load(std::memory_order_acquire)) return;
    credential_.store(std::move(cell_->arrived), asked_);
    cell_.reset();
    renewed(asked_for_);
  }
  // This link is told the token that we have.
  void renewed(std::uint64_t link) noexcept {
    if (told* of = links_.find(link)) of->due = credential_.refresh_at();
  }
  // Between attempts to replace a token.
  duration pause() const noexcept {
    return std::max<duration>(options_.refresh_ahead / 4, std::chrono::seconds(1));
  }

  options options_;
  credential credential_;
  std::shared_ptr<token_ticket::cell> cell_;
  time_point asked_{};
  std::uint64_t asked_for_ = 0;  // the open link; 0: an attempt
  link_pair<told> links_;
};

}  // namespace hawser
