import Compression
import Foundation

/// Small images as PNG files, without compression, so that every version of zlib makes the same bytes: a digit is a kilobyte.
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
    append("IDAT", Deflate.stored(raw), to: &file)
    append("IEND", [], to: &file)
    return file
  }

  /// The image as an address that needs no network.
  static func dataAddress(_ samples: [UInt8], width: Int, height: Int, channels: Int) -> String {
    let file = encode(samples, width: width, height: height, channels: channels)
    return "data:image/png;base64," + Data(file).base64EncodedString()
  }

  private static func append(_ kind: String, _ content: [UInt8], to file: inout [UInt8]) {
    let body = Array(kind.utf8) + content
    file += bigEndian(UInt32(content.count)) + body + bigEndian(Checksum.crc32(body))
  }

  private static func bigEndian(_ value: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
  }
}
