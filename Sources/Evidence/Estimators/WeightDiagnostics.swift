import Statistics

/// Everything that one pass over an example's log-weights says about the weights: memory does not depend on their number.
struct WeightDiagnostics {
  private(set) var moments = LogWeightMoments()
  private var curve: BlockCurve
  private var tail: ParetoTail

  init(samples: Int) {
    curve = BlockCurve(samples: samples)
    tail = ParetoTail(samples: samples)
  }

  mutating func add(_ logWeights: Span<Double>) {
    moments.add(logWeights)
    curve.add(logWeights)
    tail.add(logWeights)
  }

  /// The measurement of an example whose headline is L_K itself.
  func measurement(of example: Example) -> LogLikelihoodMeasurement {
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
