import Foundation
import Statistics

/// What annealed chains say of one example: p̂ = Σ_j p̂_j over the parts of the posterior, p̂_j the mean weight of the chains
/// of part j.
struct AnnealedEstimate {
  /// Log-weights of each part's chains, in nats.
  private(set) var parts: [[Double]]

  init(parts: Int) { self.parts = Array(repeating: [], count: parts) }

  mutating func add(_ logWeight: Double, part: Int) { parts[part].append(logWeight) }

  /// The same with one chain of a part replaced: one that began at a known place of the posterior.
  func replacing(_ slot: Int, ofPart part: Int, by logWeight: Double) -> AnnealedEstimate {
    var copy = self
    copy.parts[part][slot % parts[part].count] = logWeight
    return copy
  }

  /// log p̂ in nats.
  var logLikelihood: Double {
    var sum = LogSumExp()
    for part in parts { sum.add(moments(part).logMeanWeight) }
    return sum.value
  }

  /// The measurement that the chains come to.
  func measurement(index: Int) -> LogLikelihoodMeasurement {
    let total = logLikelihood
    var result = LogLikelihoodMeasurement(
      index: index, logLikelihood: total, elbo: .nan, monteCarloStandardError: .nan)
    // What a chain adds to p̂ is its weight over the number of its part's chains.
    var shares = LogWeightMoments()
    var variance = 0.0
    var squares = 0.0
    var degrees = 0
    for part in parts {
      let own = moments(part)
      variance += exp(2 * (own.logMeanWeight - total)) * (part.count > 1 ? own.monteCarloVariance : .nan)
      var spread = RunningMoments()
      for logWeight in part {
        shares.add(logWeight - log(Double(part.count)))
        spread.add(logWeight)
      }
      if part.count > 1 {
        squares += spread.variance * Double(part.count - 1)
        degrees += part.count - 1
      }
      result.zeroWeights += own.zeroCount
      result.nonFiniteWeights += own.infiniteCount + own.nanCount
    }
    result.monteCarloStandardError = variance.squareRoot()
    result.effectiveSampleSize = shares.effectiveSampleSize
    result.largestWeightShare = shares.largestWeightShare
    result.chainDeviation = degrees > 0 ? (squares / Double(degrees)).squareRoot() : .nan
    result.rung = Rung.annealed.rawValue
    return result
  }

  private func moments(_ part: [Double]) -> LogWeightMoments {
    var result = LogWeightMoments()
    for logWeight in part { result.add(logWeight) }
    return result
  }
}

/// How an example was measured: a rung of the ladder.
public enum Rung: Int, Sendable, CaseIterable {
  /// Importance sampling from the encoder.
  case importanceSampling
  /// Importance sampling from the modes.
  case laplace
  /// Annealed importance sampling.
  case annealed
}
