public import Statistics

/// Everything that one pass over an example's log-weights says about the weights: memory does not depend on their number.
///
///     var weights = WeightDiagnostics(samples: samples)
///     try scratch.forEachChunk(of: example, under: model, samples: samples) { weights.add($0) }
///     return weights.measurement(of: example)
public struct WeightDiagnostics: Sendable {
  /// The log mean weight, its error, and the effective sample size.
  public private(set) var moments = LogWeightMoments()
  private var curve: BlockCurve
  private var tail: ParetoTail

  /// Diagnostics of no draws, of which `samples` (at least one) are to come.
  public init(samples: Int) {
    curve = BlockCurve(samples: samples)
    tail = ParetoTail(samples: samples)
  }

  /// Adds the log-weights of successive draws, in nats.
  public mutating func add(_ logWeights: Span<Double>) {
    moments.add(logWeights)
    curve.add(logWeights)
    tail.add(logWeights)
  }

  mutating func add(_ logWeight: Double) {
    moments.add(logWeight)
    curve.add(logWeight)
    tail.add(logWeight)
  }

  /// The measurement of an example whose headline is L_K itself.
  public func measurement(of example: Example) -> LogLikelihoodMeasurement {
    var result = LogLikelihoodMeasurement(
      index: example.index, logLikelihood: moments.logMeanWeight, elbo: moments.meanLogWeight,
      monteCarloStandardError: moments.monteCarloStandardError)
    result.effectiveSampleSize = moments.effectiveSampleSize
    result.largestWeightShare = moments.largestWeightShare
    result.paretoK = tail.shape() ?? .nan
    result.curve = curve.curve.map(\.value)
    result.posteriorDivergence = moments.klTargetProposal
    result.zeroWeights = moments.zeroCount
    result.nonFiniteWeights = moments.infiniteCount + moments.nanCount
    return result
  }
}
