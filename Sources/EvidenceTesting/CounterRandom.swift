import Foundation

/// Reproducible random numbers for tests: each is a hash of its coordinates (SplitMix64's finalizer), so nothing has state.
public enum CounterRandom {
  /// A uniform in (0, 1).
  public static func uniform(_ coordinates: UInt64...) -> Double { uniform(of: coordinates) }

  /// A standard normal.
  public static func normal(_ coordinates: UInt64...) -> Double {
    let radius = (-2 * log(uniform(of: coordinates + [1]))).squareRoot()
    return radius * cos(2 * .pi * uniform(of: coordinates + [2]))
  }

  private static func uniform(of coordinates: [UInt64]) -> Double {
    let hash = coordinates.reduce(0x9E37_79B9_7F4A_7C15) { mix($0 &+ mix($1 &+ 0x9E37_79B9_7F4A_7C15)) }
    return (Double(hash >> 11) + 0.5) * 0x1p-53
  }

  private static func mix(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
