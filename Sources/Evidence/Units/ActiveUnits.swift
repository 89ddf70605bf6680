import Models
public import Networks
public import Statistics

/// Which latent units, and which directions among them, carry information about the data.
///
/// A unit's activity is A_u = Cov_x(E_q[u]), the population variance over examples of its posterior mean; it is active when
/// A_u > 0.01 (Burda, Grosse, Salakhutdinov 2015, section 5.2). Where a posterior depends on the example alone its mean is
/// exact. Above, E_q[u] is itself a mean over the latents below; a single draw adds its noise to A_u. The covariance of two
/// independent chains of draws does not, and is what is reported, with the one-draw value beside it.
///
///     let units = try ActiveUnits().estimate(model, on: data)
///     print(units.layers[0].activeUnits)
///
/// Everything streams: memory does not grow with the dataset. `probing(_:on:)` adds mutual information.
public struct ActiveUnits: Estimator {
  /// The variance above which (not at which) a unit or a direction is active.
  public var threshold = DiagnosticThresholds.activeUnitVariance
  /// Draws in each of the two chains, for layers whose posterior depends on other layers. More of them lessen the noise.
  public var draws = 1
  /// Bootstrap replicates for the standard errors.
  public var replicates = 100
  /// Seeds the bootstrap's weights.
  public var bootstrapSeed: UInt64 = 0
  /// Examples kept for the scatter of the first two principal components, at most.
  public var scatterLimit = 2000
  /// Draws that mutual information is estimated at; none by default.
  public var probes = LatentProbes()

  /// Active units without mutual information.
  public init(threshold: Double = DiagnosticThresholds.activeUnitVariance, draws: Int = 1) {
    self.threshold = threshold
    self.draws = draws
  }

  /// The same with probes for mutual information, drawn from evenly spaced examples: a first, small pass over the data.
  ///
  /// `count`: probes; their number decides the Monte Carlo error, the data the bias.
  ///
  /// - Throws: What reading or encoding the examples throws.
  public func probing(
    _ model: some PosteriorModel, on data: Dataset, options: Evaluation = Evaluation(), count: Int = 512
  ) throws -> ActiveUnits {
    var copy = self
    copy.probes = try LatentProbes(model, on: data, options: options, count: count)
    return copy
  }

  /// How the numbers of each layer are laid out, as the posteriors of the first example: what rows are read back by.
  ///
  /// - Throws: What reading or encoding the example throws.
  public func layout(
    _ model: some PosteriorModel, on data: Dataset, options: Evaluation = Evaluation()
  ) throws -> [LayerPosterior] {
    let first = (options.examples ?? 0..<data.count).lowerBound
    var scratch = model.makeScratch(examples: 1)
    try model.encode(data.batch(first..<first + 1, seed: options.dataSeed ?? options.seed), scratch: &scratch)
    return try model.posteriors(
      of: Example(index: first, position: 0, seed: options.seed), draws: 0..<2 * draws, scratch: &scratch)
  }

  /// The posteriors of one example, and its posterior density at every probe.
  public func measure<Model: LatentVariableModel>(
    _ example: Example, under model: Model, scratch: inout Scratch<Model>
  ) throws -> UnitsMeasurement {
    guard draws > 0, 2 * draws <= model.drawsAtOnce else {
      throw EvidenceError(.invalidSetting, "draws: expected 1 to \(model.drawsAtOnce / 2), found \(draws)")
    }
    let layers = try model.requirePosteriors(for: "a count of active units")
      .posteriors(of: example, draws: 0..<2 * draws, scratch: &scratch.model)
    return UnitsMeasurement(index: example.index, layers: layers, probeDensities: probes.logDensities(under: layers))
  }

  /// Gathers variances, divergences, principal directions and information of every layer.
  ///
  /// - Throws: `EvidenceError` (`invalidSetting`) for a threshold below zero and for less than two replicates.
  public func makeAccumulator() throws -> UnitsAccumulator { try UnitsAccumulator(self) }
}

/// What one example yields for active units.
public struct UnitsMeasurement: Sendable, Equatable {
  /// The example's number in the dataset.
  public let index: Int
  /// The posterior of each layer, z₁ first.
  public let layers: [LayerPosterior]
  /// By the number of a layer (from 0), log q(z_m | x) of this example at every probe, in nats.
  public let probeDensities: [Int: [Double]]

  /// The posteriors of an example.
  public init(index: Int, layers: [LayerPosterior], probeDensities: [Int: [Double]] = [:]) {
    self.index = index
    self.layers = layers
    self.probeDensities = probeDensities
  }
}
