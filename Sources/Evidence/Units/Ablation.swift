import Foundation
import Models
public import Networks
import Statistics

/// What removing latent units costs: L_K with some units held at a constant, against L_K of the whole model on the same
/// examples and the same draws.
///
/// A held unit of the top layer is at its prior's mean; one below, whose prior mean depends on the layer above, at the mean
/// of the aggregate posterior. Held units are left out of log q and of log p, so that L_K is still a bound of a
/// log-likelihood: that of the smaller model. (Burda, Grosse, Salakhutdinov 2015, section 5.2, find that removing the
/// inactive units changes it by less than 0.06 nats.)
public struct Ablation: Sendable {
  /// The whole model.
  public let model: NetworkModel
  /// Its units.
  public let units: UnitsSummary
  /// Draws of the latents for each example.
  public var samples = 5000
  /// How the evaluation runs. The examples are those that L_K before and after is taken over.
  public var options: Evaluation
  /// The most examples, from the first on, for the sweep and for single units; 0 for neither.
  public var sweepExamples = 500
  /// Most active units that are removed one at a time.
  public var singleUnits = 3

  /// An ablation of the units found inactive.
  public init(_ model: NetworkModel, units: UnitsSummary, samples: Int = 5000, options: Evaluation = Evaluation()) {
    self.model = model
    self.units = units
    self.samples = samples
    self.options = options
  }

  /// A unit of a layer.
  public struct Unit: Sendable, Hashable {
    /// l of z_l.
    public let layer: Int
    /// The unit, from 0.
    public let unit: Int
    /// Its A_u.
    public let variance: Double
  }

  /// All units by descending A_u.
  public var ranking: [Unit] {
    units.layers.flatMap { layer in
      (0..<layer.units).map { Unit(layer: layer.layer, unit: $0, variance: layer.variances[$0]) }
    }.sorted { ($1.variance, $0.layer, $0.unit) < ($0.variance, $1.layer, $1.unit) }
  }

  /// How many evaluations of an example `run` makes, for progress.
  public func evaluations(examples: Int) -> Int {
    let plan = Plan(self)
    let short = min(sweepExamples, examples)
    return examples * (plan.removesSome ? 2 : 1) + short * (plan.kept.count + plan.singles.count)
  }

  /// Evaluates the model before and after.
  ///
  /// - Parameters:
  ///   - data: The examples.
  ///   - restored: The rows of an earlier run with the same settings, which are not evaluated again.
  ///   - observe: Given the row of each evaluation of an example.
  /// - Throws: As `Evaluation.run`; `InvalidModel` where a posterior's units can't be held one by one; `EvidenceError`
  ///   (`invalidResults`) where restored rows are not of this ablation.
  public func run(
    on data: Dataset, restored: RestoredMeasurements<AblationRow> = RestoredMeasurements(),
    observe: (AblationRow) throws -> Void = { _ in }
  ) throws -> AblationSummary {
    let plan = Plan(self)
    let range = options.examples ?? 0..<data.count
    var passes = Passes(samples: samples, options: options, data: data, restored: restored)
    var whole: [Double] = []
    let before = try passes.run(model, over: range, { whole.append($1) }, observe)
    func change(removing removed: Set<Unit>, over examples: Range<Int>) throws -> AblationSummary.Change {
      var difference = RunningMoments()
      let after = try passes.run(
        try model.holding(held(removed)), over: examples, { difference.add(whole[$0 - range.lowerBound] - $1) }, observe
      )
      return .init(nll: after.nll, difference: difference.mean, standardError: difference.standardError)
    }
    var result = AblationSummary(
      samples: samples, examples: range.count, removed: plan.inactive.count, isCrossEntropy: before.isCrossEntropy,
      nll: before.nll,
      monteCarloStandardError: before.monteCarloStandardError)
    result.change =
      plan.removesSome
      ? try change(removing: plan.inactive, over: range) : .init(nll: before.nll, difference: 0, standardError: 0)
    let short = range.lowerBound..<range.lowerBound + min(max(0, sweepExamples), range.count)
    guard !short.isEmpty else { return result }
    result.sweepExamples = short.count
    result.sweep = try plan.kept.map { kept in
      let removed = Set(plan.ranking.dropFirst(kept))
      return .init(kept: kept, change: try change(removing: removed, over: short))
    }
    result.singles = try plan.singles.map { .init(unit: $0, change: try change(removing: [$0], over: short)) }
    return result
  }

  /// The values at which removed units are held.
  func held(_ removed: Set<Unit>) -> HeldLatents {
    var values = model.latentCounts.map { [Float?](repeating: nil, count: $0) }
    let top = model.latentCounts.count
    for unit in removed {
      let mean = unit.layer == top ? priorMean(unit.unit) : units.layers[unit.layer - 1].means[unit.unit]
      values[unit.layer - 1][unit.unit] = Float(mean)
    }
    return HeldLatents(values: values)
  }

