import Compression
import Foundation

/// Archives of numpy, written byte by byte.
enum NumpyArchiveBytes {
  /// A zip archive of arrays, none compressed.
  static func archive(_ arrays: [(name: String, content: Data)]) -> Data {
    var bytes: [UInt8] = []
    var directory: [UInt8] = []
    for (name, content) in arrays {
      let title = Array("\(name).npy".utf8)
      let offset = UInt32(bytes.count)
      let common =
        little(UInt16(20)) + little(UInt32(0)) + little(UInt32(0)) + little(Checksum.crc32(Array(content)))
        + little(UInt32(content.count)) + little(UInt32(content.count)) + little(UInt16(title.count))
        + little(UInt16(0))
      bytes += little(UInt32(0x0403_4b50)) + common + title + Array(content)
      directory += little(UInt32(0x0201_4b50)) + little(UInt16(20)) + common
      directory += little(UInt16(0)) + little(UInt32(0)) + little(UInt32(0)) + little(offset) + title
    }
    var end = little(UInt32(0x0605_4b50)) + little(UInt32(0))
    end += little(UInt16(arrays.count)) + little(UInt16(arrays.count))
    end += little(UInt32(directory.count)) + little(UInt32(bytes.count)) + little(UInt16(0))
    return Data(bytes + directory + end)
  }

  private static func little<T: FixedWidthInteger>(_ value: T) -> [UInt8] {
    (0..<T.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> T($0 * 8)) }
  }
}
