/// Decompression of a deflate stream (RFC 1951).
///
/// A stream of n bytes makes at most 1032 n, and never more than the limit: output grows with what the stream
/// holds, whatever was claimed about it.
struct Inflate {
  /// Why a stream was given up.
  enum Problem: Error, Equatable {
    case truncated
    case invalid(String)
    case longerThan(Int)
  }

  private var bits: BitReader
  private var output: [UInt8] = []
  private let limit: Int

  /// The bytes that a stream stands for.
  static func bytes(_ stream: ArraySlice<UInt8>, limit: Int) throws(Problem) -> [UInt8] {
    var inflate = Inflate(bits: BitReader(stream), limit: limit)
    try inflate.run()
    return inflate.output
  }

  private init(bits: BitReader, limit: Int) {
    self.bits = bits
    self.limit = limit
  }

  private mutating func run() throws(Problem) {
    var isLast = false
    while !isLast {
      isLast = try bits.take(1) == 1
      switch try bits.take(2) {
      case 0: try copyStored()
      case 1: try decode(literals: Inflate.fixedLiterals(), distances: Inflate.fixedDistances())
      case 2:
        let (literals, distances) = try readTables()
        try decode(literals: literals, distances: distances)
      default: throw .invalid("a block of an unknown type")
      }
    }
  }

  private mutating func copyStored() throws(Problem) {
    bits.alignToByte()
    let length = Int(try bits.take(16))
    guard try bits.take(16) ^ 0xFFFF == UInt32(length) else { throw .invalid("a stored block of contradictory length") }
    try makeRoom(for: length)
    try bits.copyBytes(length, to: &output)
  }

  private func makeRoom(for count: Int) throws(Problem) {
    guard count <= limit - output.count else { throw .longerThan(limit) }
  }

  private mutating func decode(literals: HuffmanTable, distances: HuffmanTable) throws(Problem) {
    while true {
      let symbol = try bits.symbol(literals)
      if symbol < 256 {
        try makeRoom(for: 1)
        output.append(UInt8(symbol))
        continue
      }
      if symbol == 256 { return }
      guard symbol <= 285 else { throw .invalid("a length code that does not exist") }
      let length =
        Inflate.lengthBases[symbol - 257] + Int(try bits.take(Inflate.lengthExtraBits[symbol - 257]))
      let code = try bits.symbol(distances)
      guard code < 30 else { throw .invalid("a distance code that does not exist") }
      let distance = Inflate.distanceBases[code] + Int(try bits.take(Inflate.distanceExtraBits[code]))
      guard distance <= output.count else { throw .invalid("a distance that reaches before the beginning") }
      try makeRoom(for: length)
      let start = output.count - distance
      // The copy may overlap what it writes: byte by byte, in order.
      for index in start..<start + length { output.append(output[index]) }
    }
  }

  private mutating func readTables() throws(Problem) -> (HuffmanTable, HuffmanTable) {
    let literalCount = Int(try bits.take(5)) + 257
    let distanceCount = Int(try bits.take(5)) + 1
    let lengthCount = Int(try bits.take(4)) + 4
    guard literalCount <= 286, distanceCount <= 30 else { throw .invalid("too many codes") }
    var codeLengths = [UInt8](repeating: 0, count: 19)
    for index in Inflate.codeLengthOrder.prefix(lengthCount) { codeLengths[index] = UInt8(try bits.take(3)) }
    let table = try HuffmanTable(lengths: codeLengths[...], mayBeIncomplete: false)

    var lengths: [UInt8] = []
    let total = literalCount + distanceCount
    while lengths.count < total {
      let symbol = try bits.symbol(table)
      var repeated: UInt8 = 0
      var count = 1
      switch symbol {
      case 0...15: repeated = UInt8(symbol)
      case 16:
        guard let last = lengths.last else { throw .invalid("a repeated code length with none before it") }
        repeated = last
        count = 3 + Int(try bits.take(2))
      case 17: count = 3 + Int(try bits.take(3))
      default: count = 11 + Int(try bits.take(7))
      }
      guard count <= total - lengths.count else { throw .invalid("more code lengths than codes") }
      lengths.append(contentsOf: repeatElement(repeated, count: count))
    }
    guard lengths[256] != 0 else { throw .invalid("a block without an end") }
    return (
      try HuffmanTable(lengths: lengths[..<literalCount], mayBeIncomplete: true),
      try HuffmanTable(lengths: lengths[literalCount...], mayBeIncomplete: true)
    )
  }

