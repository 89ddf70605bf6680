import Statistics

/// Measures how chains fare on simulated examples; nothing of it is reported.
struct AnnealingPilot: Estimator {
  let annealing: AnnealedImportanceSampling
  let simulated: SimulatedExamples
  let isBracketed: Bool

  struct Measurement: Sendable {
    var acceptance: [Double]
    var moves: [Int]
    var lower: Double
    /// Nil where the latents have no noise that is known.
    var upper: Double?
  }

  struct Summary: Sendable {
    /// Mean acceptance in each part of the path; 1 where nothing moved.
    var acceptance: [Double]
    /// Mean of the estimates.
    var lower: Double
    /// Mean distance to the upper bound.
    var gap: Double?
  }

  func measure<Model: LatentVariableModel>(
    _ example: Example, under model: Model, scratch: inout Scratch<Model>
  ) throws -> Measurement {
    let own = simulated.example(example)
    // A flow without an inverse has no bracket, which is no reason not to tune.
    let place =
      isBracketed
      ? try? scratch.noise(of: Array(simulated.latents(of: example.index)), example: own, under: model) : nil
    return try scratch.withNoise(of: own, under: model, for: "annealed importance sampling") { space in
      let run = try annealing.run(PosteriorModes.find(in: space), in: space)
      return Measurement(
        acceptance: run.acceptance, moves: run.moves, lower: run.estimate.logLikelihood,
        upper: try place.map { try run.upper(planted: $0) })
    }
  }

  func makeAccumulator() throws -> Gathered { Gathered(parts: AnnealingSchedule.parts) }

  struct Gathered: MeasurementAccumulator {
    private var acceptance: [Double]
    private var moves: [Int]
    private var lower = RunningMoments()
    private var gap = RunningMoments()

    init(parts: Int) {
      acceptance = Array(repeating: 0, count: parts)
      moves = Array(repeating: 0, count: parts)
    }

    mutating func add(_ measurement: Measurement) {
      for part in acceptance.indices {
        acceptance[part] += measurement.acceptance[part]
        moves[part] += measurement.moves[part]
      }
      lower.add(measurement.lower)
      if let upper = measurement.upper { gap.add(upper - measurement.lower) }
    }

    mutating func merge(_ other: Gathered) {
      for part in acceptance.indices {
        acceptance[part] += other.acceptance[part]
        moves[part] += other.moves[part]
      }
      lower.merge(other.lower)
      gap.merge(other.gap)
    }

    func summary() throws -> Summary {
      Summary(
        acceptance: zip(acceptance, moves).map { $1 > 0 ? $0 / Double($1) : AnnealingTuner.acceptanceTarget },
        lower: lower.mean, gap: gap.count > 0 ? gap.mean : nil)
    }
  }
}
