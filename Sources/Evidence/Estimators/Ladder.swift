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
    let place = try stand(example, under: model, scratch: &scratch)
    guard place.rung != .importanceSampling else {
      var result = try ImportanceSampling(samples: samples).measure(example, under: model, scratch: &scratch)
      result.modes = place.modes.count
      return result
    }
    var result = try scratch.withNoise(of: example, under: model, for: "the ladder") { space in
      place.rung == .laplace
        ? try LaplaceImportanceSampling(samples: samples).measure(place.modes, in: space)
        : try annealing.measure(place.modes, in: space)
    }
    result.elbo = place.elbo
    return result
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
  func stand<Model: LatentVariableModel>(
    _ example: Example, under model: Model, scratch: inout Scratch<Model>
  ) throws -> Stand {
    var tail = ParetoTail(samples: Ladder.pilotSamples)
    var bound = RunningMoments()
    let own = Example(
      index: ReservedExamples.pilot(of: example.index), position: example.position, seed: example.seed)
    try scratch.forEachChunk(of: own, under: model, samples: Ladder.pilotSamples) { chunk in
      tail.add(chunk)
      for index in chunk.indices { bound.add(chunk[index]) }
    }
    return try scratch.withNoise(of: example, under: model, for: "the ladder") { space in
      // The encoder's draws say nothing of what the encoder does not see; the search may.
      let modes = try PosteriorModes.find(in: space)
      if modes.modes.count == 1, Ladder.holds(tail.fit()) {
        return Stand(rung: .importanceSampling, elbo: bound.mean, modes: modes)
      }
      let proposal = try LaplaceProposal.piloted(modes, samples: Ladder.pilotSamples, in: space)
      tail = ParetoTail(samples: Ladder.pilotSamples)
      try LaplaceDraws(proposal, samples: Ladder.pilotSamples, offset: Ladder.firstPilotDraw, in: space)
        .forEach { _, logWeight in tail.add(logWeight) }
      return Stand(rung: Ladder.holds(tail.fit()) ? .laplace : .annealed, elbo: bound.mean, modes: modes)
    }
  }

  /// Weights that are all equal have no k̂ and need none; of anything else without k̂ nothing is known.
  private static func holds(_ fit: ParetoFit) -> Bool {
    switch fit {
    case .shape(let shape): shape <= DiagnosticThresholds.paretoShapeFiniteVariance
    case .undefined(let reason): reason == .constantTail
    }
  }
}

extension Ladder: BracketingEstimator {
  /// The bracket of the rung that the example stands on.
  public func bracket<Model: LatentVariableModel>(
    _ example: Example, planted latents: [Float], under model: Model, scratch: inout Scratch<Model>
  ) throws -> (lower: LogLikelihoodMeasurement, upper: Double) {
    var result = try bracketWithCurve(example, planted: latents, under: model, scratch: &scratch)
    result.lower.curve = []
    return result
  }

  private func bracketWithCurve<Model: LatentVariableModel>(
    _ example: Example, planted latents: [Float], under model: Model, scratch: inout Scratch<Model>
  ) throws -> (lower: LogLikelihoodMeasurement, upper: Double) {
    let place = try stand(example, under: model, scratch: &scratch)
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
