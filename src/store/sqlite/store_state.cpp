#include "store/sqlite/store_state.hpp"

namespace hawser::io::sqlite {

void store_state::look(const name_watch& names) {
  if (!lost_.empty()) return;
  const auto found = names.look();
  const bool told = std::exchange(unseen_, !found.unseen.empty());
  if (!found.lost.empty()) {
    lost_ =
        found.lost + "; nothing more goes into it: put the file back with its log, then restart";
  } else if (!found.unseen.empty()) {
    if (!told) notice_ = found.unseen + "; until it can, a loss of the store may go unnoticed";
  } else if (found.another_link && !std::exchange(linked_, true)) {
    notice_ = names.path() +
              ": has a second name (a hard link); the newest receipts are in the log beside this "
              "name, so a copy by links is no backup";
  } else if (!found.doubt.empty()) {
    notice_ = found.doubt + "; verify it, and keep others from its files";
  }
}

void store_state::require_names(const name_watch& names) {
  look(names);
  if (!lost_.empty()) throw store_error(store_errc::in_doubt, lost_, true);
}

void store_state::require_found(const name_watch* names) {
  if (names) look(*names);
  if (!lost_.empty()) throw store_error(store_errc::failed, lost_);
}

}  // namespace hawser::io::sqlite
