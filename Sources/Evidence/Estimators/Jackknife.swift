import Statistics

/// The jackknife estimate of order one (Nowozin 2018, JVI-1): K · L_K − (K − 1) · mean of the leave-one-out L_{K−1}.
///
/// Its bias is O(1/K²) where that of L_K is O(1/K), at the price of a larger variance; it is not a bound. Computed exactly by
/// a second pass over the same draws, which are made again rather than kept: twice the time, no more memory.
public struct Jackknife: Estimator {
  /// Draws for each example.
  public let samples: Int

  /// The estimate by `samples` draws for each example, at least two.
  public init(samples: Int = 5000) { self.samples = samples }

  /// The estimate for one example, and the diagnostics of its weights.
  public func measure<Model: LatentVariableModel>(
    _ example: Example, under model: Model, scratch: inout Scratch<Model>
  ) throws -> LogLikelihoodMeasurement {
    var weights = WeightDiagnostics(samples: samples)
    try scratch.forEachChunk(of: example, under: model, samples: samples) { weights.add($0) }
    var result = weights.measurement(of: example)
    guard samples > 1 else { return result }
    var others = LeaveOneOut(total: weights.moments)
    try scratch.forEachChunk(of: example, under: model, samples: samples) { others.add($0) }
    result.logLikelihood = others.jackknife
    return result
  }

  /// Gathers the mean over examples, its errors and the diagnostics' distribution.
  public func makeAccumulator() throws -> LogLikelihoodAccumulator {
    try LogLikelihoodAccumulator(samples: samples)
  }
}
