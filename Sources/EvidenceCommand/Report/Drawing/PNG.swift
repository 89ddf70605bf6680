import Foundation

/// Small images as PNG files, without compression (stored deflate blocks): no library is needed, and a digit is a kilobyte.
enum PNG {
  /// An image of 8 bits a channel: grey (one channel) or RGB (three), rows from the top.
  static func encode(_ samples: [UInt8], width: Int, height: Int, channels: Int) -> [UInt8] {
    precondition((channels == 1 || channels == 3) && samples.count == width * height * channels)
    var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    let kind: UInt8 = channels == 1 ? 0 : 2
    append("IHDR", bigEndian(UInt32(width)) + bigEndian(UInt32(height)) + [8, kind, 0, 0, 0], to: &file)
    var raw: [UInt8] = []
    raw.reserveCapacity(samples.count + height)
    for row in 0..<height {
      raw.append(0)
      raw += samples[row * width * channels..<(row + 1) * width * channels]
    }
    append("IDAT", stored(raw), to: &file)
    append("IEND", [], to: &file)
    return file
  }

  /// The image as an address that needs no network.
  static func dataAddress(_ samples: [UInt8], width: Int, height: Int, channels: Int) -> String {
    let file = encode(samples, width: width, height: height, channels: channels)
    return "data:image/png;base64," + Data(file).base64EncodedString()
  }

  /// A zlib stream (RFC 1950) of stored blocks (RFC 1951, section 3.2.4).
  private static func stored(_ bytes: [UInt8]) -> [UInt8] {
    var stream: [UInt8] = [0x78, 0x01]
    let limit = 65_535
    var start = 0
    repeat {
      let count = min(limit, bytes.count - start)
      let isLast = start + count == bytes.count
      stream.append(isLast ? 1 : 0)
      let length = UInt16(count)
      for word in [length, ~length] { stream += [UInt8(word & 0xFF), UInt8(word >> 8)] }
      stream += bytes[start..<start + count]
      start += count
    } while start < bytes.count
    var (a, b): (UInt32, UInt32) = (1, 0)
    for byte in bytes {
      a = (a + UInt32(byte)) % 65_521
      b = (b + a) % 65_521
    }
    return stream + bigEndian(b << 16 | a)
  }

  private static func append(_ kind: String, _ content: [UInt8], to file: inout [UInt8]) {
    let body = Array(kind.utf8) + content
    file += bigEndian(UInt32(content.count)) + body + bigEndian(checksum(body))
  }

  private static func bigEndian(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
  }

  /// CRC-32 of ISO 3309, bit by bit.
  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var register: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      register ^= UInt32(byte)
      for _ in 0..<8 { register = register >> 1 ^ (register & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
    return ~register
  }
}
