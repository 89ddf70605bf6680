import Evidence
import Synchronization

/// The SHA-256 of a file, which is read for it once, and only where somebody asks.
package final class FileDigest: Sendable {
  private let path: String
  private let digest = Mutex<String?>(nil)

  package init(_ path: String) { self.path = path }

  /// 64 hexadecimal digits.
  ///
  /// - Throws: `EvidenceError` (`inputOutput`) where the file can't be read.
  package func hex() throws -> String {
    try digest.withLock { digest in
      if let digest { return digest }
      let hex = try SHA256.hexDigest(ofFile: path)
      digest = hex
      return hex
    }
  }

  /// The same; nil where the file can't be read any more.
  package var known: String? { try? hex() }
}
