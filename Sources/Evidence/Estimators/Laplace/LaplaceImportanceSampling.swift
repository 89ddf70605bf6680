import Statistics

/// The log-likelihood by importance sampling from where the posterior is, not from where the encoder says:
/// log 1/K Σ φ(e_i) exp ℓ(e_i) / g(e_i), with e_i drawn from a mixture g of the encoder and of Student t's at the modes of
/// the posterior in noise (see `LaplaceProposal`).
///
/// Unbiased for p(x), and so a lower bound in expectation: modes and curvatures depend on the example, and on random numbers
/// that no draw uses. `elbo` is the encoder's own bound, from a tenth as many draws of its own.
public struct LaplaceImportanceSampling: Estimator {
  /// Draws for each example.
  public let samples: Int

  /// Laplace importance sampling with `samples` draws for each example.
  public init(samples: Int = 5000) { self.samples = samples }

  /// The estimate for one example and its diagnostics.
  ///
  /// - Throws: `EvidenceError` (`unsupported`) where the model has no gradients.
  public func measure<Model: LatentVariableModel>(
    _ example: Example, under model: Model, scratch: inout Scratch<Model>
  ) throws -> LogLikelihoodMeasurement {
    let elbo = try scratch.evidenceLowerBound(of: example, under: model, samples: LaplaceProposal.encoderDraws(samples))
    var result = try scratch.withNoise(of: example, under: model, for: "Laplace importance sampling") { space in
      try measure(PosteriorModes.find(in: space), in: space)
    }
    result.elbo = elbo
    return result
  }

  /// The estimate from modes that are known.
  func measure(_ modes: PosteriorModes, in space: NoiseSpace) throws -> LogLikelihoodMeasurement {
    try measure(LaplaceProposal.piloted(modes, samples: samples, in: space), in: space)
  }

  /// The estimate by a proposal.
  func measure(_ proposal: LaplaceProposal, in space: NoiseSpace) throws -> LogLikelihoodMeasurement {
    var weights = WeightDiagnostics(samples: samples)
    try LaplaceDraws(proposal, samples: samples, in: space).forEach { _, logWeight in weights.add(logWeight) }
    var result = weights.measurement(of: space.example)
    // Their mean is a bound of the proposal's, not of the encoder's.
    result.elbo = .nan
    result.rung = Rung.laplace.rawValue
    result.modes = proposal.modes.count
    return result
  }

  /// Gathers the mean over examples, its errors and the diagnostics' distribution.
  public func makeAccumulator() throws -> LogLikelihoodAccumulator { try LogLikelihoodAccumulator(samples: samples) }
}
