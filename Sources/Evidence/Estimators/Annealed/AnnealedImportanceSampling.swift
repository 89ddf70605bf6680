import Statistics

/// The log-likelihood by annealed importance sampling (Neal 2001): chains that start at normal approximations of the
/// posterior's modes and are moved by Hamiltonian Monte Carlo along a path to the posterior itself.
///
/// log p̂ is the logarithm of the mean weight of independent chains, summed over the parts of the posterior where it has
/// several modes (`AnnealedTarget`). It is unbiased for p(x) at any number of temperatures, and so a lower bound in
/// expectation, whose gap closes as temperatures and chains grow.
///
/// Step sizes, and the number of temperatures where it is not given, are tuned on examples simulated from the model and
/// frozen before the data are seen: a function of model, settings and seed alone. Public implementations adapt within the
/// run that they report, which is no valid estimate.
public struct AnnealedImportanceSampling: Estimator {
  /// C, the chains of an example, shared out among its modes.
  public let chains: Int
  /// T; nil for as many as close the gap on simulated data to `TunedAnnealing.gapTarget`.
  public let temperatures: Int?
  /// Leapfrog steps of a move.
  public let leapfrogs: Int
  /// What is annealed by; nil until it was tuned.
  public private(set) var tuned: TunedAnnealing?

  /// The fewest chains of a mode, where there are so many.
  static let leastChains = 4

  /// Annealing that is tuned before it is used.
  public init(chains: Int = 16, temperatures: Int? = nil, leapfrogs: Int = 4) {
    self.chains = chains
    self.temperatures = temperatures
    self.leapfrogs = leapfrogs
  }

  /// Annealing by a schedule that is given.
  public init(chains: Int = 16, schedule: AnnealingSchedule) {
    self.init(chains: chains, temperatures: schedule.temperatures, leapfrogs: schedule.leapfrogs)
    tuned = TunedAnnealing(schedule: schedule)
  }

  /// The same estimator with its schedule tuned on data simulated from the model, unless it has one.
  ///
  /// - Throws: `EvidenceError` (`unsupported`) where the model can't be simulated from or has no gradients.
  public func prepared(for model: some LatentVariableModel, options: Evaluation) throws -> AnnealedImportanceSampling {
    guard tuned == nil else { return self }
    try validate()
    var copy = self
    copy.tuned = try AnnealingTuner(chains: chains, temperatures: temperatures, leapfrogs: leapfrogs)
      .tune(model, options: options)
    return copy
  }

  /// The estimate for one example, the effective number of its chains, and how well they moved.
  ///
  /// - Throws: `EvidenceError` (`unsupported`) where the model has no gradients, `invalidSetting` where no schedule is given
  ///   and none was tuned (see `prepared`).
  public func measure<Model: LatentVariableModel>(
    _ example: Example, under model: Model, scratch: inout Scratch<Model>
  ) throws -> LogLikelihoodMeasurement {
    let elbo = try scratch.evidenceLowerBound(of: example, under: model, samples: chains)
    var result = try scratch.withNoise(of: example, under: model, for: "annealed importance sampling") { space in
      try measure(PosteriorModes.find(in: space), in: space)
    }
    result.elbo = elbo
    return result
  }

  /// The estimate from modes that are known.
  func measure(_ modes: PosteriorModes, in space: NoiseSpace) throws -> LogLikelihoodMeasurement {
    try run(modes, in: space).measurement
  }

  /// Runs the chains of an example.
  func run(_ modes: PosteriorModes, in space: NoiseSpace) throws -> AnnealedRun {
    guard let schedule = tuned?.schedule else {
      throw EvidenceError(.invalidSetting, "annealed importance sampling: it has to be prepared before it measures")
    }
    // Two chains of a mode at least, for one alone has no spread.
    return try AnnealedRun(modes.prefix(chains / 2), chains: chains, schedule, in: space)
  }

  /// Gathers the mean over examples, its errors and how the chains fared.
  public func makeAccumulator() throws -> LogLikelihoodAccumulator {
    try validate()
    return try LogLikelihoodAccumulator(samples: chains, hasWeights: false, chains: chains)
  }

  private func validate() throws {
    guard (1...Chains.largestChainCount).contains(chains) else {
      throw EvidenceError(
        .invalidSetting, "chains: expected 1 to \(Chains.largestChainCount), found \(chains)")
    }
    try (tuned?.schedule ?? .untuned(temperatures: temperatures ?? 1, leapfrogs: max(1, leapfrogs))).validate()
    guard leapfrogs > 0 else {
      throw EvidenceError(.invalidSetting, "leapfrogs: expected at least 1, found \(leapfrogs)")
    }
  }
}
