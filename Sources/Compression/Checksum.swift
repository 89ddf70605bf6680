import CZlib

/// Checksums of files, by zlib.
package enum Checksum {
  /// The cyclic redundancy check of zip and PNG (ISO 3309).
  package static func crc32(_ bytes: [UInt8]) -> UInt32 {
    UInt32(truncatingIfNeeded: crc32_z(0, bytes, bytes.count))
  }
}
