import Statistics

/// The evidence lower bound E_q[log p(x, z) − log q(z | x)] ≤ log p(x).
///
/// By default the Kullback–Leibler divergence of a layer is taken in closed form wherever it has one (normal posteriors
/// against normal priors), which leaves less noise and the same mean (Kingma, Welling 2014, equation 7).
public struct EvidenceLowerBound: Estimator {
  /// Draws for each example.
  public let samples: Int
  /// Whether divergences are taken in closed form wherever they have one.
  public let usesClosedForm: Bool

  /// The bound by `samples` draws for each example.
  public init(samples: Int = 5000, usesClosedForm: Bool = true) {
    self.samples = samples
    self.usesClosedForm = usesClosedForm
  }

  /// The estimate for one example and its diagnostics.
  public func measure<Model: LatentVariableModel>(
    _ example: Example, under model: Model, scratch: inout Scratch<Model>
  ) throws -> LogLikelihoodMeasurement {
    var terms = RunningMoments()
    try scratch.forEachChunk(
      of: example, under: model, samples: samples, terms: usesClosedForm ? .evidence : .logWeights
    ) { chunk in
      for index in chunk.indices { terms.add(chunk[index]) }
    }
    var result = LogLikelihoodMeasurement(
      index: example.index, logLikelihood: terms.mean, elbo: terms.mean, monteCarloStandardError: terms.standardError)
    result.zeroWeights = terms.negativeInfinityCount
    result.nonFiniteWeights = terms.nonFiniteCount - terms.negativeInfinityCount
    return result
  }

  /// Gathers the mean over examples, its errors and the diagnostics' distribution.
  public func makeAccumulator() throws -> LogLikelihoodAccumulator {
    try LogLikelihoodAccumulator(samples: samples, hasWeights: false)
  }
}
