import Foundation

/// A file that is only ever replaced as a whole: whoever opens it, also after a crash, finds the last one that was finished.
package enum AtomicFile {
  /// Writes the bytes of a file.
  ///
  /// - Throws: `EvidenceError` where the file can't be made or the disk is full; what was there before stays.
  package static func write(_ bytes: [UInt8], to path: String, _ name: String) throws {
    do {
      _ = try replace(path) { _, file in
        try file.reserve(bytes.count)
        try bytes.withUnsafeBytes { try file.write($0, at: 0) }
      }
    } catch let error as SystemError {
      let isRoom = [ENOSPC, EDQUOT, EFBIG, EIO].contains(error.number)
      throw EvidenceError(
        isRoom ? .inputOutput : .cannotCreateOutput, "\(path): \(name) can't be written: \(error)")
    }
  }

  /// Writes a file under another name, waits until it is on the disk, and moves it to its place.
  ///
  /// - Parameters:
  ///   - check: Called last before the move; what it throws leaves everything as it was.
  ///   - write: Writes to the path, which is open.
  /// - Returns: The file.
  static func replace(
    _ target: String, check: () throws -> Void = {}, write: (_ path: String, _ file: Descriptor) throws -> Void
  ) throws -> Descriptor {
    let path = ResultsPaths.partial(target)
    let file = try Descriptor.create(path)
    do {
      try write(path, file)
      try file.synchronize()
      try check()
      try Descriptor.move(path, over: target)
    } catch {
      try? Descriptor.remove(path)
      throw error
    }
    let directory = (target as NSString).deletingLastPathComponent
    try Descriptor.synchronizeDirectory(directory.isEmpty ? "." : directory)
    return file
  }
}
