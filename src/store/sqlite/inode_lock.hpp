// The right to write a database file, held on the file itself: under whichever name it is opened.
#pragma once

#include "store/sqlite/open_files.hpp"

#include <memory>

namespace hawser::io::sqlite {

/// A lock of the open file description (fcntl(2), F_OFD_SETLK) far behind the bytes that SQLite
/// locks. A file with two names would have two logs, one beside each, and two writers that know
/// nothing of each other. The system gives the lock back when the process ends, however it ends.
class inode_lock {
 public:
  enum class writers {
    one,
    many_of_one_name,  ///< all of them by the same name in the same folder
  };

  /// Throws store_error if the file is missing, may not be written, or is held by another writer,
  /// also of this process. Of many, one after the other opens the file: waits, at most 5 s, for
  /// the one that does.
  inode_lock(const std::string& path, writers w);
  ~inode_lock();
  inode_lock(const inode_lock&) = delete;
  inode_lock& operator=(const inode_lock&) = delete;

  /// Whether no other writer has it now.
  bool alone() const;
  /// Of many: the next one may open the file, which waits until then.
  void admit_others();
  /// Of many, to open the file once more: as long as it lives, or until admit_others(). Waits as
  /// the constructor does, and throws as it.
  class turn {
   public:
    turn(inode_lock& of, const std::string& path);
    ~turn() { of_.admit_others(); }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;

   private:
    inode_lock& of_;
  };
  const file_id& id() const noexcept { return id_; }
  /// To read the file by, without a descriptor that would have to be closed.
  int descriptor() const noexcept { return descriptor_; }

 private:
  bool lock_all();
  bool lock_name(const std::string& path);
  bool wait_for_turn();

  int descriptor_;
  file_id id_;
};

/// Whether a writer has the file, of this process or another one.
bool is_held(const std::string& path);

/// Locks the file behind `path` if there is one; a file that is locked already must still be there.
/// Throws store_error.
void hold(std::shared_ptr<inode_lock>& held, const std::string& path, inode_lock::writers w);

}  // namespace hawser::io::sqlite
