/// The log-likelihood by importance sampling (Burda, Grosse, Salakhutdinov 2015):
/// L_K = log 1/K Σ p(x, z_i) / q(z_i | x), with z_i drawn from q(z | x).
///
/// L_K is a lower bound in expectation and tends to log p(x) as K grows. It is computed in one pass; memory does not depend
/// on K.
public struct ImportanceSampling: Estimator {
  /// Draws for each example.
  public let samples: Int

  /// Importance sampling with `samples` draws for each example.
  public init(samples: Int = 5000) { self.samples = samples }

  /// The estimate for one example and its diagnostics.
  public func measure<Model: LatentVariableModel>(
    _ example: Example, under model: Model, scratch: inout Scratch<Model>
  ) throws -> LogLikelihoodMeasurement {
    var weights = WeightDiagnostics(samples: samples)
    try scratch.forEachChunk(of: example, under: model, samples: samples) { weights.add($0) }
    return weights.measurement(of: example)
  }

  /// Gathers the mean over examples, its errors and the diagnostics' distribution.
  public func makeAccumulator() throws -> LogLikelihoodAccumulator {
    try LogLikelihoodAccumulator(samples: samples)
  }
}
