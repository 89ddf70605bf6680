import Foundation

/// Why the operating system did not do as asked.
package struct SystemError: Error, CustomStringConvertible {
  let number: Int32

  init(_ number: Int32 = errno) { self.number = number }

  /// Such as "No space left on device".
  package var description: String { String(cString: strerror(number)) }
}

/// An open file of the operating system. It is closed, and with it goes a lock, when the last reference goes.
final class Descriptor {
  /// What a file is known by, whatever its name.
  struct Identity: Equatable {
    let device: UInt64
    let inode: UInt64

    /// Of what is at a path; nil where nothing is.
    init?(at path: String) throws {
      var status = stat()
      guard stat(path, &status) == 0 else {
        if errno == ENOENT || errno == ENOTDIR { return nil }
        throw SystemError()
      }
      self.init(status)
    }

    fileprivate init(_ status: stat) {
      device = UInt64(truncatingIfNeeded: status.st_dev)
      inode = UInt64(truncatingIfNeeded: status.st_ino)
    }
  }

  private let number: Int32

  init(opening path: String, _ flags: Int32) throws {
    number = open(path, flags | O_CLOEXEC, 0o666)
    guard number >= 0 else { throw SystemError() }
  }

  deinit { close(number) }

  var identity: Identity { get throws { Identity(try status()) } }
  var byteCount: Int { get throws { Int(try status().st_size) } }

  private func status() throws -> stat {
    var status = stat()
    try check(fstat(number, &status))
    return status
  }

  private func check(_ result: Int32) throws {
    guard result == 0 else { throw SystemError() }
  }

  /// Who has a file for itself.
  enum Lock {
    /// This process, until it closes the file.
    case taken
    /// Another process, perhaps on another host.
    case held
    /// Nobody: the file system has no locks.
    case unsupported
  }

  /// Takes the file for this process alone, where no other has it.
  func lock() throws -> Lock {
    if flock(number, LOCK_EX | LOCK_NB) == 0 { return .taken }
    switch errno {
    case EWOULDBLOCK: return .held
    case ENOSYS, EOPNOTSUPP, ENOLCK: return .unsupported
    default: throw SystemError()
    }
  }

  /// Reads until the buffer is full or the file ends; returns how much was read.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws -> Int {
    var total = 0
    while total < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[total...])
      let count = pread(number, rest.baseAddress, rest.count, off_t(offset + total))
      if count == 0 { break }
      if count > 0 { total += count } else if errno != EINTR { throw SystemError() }
    }
    return total
  }

  /// Writes everything.
  func write(_ buffer: UnsafeRawBufferPointer, at offset: Int) throws {
    var total = 0
    while total < buffer.count {
      let rest = UnsafeRawBufferPointer(rebasing: buffer[total...])
      let count = pwrite(number, rest.baseAddress, rest.count, off_t(offset + total))
      if count >= 0 { total += count } else if errno != EINTR { throw SystemError() }
    }
  }

  /// Makes the file as long as this.
  func truncate(to length: Int) throws { try check(ftruncate(number, off_t(length))) }

  /// Waits until the file is on the disk.
  func synchronize() throws { try check(fsync(number)) }

  /// Gives the file the permissions of another.
  func copyMode(of other: Descriptor) throws { try check(fchmod(number, try other.status().st_mode & 0o7777)) }

  /// Sets aside space up to this length, so that a full disk is met before anything is written; true unless the disk
  /// is known to be too full.
  func reserve(_ length: Int) throws {
    let result = posix_fallocate(number, 0, off_t(length))
    // Other failures say nothing about the space.
    if [ENOSPC, EDQUOT, EFBIG].contains(result) { throw SystemError(result) }
  }

  /// Waits until the names in a directory are on the disk.
  static func synchronizeDirectory(_ path: String) throws {
    let directory = try Descriptor(opening: path, O_RDONLY | O_DIRECTORY)
    // Some file systems can't, and need not.
    if fsync(directory.number) != 0, errno != EINVAL { throw SystemError() }
  }

  /// Makes a file that was not there before.
  static func create(_ path: String) throws -> Descriptor {
    try remove(path)
    return try Descriptor(opening: path, O_RDWR | O_CREAT | O_EXCL)
  }

  /// Removes a file, if it is there.
  static func remove(_ path: String) throws {
    if unlink(path) != 0, errno != ENOENT { throw SystemError() }
  }

  /// Puts a file in the place of another, in one step.
  static func move(_ path: String, over target: String) throws {
    guard rename(path, target) == 0 else { throw SystemError() }
  }

  /// Copies all bytes of a file, and waits until most are on the disk. `check` is called often, and may throw.
  func copy(from source: Descriptor, check: () throws -> Void) throws {
    // Not on the stack, which may be small.
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    defer { buffer.deallocate() }
    var offset = 0
    while true {
      let count = try source.read(into: buffer, at: offset)
      if count == 0 { return }
      try write(UnsafeRawBufferPointer(rebasing: buffer[..<count]), at: offset)
      offset += count
      if offset.isMultiple(of: 1 << 23) { try synchronize() }
      try check()
    }
  }
}
