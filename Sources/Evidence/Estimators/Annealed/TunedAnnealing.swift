/// A schedule and how it was come by.
public struct TunedAnnealing: Sendable, Equatable {
  /// What chains are annealed by.
  public var schedule: AnnealingSchedule
  /// The mean distance between the estimate and an upper bound on data simulated from the model, in nats; nil where it was not
  /// looked at.
  public var gap: Double?
  /// Examples simulated for the purpose.
  public var examples: Int

  /// The gap at which more temperatures are not worth their time, in nats.
  public static let gapTarget = 0.1

  /// A schedule that was given.
  public init(schedule: AnnealingSchedule) { self.init(schedule: schedule, gap: nil, examples: 0) }

  init(schedule: AnnealingSchedule, gap: Double?, examples: Int) {
    self.schedule = schedule
    self.gap = gap
    self.examples = examples
  }
}

/// An estimator that anneals.
public protocol TunedEstimator: Estimator {
  /// What it was tuned to; nil before it was prepared.
  var tuned: TunedAnnealing? { get }
}

extension AnnealedImportanceSampling: TunedEstimator {}

extension Ladder: TunedEstimator {
  /// What its annealing was tuned to.
  public var tuned: TunedAnnealing? { annealing.tuned }
}
