// Reads a database without making, changing or removing a file.
#pragma once

namespace hawser::io::sqlite {

/// For a database that nobody has open. Registers the VFS once and returns its name; thread-safe.
///
/// A read-only connection to a database in WAL mode still makes the log and the shared index if
/// they are missing, and fails where it cannot. Through this VFS they are never made: the log is
/// opened read-only, or stands for an empty one if there is none, and with `PRAGMA locking_mode =
/// EXCLUSIVE` the index lives in memory ("Write-Ahead Logging", "Use of WAL Without
/// Shared-Memory"). That mode asks for an exclusive lock of the database, which a reader has no
/// need of: a shared one is taken. So a writer may come, and the caller has to notice.
const char* cold_vfs();

/// The same for a database that its owner has open: the index is shared with it. A read-only
/// connection removes the log of a database that has become empty; through this VFS it cannot.
const char* beside_vfs();

}  // namespace hawser::io::sqlite
