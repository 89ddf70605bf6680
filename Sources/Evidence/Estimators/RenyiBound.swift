import Statistics

/// The variational Rényi bound of order α (Li, Turner 2016): log(1/K Σ w^{1−α}) / (1 − α).
///
/// α = 0 is importance sampling, α = 1 the evidence lower bound, and α between 0 and 1 lies between. A lower bound on
/// log p(x) in expectation for α ≥ 0; for α < 0 no bound at any finite number of draws.
public struct RenyiBound: Estimator {
  /// The order.
  public let alpha: Double
  /// Draws for each example.
  public let samples: Int

  /// The bound of order `alpha`, a finite number, by `samples` draws for each example.
  public init(alpha: Double, samples: Int = 5000) {
    self.alpha = alpha
    self.samples = samples
  }

  /// The bound for one example, and the diagnostics of its weights.
  public func measure<Model: LatentVariableModel>(
    _ example: Example, under model: Model, scratch: inout Scratch<Model>
  ) throws -> LogLikelihoodMeasurement {
    var weights = WeightDiagnostics(samples: samples)
    var bound = RenyiAccumulator(alpha: alpha)
    try scratch.forEachChunk(of: example, under: model, samples: samples) {
      weights.add($0)
      bound.add($0)
    }
    var result = weights.measurement(of: example)
    result.logLikelihood = bound.value
    result.monteCarloStandardError = bound.standardError
    return result
  }

  /// Gathers the mean over examples, its errors and the diagnostics' distribution.
  public func makeAccumulator() throws -> LogLikelihoodAccumulator {
    guard alpha.isFinite else {
      throw EvidenceError(.invalidSetting, "alpha: expected a finite number, found \(alpha)")
    }
    return try LogLikelihoodAccumulator(samples: samples)
  }
}
