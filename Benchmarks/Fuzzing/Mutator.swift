/// A file that is damaged, and where in it the parts begin that say how the rest is read.
struct Seed {
  let bytes: [UInt8]
  let landmarks: [Int]

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    landmarks = bytes.indices.filter { index in
      Self.signatures.contains { $0[0] == bytes[index] && bytes[index...].starts(with: $0) }
    }
  }

  /// What begins the parts of an HDF5 or zip file that say how the rest is read, and a JSON object.
  private static let signatures = [
    "\u{89}HDF", "OHDR", "OCHK", "TREE", "HEAP", "SNOD", "GCOL", "FRHP", "FHDB", "FHIB", "BTHD", "BTLF", "FADB", "PK",
    "{",
  ].map { $0.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } }
}

/// Damages files as disks, networks and strangers do: a pure function of the files and a number.
struct Mutator {
  /// The files; pieces of one are spliced into another.
  let seeds: [Seed]
  private var state: UInt64 = 0

  init(_ seeds: [Seed]) { self.seeds = seeds }

  /// Sizes that overflow, or ask for everything.
  private static let sizes: [UInt64] = [
    0, 1, 1 << 16, 1 << 31, 1 << 32, 1 << 40, 1 << 62, UInt64(Int64.max), UInt64.max, UInt64.max - 7,
  ]

  /// The file that a number stands for, with one to three damages.
  mutating func mutated(_ number: Int) -> [UInt8] {
    state = UInt64(number) &* 0x9E37_79B9_7F4A_7C15 &+ 1
    let seed = seeds[number % seeds.count]
    var bytes = seed.bytes
    for _ in 0...below(3) where !bytes.isEmpty { damage(&bytes, near: seed.landmarks) }
    return bytes
  }

  private mutating func damage(_ bytes: inout [UInt8], near places: [Int]) {
    let place = self.place(in: bytes, near: places)
    switch below(10) {
    case 0, 1, 2:
      for _ in 0...below(4) { bytes[self.place(in: bytes, near: places)] ^= 1 << UInt8(below(8)) }
    case 3, 4: bytes[place] = UInt8(below(256))
    case 5: bytes.removeLast(bytes.count - (below(4) == 0 ? below(bytes.count) : place))
    case 6, 7:
      // Little-endian, of the widths that the formats use, and aligned as they are.
      let width = [2, 4, 8, 8][below(4)]
      let start = place / 2 * 2
      var size = Self.sizes[below(Self.sizes.count)]
      if below(4) == 0, start < bytes.count { size = UInt64(bytes[start]) &+ UInt64(below(5)) &- 2 }
      for offset in 0..<width where start + offset < bytes.count {
        bytes[start + offset] = UInt8(truncatingIfNeeded: size >> (8 * UInt64(offset)))
      }
    case 8:
      let donor = seeds[below(seeds.count)]
      let from = self.place(in: donor.bytes, near: donor.landmarks)
      for offset in 0..<min(1 + below(256), donor.bytes.count - from, bytes.count - place) {
        bytes[place + offset] = donor.bytes[from + offset]
      }
    default:
      let count = min(1 + below(64), bytes.count - place)
      if below(2) == 0 {
        bytes.removeSubrange(place..<place + count)
      } else {
        bytes.insert(contentsOf: Array(bytes[place..<place + count]), at: place)
      }
    }
  }

  /// Mostly where the file says how it is read; the rest of most files is numbers.
  private mutating func place(in bytes: [UInt8], near places: [Int]) -> Int {
    guard !bytes.isEmpty else { return 0 }
    if below(8) == 0 || places.isEmpty { return below(bytes.count) }
    return min(places[below(places.count)] + below(below(2) == 0 ? 64 : 512), bytes.count - 1)
  }

  private mutating func below(_ bound: Int) -> Int {
    // SplitMix64 (Steele, Lea, Flood 2014).
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    z ^= z >> 31
    return Int(z % UInt64(max(1, bound)))
  }
}
