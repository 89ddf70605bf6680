import CZlib

/// Decompression of a raw deflate stream (RFC 1951), by zlib.
///
/// Output grows with what the stream holds and never beyond the limit, whatever was claimed about it.
package enum Inflate {
  /// Why a stream was given up.
  package enum Problem: Error, Equatable {
    case truncated
    /// With zlib's words.
    case invalid(String)
    case longerThan(Int)
  }

  /// The bytes that a stream stands for.
  package static func bytes(_ stream: [UInt8], limit: Int) throws(Problem) -> [UInt8] {
    var state = z_stream()
    guard czlib_inflate_raw(&state) == Z_OK else { throw .invalid("zlib can't start: it is out of memory") }
    defer { inflateEnd(&state) }
    var output: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    var position = 0
    while true {
      let (status, taken, made) = step(&state, stream, from: position, into: &chunk)
      position += taken
      guard made <= limit - output.count else { throw .longerThan(limit) }
      output += chunk[..<made]
      switch status {
      case Z_STREAM_END: return output
      case Z_OK where taken > 0 || made > 0: continue
      case Z_OK, Z_BUF_ERROR: throw .truncated
      default: throw .invalid(state.msg.map { String(cString: $0) } ?? "zlib's error \(status)")
      }
    }
  }

  /// One call of zlib: its status, and how many bytes it took and made.
  private static func step(
    _ state: inout z_stream, _ stream: [UInt8], from position: Int, into chunk: inout [UInt8]
  ) -> (status: Int32, taken: Int, made: Int) {
    stream.withUnsafeBufferPointer { input in
      chunk.withUnsafeMutableBufferPointer { output in
        let available = min(stream.count - position, 1 << 30)
        // zlib only reads what it is given.
        state.next_in = input.baseAddress.map { UnsafeMutablePointer(mutating: $0 + position) }
        state.avail_in = UInt32(available)
        state.next_out = output.baseAddress
        state.avail_out = UInt32(output.count)
        let status = inflate(&state, Z_NO_FLUSH)
        return (status, available - Int(state.avail_in), output.count - Int(state.avail_out))
      }
    }
  }
}