  /// The mean of a unit of the top layer under the prior; for a mixture of encoded pseudo-inputs, that of the aggregate
  /// posterior, which it stands for.
  private func priorMean(_ unit: Int) -> Double {
    switch model.description.prior {
    case .standardNormal: return 0
    case .normal(let mean, _, _): return Double(mean.values[unit])
    case .normalMixture(let logits, let mean, _, _):
      let components = mean.shape[0]
      let logits = (logits?.values ?? Array(repeating: 0, count: components)).map(Double.init)
      let largest = logits.max() ?? 0
      let weights = logits.map { exp($0 - largest) }
      let sum = (0..<components).reduce(0) { $0 + weights[$1] * Double(mean.values[$1 * mean.shape[1] + unit]) }
      return sum / weights.reduce(0, +)
    case .vampPrior: return units.layers[units.layers.count - 1].means[unit]
    }
  }

  /// Which units are removed, in which runs.
  private struct Plan {
    let ranking: [Unit]
    let inactive: Set<Unit>
    /// How many units the sweep's models keep: 0, 1, 2, 4, …, those active, all.
    let kept: [Int]
    let singles: [Unit]

    var removesSome: Bool { !inactive.isEmpty }

    init(_ ablation: Ablation) {
      ranking = ablation.ranking
      let threshold = ablation.units.threshold
      let active = ranking.filter { $0.variance > threshold }
      inactive = Set(ranking.dropFirst(active.count))
      let powers = sequence(first: 1) { $0 * 2 }.prefix { [count = ranking.count] in $0 < count }
      kept = ablation.sweepExamples > 0 ? Set([0, active.count, ranking.count] + powers).sorted() : []
      // The most active one, the least active one, and some between.
      let singles = ablation.sweepExamples > 0 ? min(max(0, ablation.singleUnits), active.count) : 0
      self.singles = (0..<singles).map { active[singles == 1 ? 0 : $0 * (active.count - 1) / (singles - 1)] }
    }
  }
}

/// What an ablation found. In nats.
public struct AblationSummary: Sendable, Equatable {
  /// L_K after a removal.
  public struct Change: Sendable, Equatable {
    /// Negative log-likelihood of the smaller model.
    public let nll: Double
    /// NLL after less NLL before, over the same examples and draws: positive where the removal costs.
    public let difference: Double
    /// Its standard error, sd(difference)/√N.
    public let standardError: Double
  }

  /// A point of the sweep.
  public struct Point: Sendable, Equatable {
    /// Units kept, those with the largest A_u of all layers.
    public let kept: Int
    /// Against the whole model.
    public let change: Change
  }

  /// A single unit removed.
  public struct Single: Sendable, Equatable {
    /// The unit.
    public let unit: Ablation.Unit
    /// Against the whole model.
    public let change: Change
  }

  /// Draws of the latents for each example.
  public let samples: Int
  /// Examples of the comparison.
  public let examples: Int
  /// Units removed: those at or below the threshold, of all layers.
  public let removed: Int
  /// Whether grey data met a Bernoulli likelihood, so that the figures are cross-entropies.
  public let isCrossEntropy: Bool
  /// Negative log-likelihood of the whole model.
  public let nll: Double
  /// Of `nll`, over other draws.
  public let monteCarloStandardError: Double
  /// All inactive units removed.
  public internal(set) var change = Change(nll: .nan, difference: .nan, standardError: .nan)
  /// Examples of the sweep and of single units.
  public internal(set) var sweepExamples = 0
  /// L_K by how many units are kept.
  public internal(set) var sweep: [Point] = []
  /// Active units removed one at a time.
  public internal(set) var singles: [Single] = []

  init(
    samples: Int, examples: Int, removed: Int, isCrossEntropy: Bool, nll: Double, monteCarloStandardError: Double
  ) {
    self.isCrossEntropy = isCrossEntropy
    self.samples = samples
    self.examples = examples
    self.removed = removed
    self.nll = nll
    self.monteCarloStandardError = monteCarloStandardError
  }
}

/// The evaluations of an ablation, one after the other, of which the first ones may be known.
private struct Passes {
  let samples: Int
  let options: Evaluation
  let data: Dataset
  let restored: RestoredMeasurements<AblationRow>
  /// Passes and evaluations so far.
  private var (pass, evaluations) = (0, 0)

  init(samples: Int, options: Evaluation, data: Dataset, restored: RestoredMeasurements<AblationRow>) {
    self.samples = samples
    self.options = options
    self.data = data
    self.restored = restored
  }

  /// Evaluates a model on some examples.
  ///
  /// - Parameters:
  ///   - each: Given every example with its L_K.
  ///   - observe: Given the rows that were not known.
  mutating func run(
    _ model: NetworkModel, over examples: Range<Int>, _ each: @escaping (Int, Double) -> Void,
    _ observe: (AblationRow) throws -> Void
  ) throws -> LogLikelihoodSummary {
    let (pass, first, restored) = (pass, evaluations, restored)
    var next = examples.lowerBound
    let known = RestoredMeasurements<LogLikelihoodMeasurement>(
      count: min(max(0, restored.count - first), examples.count)
    ) {
      let measurement = try restored.next().measurement(pass: pass, example: next)
      next += 1
      each(measurement.index, measurement.logLikelihood)
      return measurement
    }
    var options = options
    options.examples = examples
    let summary = try options.run(
      ImportanceSampling(samples: samples), under: model, on: data, restored: known
    ) { index, measurement in
      each(index, measurement.logLikelihood)
      try observe(AblationRow(index: first + index - examples.lowerBound, pass: pass, measurement))
    }
    self.pass += 1
    evaluations += examples.count
    return summary
  }
}
