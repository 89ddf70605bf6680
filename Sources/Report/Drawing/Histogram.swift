import Foundation

/// Counts of values in bins of equal width whose edges are numbers that people like.
struct Histogram: Equatable {
  let first: Double
  let step: Double
  private(set) var counts: [Int]
  /// How many values were not finite.
  private(set) var nonFinite = 0

  /// Bins after Freedman and Diaconis, between six and sixty of them.
  init(_ values: [Double]) {
    let sorted = values.filter(\.isFinite).sorted()
    nonFinite = values.count - sorted.count
    guard let low = sorted.first, let high = sorted.last else {
      (first, step, counts) = (0, 1, [])
      return
    }
    guard high - low > 1e-9 * max(abs(low), abs(high)) else {
      step = max(1e-6, Scale.step(span: max(abs(low), 1), count: 50))
      first = (low / step).rounded(.down) * step
      counts = [sorted.count]
      return
    }
    let spread = sorted[sorted.count * 3 / 4] - sorted[sorted.count / 4]
    let ideal = spread > 0 ? 2 * spread / pow(Double(sorted.count), 1.0 / 3) : (high - low) / 10
    let width = min((high - low) / 6, max((high - low) / 40, ideal))
    step = Scale.step(span: 0.7 * width, count: 1)
    let bottom = (low / step + 1e-9).rounded(.down)
    first = bottom * step
    counts = Array(repeating: 0, count: Int(((high - first) / step).rounded(.down)) + 1)
    for value in sorted { counts[min(counts.count - 1, max(0, Int((value - first) / step)))] += 1 }
  }

  /// The end of the last bin.
  var last: Double { first + step * Double(counts.count) }

  /// A bin's ends.
  func edges(_ bin: Int) -> (lower: Double, upper: Double) {
    (first + step * Double(bin), first + step * Double(bin + 1))
  }

  /// Decimals that an edge is written with.
  var decimals: Int { max(0, -Int((log10(step) + 1e-9).rounded(.down))) }
}
