import Statistics

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Numbers that are the same in every run: the finalizer of SplitMix64 over (stream, index).
struct Stream {
  let id: Int

  init(_ id: Int) { self.id = id }

  func bits(_ index: Int) -> UInt64 {
    let position = UInt64(bitPattern: Int64(index + 1))
    var bits = UInt64(bitPattern: Int64(id)) &* 0xD1B5_4A32_D192_ED03 &+ position &* 0x9E37_79B9_7F4A_7C15
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }

  /// A fraction in (0, 1).
  func uniform(_ index: Int) -> Double {
    (Double(bits(index) >> 11) + 0.5) * 0x1p-53
  }

  /// A standard normal number, by Box and Muller.
  func normal(_ index: Int) -> Double {
    (-2 * log(uniform(2 * index))).squareRoot() * cos(2 * Double.pi * uniform(2 * index + 1))
  }

  func normals(_ count: Int, mean: Double = 0, scale: Double = 1) -> [Double] {
    (0..<count).map { mean + scale * normal($0) }
  }
}

/// Whether two numbers agree to a relative tolerance (absolute below 1), or are the same infinity or both NaN.
func agree(_ found: Double, _ expected: Double, to tolerance: Double) -> Bool {
  if expected.isNaN { return found.isNaN }
  if expected.isInfinite { return found == expected }
  return abs(found - expected) <= tolerance * max(1, abs(expected))
}

/// Cuts an array into pieces whose lengths cycle through a list.
func pieces(_ values: [Double], lengths: [Int]) -> [[Double]] {
  var result: [[Double]] = []
  var start = 0
  while start < values.count {
    let end = min(values.count, start + lengths[result.count % lengths.count])
    result.append(Array(values[start..<end]))
    start = end
  }
  return result
}
