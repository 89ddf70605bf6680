public import Foundation

/// SHA-256 (FIPS 180-4) of bytes that come in pieces. It names models, data and settings; it guards no secret.
public struct SHA256: Sendable {
  /// The bytes of a digest.
  public static let byteCount = 32

  private var state = SIMD8<UInt32>(
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19)
  /// Bytes that don't fill a block yet.
  private var rest = SIMD64<UInt8>()
  private var restCount = 0
  private var length: UInt64 = 0

  /// The digest of nothing, so far.
  public init() {}

  /// Adds bytes.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    length &+= UInt64(bytes.count)
    var bytes = bytes
    if restCount > 0 {
      let part = min(bytes.count, 64 - restCount)
      keep(UnsafeRawBufferPointer(rebasing: bytes.prefix(part)))
      bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(part))
      guard restCount == 64 else { return }
      restCount = 0
      let block = rest
      withUnsafeBytes(of: block) { compress($0) }
    }
    let whole = bytes.count / 64 * 64
    compress(UnsafeRawBufferPointer(rebasing: bytes.prefix(whole)))
    keep(UnsafeRawBufferPointer(rebasing: bytes.dropFirst(whole)))
  }

  private mutating func keep(_ bytes: UnsafeRawBufferPointer) {
    withUnsafeMutableBytes(of: &rest) {
      UnsafeMutableRawBufferPointer(rebasing: $0[restCount...]).copyMemory(from: bytes)
    }
    restCount += bytes.count
  }

  /// Adds bytes.
  public mutating func update(_ bytes: some ContiguousBytes) { bytes.withUnsafeBytes { update($0) } }

  /// The digest of all bytes added.
  public consuming func finalize() -> [UInt8] {
    let words = finalizeWords()
    return (0..<8).flatMap { index in withUnsafeBytes(of: words[index].bigEndian) { [UInt8]($0) } }
  }

  /// The digest of all bytes added, as eight words.
  consuming func finalizeWords() -> SIMD8<UInt32> {
    let bits = (length &* 8).bigEndian
    var padding = (first: SIMD64<UInt8>(), second: SIMD64<UInt8>())
    padding.first[0] = 0x80
    let count = (119 - restCount) % 64 + 1
    withUnsafeMutableBytes(of: &padding) { padding in
      padding.storeBytes(of: bits, toByteOffset: count, as: UInt64.self)
      update(UnsafeRawBufferPointer(rebasing: padding.prefix(count + 8)))
    }
    return state
  }

  /// The digest of all bytes added, as 64 hexadecimal digits.
  public consuming func hexDigest() -> String { SHA256.hexadecimal(finalize()) }

  /// The digest of a text in UTF-8.
  public static func digest(of text: String) -> [UInt8] {
    var hash = SHA256()
    hash.update([UInt8](text.utf8))
    return hash.finalize()
  }

  /// The digest of a file, as 64 hexadecimal digits.
  ///
  /// - Throws: `EvidenceError` (`inputOutput`) where the file can't be read.
  public static func hexDigest(ofFile path: String) throws -> String {
    do {
      let file = try Descriptor(opening: path, O_RDONLY)
      var hash = SHA256()
      var buffer = [UInt8](repeating: 0, count: 1 << 20)
      var offset = 0
      while true {
        let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0, at: offset) }
        if count == 0 { return hash.hexDigest() }
        buffer.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
        offset += count
      }
    } catch let error as SystemError {
      throw EvidenceError(.inputOutput, "\(path): the file can't be read: \(error)")
    }
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    let digits = [UInt8]("0123456789abcdef".utf8)
    return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// Takes in whole blocks.
  private mutating func compress(_ blocks: UnsafeRawBufferPointer) {
    SHA256.roundConstants.withUnsafeBufferPointer { constants in
      withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 64) { schedule in
        schedule.initialize(repeating: 0)
        for start in stride(from: 0, to: blocks.count, by: 64) {
          SHA256.expand(blocks, start, schedule)
          state = state &+ SHA256.mix(state, schedule, constants)
        }
      }
    }
  }

  @inline(__always)
  private static func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 { word &>> count | word &<< (32 &- count) }

  @inline(__always)
  private static func expand(
    _ blocks: UnsafeRawBufferPointer, _ start: Int, _ schedule: UnsafeMutableBufferPointer<UInt32>
  ) {
    for index in 0..<16 {
      schedule[index] = UInt32(
        bigEndian: blocks.loadUnaligned(fromByteOffset: start &+ 4 &* index, as: UInt32.self))
    }
    for index in 16..<64 {
      let early = schedule[index &- 15]
      let late = schedule[index &- 2]
      let first = rotate(early, 7) ^ rotate(early, 18) ^ early &>> 3
      let second = rotate(late, 17) ^ rotate(late, 19) ^ late &>> 10
      schedule[index] = schedule[index &- 16] &+ first &+ schedule[index &- 7] &+ second
    }
  }

  /// Sixty-four rounds, eight at a time so that the words change their names instead of their places.
  @inline(__always)
  private static func mix(
    _ state: SIMD8<UInt32>, _ schedule: UnsafeMutableBufferPointer<UInt32>, _ constants: UnsafeBufferPointer<UInt32>
  ) -> SIMD8<UInt32> {
    var (a, b, c, d) = (state[0], state[1], state[2], state[3])
    var (e, f, g, h) = (state[4], state[5], state[6], state[7])
    for index in stride(from: 0, to: 64, by: 8) {
      round(a, b, c, &d, e, f, g, &h, constants[index] &+ schedule[index])
      round(h, a, b, &c, d, e, f, &g, constants[index &+ 1] &+ schedule[index &+ 1])
      round(g, h, a, &b, c, d, e, &f, constants[index &+ 2] &+ schedule[index &+ 2])
      round(f, g, h, &a, b, c, d, &e, constants[index &+ 3] &+ schedule[index &+ 3])
      round(e, f, g, &h, a, b, c, &d, constants[index &+ 4] &+ schedule[index &+ 4])
      round(d, e, f, &g, h, a, b, &c, constants[index &+ 5] &+ schedule[index &+ 5])
      round(c, d, e, &f, g, h, a, &b, constants[index &+ 6] &+ schedule[index &+ 6])
      round(b, c, d, &e, f, g, h, &a, constants[index &+ 7] &+ schedule[index &+ 7])
    }
    return SIMD8(a, b, c, d, e, f, g, h)
  }

  @inline(__always)
  private static func round(
    _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: inout UInt32, _ e: UInt32, _ f: UInt32, _ g: UInt32,
    _ h: inout UInt32, _ word: UInt32
  ) {
    let first = h &+ (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) &+ (g ^ (e & (f ^ g))) &+ word
    d = d &+ first
    h = first &+ (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) &+ ((a & b) | (c & (a | b)))
  }

  private static let roundConstants: [UInt32] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5, 0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3, 0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc, 0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7, 0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13, 0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3, 0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5, 0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208, 0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
  ]
}
