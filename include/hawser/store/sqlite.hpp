// The embedded stores: outbox and ledger in SQLite files, and read-only views for audits.
#pragma once

#include <hawser/core/receipt/audit.hpp>
#include <hawser/store/ledger.hpp>
#include <hawser/store/outbox.hpp>

#include <boost/system/errc.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace hawser {

/// Opens the outbox of a device for its one writer, and verifies it: that its log has all that is
/// known to have been in it, SQLite's quick check, the checksums of its rows, the row counts, and
/// the last 1,000 links of every stream. A damaged row costs its stream or its key (see
/// outbox::damages()); a damaged file is moved aside and a new one is begun. Everything that
/// commit() answered for survives a crash (WAL, synchronous=FULL).
/// Errors, with words that say which file and why: store_errc::failed for a file that is not an
/// outbox, is of another version, is held by another writer, or cannot be opened;
/// errc::invalid_option for a bound of 0, no device, a file of another device, or what
/// `require_store` refuses.
result<opened_outbox, error_info> open_outbox(const outbox_options& options);
/// The same for edge_options::make_store. `file_system`: what SQLite reaches its files by, a name
/// that was registered with it; empty: the system's.
outbox_factory outbox_in_sqlite(std::string file_system = {});

/// Opens a ledger. Several processes of one machine may share the file; a group waits up to 5 s for
/// another one's. A file of version 1 gets its checksums in one transaction. A ledger that is gone
/// although `path`.id says that it was here is begun anew, and told by ledger::alarm(). Errors:
/// store_errc::failed; store_errc::corrupt, also if its log has lost what is known to have been in
/// it; errc::invalid_option for what `require_store` refuses; the words say which file and why.
result<std::unique_ptr<ledger>, error_info> open_ledger(const ledger_options& options);
/// The same for cloud_options::make_store.
ledger_factory ledger_in_sqlite(std::string file_system = {});

/// What was read means nothing: the owner came or went.
inline error_code archive_in_use() noexcept {
  return make_error_code(boost::system::errc::device_or_resource_busy);
}

/// Opens an outbox or a ledger to be audited, while its owner runs or not, also from a read-only
/// folder. Each call shows a snapshot of its own and holds nothing when it returns, so that an
/// owner may begin its log anew however long a reader takes. No file is made, changed or removed,
/// whatever state it is in; beside a running owner the reader enters its mark in the shared index
/// (`path`-shm). If the owner arrives or leaves meanwhile, calls may answer archive_in_use():
/// open and audit again. Errors: also store_errc::failed, store_errc::corrupt, with words that say
/// which file and why.
result<std::unique_ptr<receipt_archive>, error_info> open_outbox_archive(const std::string& path);
result<std::unique_ptr<receipt_archive>, error_info> open_ledger_archive(const std::string& path);

enum class store_kind { outbox, ledger };
/// Why a file that is there cannot be that store: it is of another program, of the other kind, or
/// of a later version; "" if it may be, also if it is damaged. Only its header is looked at, and
/// nothing is changed. Not while this process has the file open as a store: SQLite's locks would
/// go.
std::string why_no_store(const std::string& path, store_kind kind);

/// The SQLite that this process runs, "3.40.1".
std::string sqlite_version();

}  // namespace hawser
