import Statistics

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What `LogWeightMoments` streams, computed over an array in several passes, as the formulas are written.
struct TwoPass {
  let values: [Double]
  private let largest: Double
  private let weights: [Double]

  init(_ values: [Double]) {
    self.values = values
    let largest = values.max() ?? -.infinity
    self.largest = largest
    weights = values.map { largest == -.infinity ? 0 : exp($0 - largest) }
  }

  private var count: Double { Double(values.count) }
  private var sum: Double { TwoPass.sum(weights) }

  var logMean: Double { largest + log(sum / count) }
  var mean: Double { TwoPass.sum(values) / count }
  var effectiveSampleSize: Double { sum * sum / TwoPass.sum(weights.map { $0 * $0 }) }
  var largestShare: Double { (weights.max() ?? .nan) / sum }

  /// The sample variance of the weights over the count times their squared mean.
  var monteCarloVariance: Double {
    let mean = sum / count
    return TwoPass.sum(weights.map { ($0 - mean) * ($0 - mean) }) / (count - 1) / (count * mean * mean)
  }

  var divergence: Double {
    let sum = sum
    return TwoPass.sum(weights.map { $0 > 0 ? $0 / sum * log(count * ($0 / sum)) : 0 })
  }

  /// A sum that carries its rounding error along (Neumaier).
  static func sum(_ terms: [Double]) -> Double {
    var (sum, carried) = (0.0, 0.0)
    for term in terms {
      let next = sum + term
      carried += abs(sum) >= abs(term) ? (sum - next) + term : (term - next) + sum
      sum = next
    }
    return sum.isFinite ? sum + carried : sum
  }
}
