import Networks
import Statistics

/// The chains of one example, run once.
struct AnnealedRun {
  let modes: PosteriorModes
  let estimate: AnnealedEstimate
  /// Sums of acceptance probabilities, and how many they are, for each part of the path.
  private(set) var acceptance: [Double]
  private(set) var moves: [Int]
  private let space: NoiseSpace
  private let schedule: AnnealingSchedule

  init(_ modes: PosteriorModes, chains: Int, _ schedule: AnnealingSchedule, in space: NoiseSpace) throws {
    self.modes = modes
    self.space = space
    self.schedule = schedule
    let least = min(AnnealedImportanceSampling.leastChains, chains / modes.modes.count)
    let counts = modes.split(chains, atLeast: least)
    let parts = counts.enumerated().flatMap { Array(repeating: $0.offset, count: $0.element) }
    var estimate = AnnealedEstimate(parts: modes.modes.count)
    acceptance = Array(repeating: 0, count: schedule.steps.count)
    moves = Array(repeating: 0, count: schedule.steps.count)
    for first in stride(from: 0, to: chains, by: Chains.lanes) {
      let own = Array(parts[first..<min(first + Chains.lanes, chains)])
      let block = Chains(
        AnnealedTarget(modes, parts: own + Array(repeating: own[0], count: Chains.lanes - own.count), in: space),
        schedule: schedule, firstChain: first)
      let logWeights = try block.runForwards()
      for (lane, part) in own.enumerated() { estimate.add(logWeights[lane], part: part) }
      for part in acceptance.indices {
        acceptance[part] += block.acceptance[part].prefix(own.count).reduce(0, +)
        moves[part] += block.moves[part] * own.count
      }
    }
    self.estimate = estimate
  }

  /// What the chains come to.
  var measurement: LogLikelihoodMeasurement {
    var result = estimate.measurement(index: space.example.index)
    result.modes = modes.count
    result.acceptance = zip(acceptance, moves).filter { $1 > 0 }.map { $0 / Double($1) }.min() ?? .nan
    return result
  }

  /// log p̂ with one of the chains replaced by one that runs backwards from noise of the posterior, in nats: its expectation
  /// is not below log p(x), where that of the chains alone is not above it.
  ///
  /// With e* from the posterior and a part j drawn by r_j(e*), the part's place in the target is drawn exactly, and among the
  /// chains of the extended target of annealing one runs backwards from there; so E 1/p̂ = 1/p(x) (Grosse, Ghahramani,
  /// Adams 2015, with one chain of many in place of all). Of sixteen such chains, each in the place of one, the mean of 1/p̂
  /// is taken: one that finds the way back makes up for others that are stuck where chains started elsewhere never come.
  func upper(planted place: [Float]) throws -> Double {
    let position = place.map(Double.init)
    let part = space.choose(AnnealedTarget.responsibilities(modes, at: position))
    let mode = modes.modes[part]
    let target = AnnealedTarget(modes, parts: Array(repeating: part, count: Chains.lanes), in: space)
    let logWeights = try Chains(target, schedule: schedule, firstChain: 0)
      .runBackwards(from: mode.coordinates(of: position).map(Float.init))
    var reciprocals = LogSumExp()
    for (slot, logWeight) in logWeights.enumerated() {
      reciprocals.add(-estimate.replacing(slot, ofPart: part, by: logWeight).logLikelihood)
    }
    return -reciprocals.logMean
  }
}

extension NoiseSpace {
  /// One of some choices, by their probabilities: a pure function of the example.
  func choose(_ probabilities: [Double]) -> Int {
    let uniforms = LaneMatrix(rows: 1, lanes: LaneArithmetic.multiple)
    arithmetic.uniforms(example.key, firstDraw: 0, .planting, into: uniforms)
    var rest = Double(uniforms.data[0])
    for (index, probability) in probabilities.enumerated() {
      rest -= probability
      if rest < 0 { return index }
    }
    return probabilities.indices.max { probabilities[$0] < probabilities[$1] } ?? 0
  }
}
