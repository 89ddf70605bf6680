import Foundation

/// A file that is only ever replaced as a whole: whoever opens it, also after a crash, finds the last one that was finished.
package enum AtomicFile {
  /// Writes the bytes under another name, waits until they are on the disk, and moves them to their place.
  ///
  /// - Throws: `EvidenceError` where the file can't be made or the disk is full; what was there before stays.
  package static func write(_ bytes: [UInt8], to path: String, _ name: String) throws {
    let partial = ResultsPaths.partial(path)
    do {
      let file = try Descriptor.create(partial)
      do {
        try file.reserve(bytes.count)
        try bytes.withUnsafeBytes { try file.write($0, at: 0) }
        try file.synchronize()
        try Descriptor.move(partial, over: path)
      } catch {
        try? Descriptor.remove(partial)
        throw error
      }
      let directory = (path as NSString).deletingLastPathComponent
      try Descriptor.synchronizeDirectory(directory.isEmpty ? "." : directory)
    } catch let error as SystemError {
      let isRoom = [ENOSPC, EDQUOT, EFBIG, EIO].contains(error.number)
      throw EvidenceError(
        isRoom ? .inputOutput : .cannotCreateOutput, "\(path): \(name) can't be written: \(error)")
    }
  }
}
