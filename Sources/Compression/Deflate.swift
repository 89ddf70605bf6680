import CZlib

/// Streams for readers that expect compressed data, by zlib.
package enum Deflate {
  /// A zlib stream (RFC 1950) of the bytes as they are, in stored blocks.
  package static func stored(_ bytes: [UInt8]) -> [UInt8] {
    var count = compressBound(UInt(bytes.count))
    var stream = [UInt8](repeating: 0, count: Int(count))
    let status = compress2(&stream, &count, bytes, UInt(bytes.count), Z_NO_COMPRESSION)
    precondition(status == Z_OK, "zlib stores bytes wherever there is memory for them")
    return Array(stream[..<Int(count)])
  }
}
