import Foundation

/// Log-densities as textbooks write them, in double precision.
enum ReferenceDensity {
  static func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

  static func normal(_ x: Double, _ mean: Double, _ scale: Double) -> Double {
    -0.5 * pow((x - mean) / scale, 2) - log(scale) - 0.5 * log(2 * Double.pi)
  }

  static func laplace(_ x: Double, _ mean: Double, _ scale: Double) -> Double {
    -abs(x - mean) / scale - log(2 * scale)
  }

  static func bernoulli(_ x: Double, probability p: Double) -> Double { x * log(p) + (1 - x) * log(1 - p) }

  static func continuousBernoulli(_ x: Double, probability p: Double) -> Double {
    let normalizer = abs(p - 0.5) < 1e-9 ? 2 : 2 * atanh(1 - 2 * p) / (1 - 2 * p)
    return bernoulli(x, probability: p) + log(normalizer)
  }

  /// The probability of a bin under a logistic distribution.
  static func bin(_ x: Double, _ mean: Double, _ scale: Double, _ bins: Int) -> Double {
    let half = 0.5 / Double(bins - 1)
    let upper = x >= 1 ? 1 : sigmoid((x + half - mean) / scale)
    let lower = x <= 0 ? 0 : sigmoid((x - half - mean) / scale)
    return upper - lower
  }

  static func beta(_ x: Double, _ a: Double, _ b: Double) -> Double {
    (a - 1) * log(x) + (b - 1) * log(1 - x) + lgamma(a + b) - lgamma(a) - lgamma(b)
  }

  static func poisson(_ x: Double, _ rate: Double) -> Double { x * log(rate) - rate - lgamma(x + 1) }

  static func negativeBinomial(_ x: Double, _ mean: Double, _ dispersion: Double) -> Double {
    lgamma(x + dispersion) - lgamma(dispersion) - lgamma(x + 1) + dispersion * log(dispersion / (dispersion + mean))
      + x * log(mean / (dispersion + mean))
  }

  static func zeroInflated(_ x: Double, _ mean: Double, _ dispersion: Double, _ dropout: Double) -> Double {
    let zero = sigmoid(dropout)
    let density = negativeBinomial(x, mean, dispersion)
    return x == 0 ? log(zero + (1 - zero) * exp(density)) : log(1 - zero) + density
  }

  static func logSumExp(_ values: [Double]) -> Double {
    let largest = values.max() ?? 0
    return largest + log(values.reduce(0) { $0 + exp($1 - largest) })
  }
}
