import Foundation

/// Tunes annealing on examples simulated from the model, before any data are seen.
///
/// Step sizes first, part by part of the path, towards an acceptance of `acceptanceTarget`: the energy's error grows with the
/// square of the step, and the rejections with the error. Then, unless it is given, the number of temperatures, which is
/// doubled until the estimate and an upper bound are `TunedAnnealing.gapTarget` apart on average, or until doubling no longer
/// helps: a gap that does not fall has another cause than haste, such as a mode that no search found.
struct AnnealingTuner {
  let chains: Int
  let temperatures: Int?
  let leapfrogs: Int

  /// Higher than the 0.65 of long schedules from the prior: few moves have to do.
  static let acceptanceTarget = 0.9
  private static let stepExamples = 16, gapExamples = 32
  private static let stepTemperatures = 24
  private static let rounds = 6
  private static let fewestTemperatures = 25, mostTemperatures = 6400
  private static let longestStep = 1.0
  /// Twice the temperatures should leave less than this of the gap, where haste is its cause: half, as a rule.
  private static let leastGain = 0.8

  /// Tunes: a function of the model, of these settings and of the seed.
  func tune(_ model: some LatentVariableModel, options: Evaluation) throws -> TunedAnnealing {
    let count = AnnealingTuner.gapExamples
    let simulated = try SimulatedExamples(
      from: model, count: count, seed: options.seed, given: options.dataOfCovariates,
      for: "tuning annealed importance sampling", number: ReservedExamples.tuning)
    var options = options
    options.examples = nil
    options.blockSize = nil
    var schedule = try tunedSteps(model, simulated, options)
    if let temperatures {
      schedule.temperatures = temperatures
      return TunedAnnealing(schedule: schedule, gap: nil, examples: AnnealingTuner.stepExamples)
    }
    var last: Double?, lastGap: Double?
    schedule.temperatures = AnnealingTuner.fewestTemperatures
    while true {
      let annealing = AnnealedImportanceSampling(chains: chains, schedule: schedule)
      let pilot = AnnealingPilot(annealing: annealing, simulated: simulated, isBracketed: true)
      let found = try options.run(pilot, under: model, on: simulated.dataset)
      // Without an upper bound, the step from one number of temperatures to the next has to stand for the gap.
      let gap = found.gap ?? last.map { abs(found.lower - $0) }
      let next = 2 * schedule.temperatures
      if let gap {
        let isStuck = lastGap.map { gap > AnnealingTuner.leastGain * $0 } ?? false
        if gap <= TunedAnnealing.gapTarget || isStuck || next > AnnealingTuner.mostTemperatures || !gap.isFinite {
          return TunedAnnealing(schedule: schedule, gap: gap, examples: count)
        }
      }
      (last, lastGap) = (found.lower, gap)
      schedule.temperatures = next
    }
  }

  private func tunedSteps(
    _ model: some LatentVariableModel, _ simulated: SimulatedExamples, _ options: Evaluation
  ) throws -> AnnealingSchedule {
    var options = options
    options.examples = 0..<AnnealingTuner.stepExamples
    var schedule = AnnealingSchedule.untuned(temperatures: AnnealingTuner.stepTemperatures, leapfrogs: leapfrogs)
    let longest = min(AnnealingTuner.longestStep, AnnealingSchedule.longestTurn / Double(leapfrogs))
    for _ in 0..<AnnealingTuner.rounds {
      let annealing = AnnealedImportanceSampling(chains: chains, schedule: schedule)
      let pilot = AnnealingPilot(annealing: annealing, simulated: simulated, isBracketed: false)
      let acceptance = try options.run(pilot, under: model, on: simulated.dataset).acceptance
      for (part, rate) in acceptance.enumerated() {
        let factor = ((1 - AnnealingTuner.acceptanceTarget) / max(1e-6, 1 - rate)).squareRoot()
        // As the results file holds it: a number of three digits.
        let step = (schedule.steps[part] * min(1.5, max(0.6, factor)) * 1000).rounded() / 1000
        schedule.steps[part] = max(0.01, min(longest, step))
      }
    }
    return schedule
  }
}
