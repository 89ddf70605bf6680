import Evidence

/// An order of 0 ..< count that is a function of (seed, epoch): the place of each number is computed when it is asked for, and
/// nothing is kept.
///
/// A Feistel network of six rounds on the pairs of digits of the next square power of two, walked until it comes back below
/// `count` (Black, Rogaway 2002).
struct Permutation {
  let count: Int
  private let bits: Int
  /// What each round mixes in.
  private let keys: [UInt64]

  init(count: Int, seed: UInt64, epoch: Int, part: Int = 0) {
    self.count = count
    var bits = 1
    while 1 << (2 * bits) < count { bits += 1 }
    self.bits = bits
    // Twelve numbers of 24 bits, which floats hold exactly.
    let numbers = RandomNumbers.uniforms(
      seed: seed, example: UInt64(epoch) << 32 | UInt64(part), purpose: .shuffling, count: 12)
    keys = (0..<6).map { round in
      UInt64(numbers[2 * round] * 0x1p24) << 24 | UInt64(numbers[2 * round + 1] * 0x1p24)
    }
  }

  /// The number at a place.
  subscript(place: Int) -> Int {
    var value = place
    repeat { value = walk(value) } while value >= count
    return value
  }

  private func walk(_ value: Int) -> Int {
    let mask = UInt64(1) << UInt64(bits) - 1
    var (left, right) = (UInt64(value) >> UInt64(bits), UInt64(value) & mask)
    for key in keys { (left, right) = (right, left ^ (Self.mixed(right ^ key) & mask)) }
    return Int(left << UInt64(bits) | right)
  }

  /// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): every bit of the result depends on every bit of x.
  private static func mixed(_ x: UInt64) -> UInt64 {
    var z = x &+ 0x9E37_79B9_7F4A_7C15
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
