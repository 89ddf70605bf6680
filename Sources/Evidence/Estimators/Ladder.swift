import Networks
import Statistics

/// The log-likelihood by the cheapest method that holds for each example: importance sampling from the encoder, Laplace
/// importance sampling, or annealing.
///
/// A pilot of its own draws decides by Pareto k̂, from below: the encoder's where its k̂ is at most 0.5 and the posterior shows
/// one mode, for an encoder's draws say nothing of a mode that it misses. What is reported comes from fresh draws of the
/// method that was chosen, so it is unbiased like each of them. To choose by the k̂ of the reported draws would not be.
/// Laplace's pilot, too, has to stay at 0.5: of pilots up to 0.7, most fresh runs had a k̂ past the threshold, and annealing
/// costs no more than Laplace's draws.
public struct Ladder: Estimator {
  /// Draws of an example that stands on the first or the second rung.
  public let samples: Int
  /// The third rung.
  public private(set) var annealing: AnnealedImportanceSampling

  /// Draws of a pilot.
  static let pilotSamples = 1000
  /// Numbers of the draws of Laplace's pilot begin here; those reported are below.
  private static let firstPilotDraw = 1 << 31

  /// A ladder of importance sampling, Laplace and annealing.
  public init(samples: Int = 5000, annealing: AnnealedImportanceSampling = AnnealedImportanceSampling()) {
    self.samples = samples
    self.annealing = annealing
  }

  /// The same with its annealing tuned.
  ///
  /// - Throws: As `AnnealedImportanceSampling.prepared`.
  public func prepared(for model: some LatentVariableModel, options: Evaluation) throws -> Ladder {
    var copy = self
    copy.annealing = try annealing.prepared(for: model, options: options)
    return copy
  }

  /// The estimate for one example, from the rung that it stands on.
  ///
  /// - Throws: `EvidenceError` (`unsupported`) where the model has no gradients.
  public func measure<Model: LatentVariableModel>(
    _ example: Example, under model: Model, scratch: inout Scratch<Model>
  ) throws -> LogLikelihoodMeasurement {
    var result = try measureWithCurve(example, under: model, scratch: &scratch)
    // Chains have no curve, and the mean of others' would be that of some examples.
    result.curve = []
    return result
  }

  private func measureWithCurve<Model: LatentVariableModel>(
    _ example: Example, under model: Model, scratch: inout Scratch<Model>
  ) throws -> LogLikelihoodMeasurement {
    let place = try scratch.withNoise(of: example, under: model, for: "the ladder") { try stand(in: $0) }
    guard place.rung != .importanceSampling else {
      var result = try ImportanceSampling(samples: samples).measure(example, under: model, scratch: &scratch)
      result.modes = place.modes.count
      return result
    }
    return try scratch.withNoise(of: example, under: model, for: "the ladder") { space in
      guard place.rung == .annealed else {
        return try LaplaceImportanceSampling(samples: samples).measure(place.modes, in: space)
      }
      var result = try annealing.measure(place.modes, in: space)
      result.elbo = place.elbo
      return result
    }
  }

  /// Gathers the mean over examples, its errors and what stood on which rung.
  public func makeAccumulator() throws -> LogLikelihoodAccumulator {
    // The same settings as annealing's.
    _ = try annealing.makeAccumulator()
    return try LogLikelihoodAccumulator(samples: samples, hasCurve: false, chains: annealing.chains)
  }

  /// Where an example stands, and what finding out left behind.
  struct Stand {
    var rung: Rung
    /// The encoder's bound, by the pilot.
    var elbo: Double
    var modes: PosteriorModes
  }

  /// Which rung holds, by the pilots.
  func stand(in space: NoiseSpace) throws -> Stand {
    var tail = ParetoTail(samples: Ladder.pilotSamples)
    var bound = RunningMoments()
    try pilot(in: space) {
      tail.add($0)
      bound.add($0)
    }
    // The encoder's draws say nothing of what the encoder does not see; the search may.
    let modes = try PosteriorModes.find(in: space)
    if modes.modes.count == 1, Ladder.holds(tail.fit(), below: DiagnosticThresholds.paretoShapeFiniteVariance) {
      return Stand(rung: .importanceSampling, elbo: bound.mean, modes: modes)
    }
    let proposal = LaplaceProposal(modes, samples: Ladder.pilotSamples, size: space.count)
    tail = ParetoTail(samples: Ladder.pilotSamples)
    try LaplaceDraws(proposal, samples: Ladder.pilotSamples, offset: Ladder.firstPilotDraw, in: space)
      .forEach { _, logWeight, _ in tail.add(logWeight) }
    let holds = Ladder.holds(tail.fit(), below: DiagnosticThresholds.paretoShapeFiniteVariance)
    return Stand(rung: holds ? .laplace : .annealed, elbo: bound.mean, modes: modes)
  }

  /// Weights that are all equal have no k̂ and need none; of anything else without k̂ nothing is known.
  private static func holds(_ fit: ParetoFit, below threshold: Double) -> Bool {
    switch fit {
    case .shape(let shape): shape <= threshold
    case .undefined(let reason): reason == .constantTail
    }
  }

  /// Log-weights of the encoder's pilot draws.
  private func pilot(in space: NoiseSpace, _ body: (Double) -> Void) throws {
    let lanes = min(space.lanesAtOnce, LaneArithmetic.padded(Ladder.pilotSamples))
    let noise = LaneMatrix(rows: space.count, lanes: lanes)
    var values = Array(repeating: 0.0, count: lanes)
    for first in stride(from: 0, to: Ladder.pilotSamples, by: lanes) {
      space.arithmetic.normals(space.example.key, firstDraw: first, .pilotDraws, into: noise)
      try space.logWeights(at: noise, values: &values, gradients: nil)
      for lane in 0..<min(lanes, Ladder.pilotSamples - first) { body(values[lane]) }
    }
  }
}

extension Ladder: BracketingEstimator {
  /// The bracket of the rung that the example stands on.
  public func bracket<Model: LatentVariableModel>(
    _ example: Example, planted latents: [Float], under model: Model, scratch: inout Scratch<Model>
  ) throws -> (lower: LogLikelihoodMeasurement, upper: Double) {
    let place = try scratch.withNoise(of: example, under: model, for: "the ladder") { try stand(in: $0) }
    switch place.rung {
    case .importanceSampling:
      return try ImportanceSampling(samples: samples).bracket(
        example, planted: latents, under: model, scratch: &scratch)
    case .laplace:
      return try LaplaceImportanceSampling(samples: samples).bracket(
        example, planted: latents, under: model, scratch: &scratch)
    case .annealed:
      return try annealing.bracket(example, planted: latents, under: model, scratch: &scratch)
    }
  }
}
