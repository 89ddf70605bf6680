import Evidence
import Synchronization

/// The SHA-256 of a file, which is read for it once, and only where somebody asks.
final class FileDigest: Sendable {
  private let path: String
  private let digest = Mutex<String?>(nil)

  init(_ path: String) { self.path = path }

  /// 64 hexadecimal digits.
  ///
  /// - Throws: `EvidenceError` (`inputOutput`) where the file can't be read.
  func hex() throws -> String {
    try digest.withLock { digest in
      if let digest { return digest }
      let hex = try SHA256.hexDigest(ofFile: path)
      digest = hex
      return hex
    }
  }

  /// The same; nil where the file can't be read any more.
  var known: String? { try? hex() }
}