  private static func fixedLiterals() throws(Problem) -> HuffmanTable {
    let lengths: [UInt8] = (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 }
    return try HuffmanTable(lengths: lengths[...], mayBeIncomplete: false)
  }

  private static func fixedDistances() throws(Problem) -> HuffmanTable {
    try HuffmanTable(lengths: [UInt8](repeating: 5, count: 32)[...], mayBeIncomplete: false)
  }

  private static let codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
  private static let lengthBases = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
  ]
  private static let lengthExtraBits = [
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
  ]
  private static let distanceBases = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
    8193, 12289, 16385, 24577,
  ]
  private static let distanceExtraBits = [
    0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
  ]
}

/// Bits from the low end of each byte on.
private struct BitReader {
  private let bytes: ArraySlice<UInt8>
  private var position: Int
  private var held: UInt64 = 0
  private var count = 0

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  private mutating func refill() {
    while count <= 48, position < bytes.endIndex {
      held |= UInt64(bytes[position]) << UInt64(count)
      position += 1
      count += 8
    }
  }

  mutating func take(_ width: Int) throws(Inflate.Problem) -> UInt32 {
    if count < width {
      refill()
      guard count >= width else { throw .truncated }
    }
    let value = UInt32(truncatingIfNeeded: held & ((1 << UInt64(width)) - 1))
    held >>= UInt64(width)
    count -= width
    return value
  }

  mutating func symbol(_ table: HuffmanTable) throws(Inflate.Problem) -> Int {
    if count < table.longest { refill() }
    let entry = table.entries[Int(held & table.mask)]
    let length = Int(entry & 15)
    // Past the end of the stream the held bits are zeros, which may look like a code.
    guard length > 0 else { throw count < table.longest ? .truncated : .invalid("a code that stands for nothing") }
    guard length <= count else { throw .truncated }
    held >>= UInt64(length)
    count -= length
    return Int(entry >> 4)
  }

  mutating func alignToByte() {
    held >>= UInt64(count % 8)
    count -= count % 8
  }

  mutating func copyBytes(_ length: Int, to output: inout [UInt8]) throws(Inflate.Problem) {
    var left = length
    while left > 0, count > 0 {
      output.append(UInt8(truncatingIfNeeded: held))
      held >>= 8
      count -= 8
      left -= 1
    }
    guard left <= bytes.endIndex - position else { throw .truncated }
    output.append(contentsOf: bytes[position..<position + left])
    position += left
  }
}

/// A canonical Huffman code as one table, indexed by as many bits as its longest code has.
private struct HuffmanTable {
  /// Symbol × 16 + length; zero where no code leads.
  let entries: [UInt16]
  let longest: Int
  let mask: UInt64

  /// - Parameter mayBeIncomplete: Whether a single code of one bit, or none at all, is enough, as for the distances of
  ///   a block that hardly uses them.
  init(lengths: ArraySlice<UInt8>, mayBeIncomplete: Bool) throws(Inflate.Problem) {
    var counts = [Int](repeating: 0, count: 16)
    for length in lengths { counts[Int(length)] += 1 }
    counts[0] = 0
    let longest = max(1, counts.lastIndex { $0 > 0 } ?? 1)
    var room = 1
    var next = [Int](repeating: 0, count: 17)
    for length in 1...15 {
      room = room * 2 - counts[length]
      guard room >= 0 else { throw .invalid("more codes than their lengths leave room for") }
      next[length + 1] = (next[length] + counts[length]) << 1
    }
    let used = counts.reduce(0, +)
    guard room == 0 || (mayBeIncomplete && (used == 0 || (used == 1 && longest == 1))) else {
      throw .invalid("codes that leave bits without a meaning")
    }
    var entries = [UInt16](repeating: 0, count: 1 << longest)
    for (symbol, length) in lengths.enumerated() where length > 0 {
      let length = Int(length)
      let code = next[length]
      next[length] += 1
      // Codes are packed from their highest bit on, everything else from the lowest.
      var reversed = 0
      for bit in 0..<length where code & (1 << bit) != 0 { reversed |= 1 << (length - 1 - bit) }
      for index in stride(from: reversed, to: entries.count, by: 1 << length) {
        entries[index] = UInt16(symbol << 4 | length)
      }
    }
    self.entries = entries
    self.longest = longest
    mask = (1 << UInt64(longest)) - 1
  }
}
