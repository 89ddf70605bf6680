import Foundation
import Networks

/// Looks for modes of the posterior in noise, φ(e) exp ℓ(e), from sixteen starts at once, a lane each: one evaluation of the
/// networks serves all of them, which is why this is not GSL's minimiser, whose callback takes one point at a time.
///
/// Limited-memory BFGS (Nocedal 1980) on F(e) = ½ |e|² − ℓ(e), with steps halved until F falls enough (Armijo). A lane ends
/// where its quasi-Newton model promises less than `ModeSearch.tolerance`, or where no step helps; its place is then good
/// enough, for whatever is built on a mode is unbiased wherever the mode is.
///
/// Then rounds of hops, as long as they find something: sixteen more starts, each an end with some of its units put where the
/// prior has them. Modes of one posterior differ in few units as a rule, and a start that keeps the rest comes to the
/// other far more often than one that has all to find.
final class ModeSearch {
  /// Starts: e = 0, standard normals, and latents drawn from the prior.
  static let starts = LaneArithmetic.multiple
  /// Evaluations of all lanes in a round, at most.
  static let evaluations = 60
  /// Nats.
  static let tolerance = 0.01
  /// Noise of prior latents is cut here: an encoder's scale may be tiny.
  static let farthestStart: Float = 1000
  /// Rounds of hops, at most.
  static let hopRounds = 2
  /// The share of its units that an end loses in a hop, by turns: at 1 it is a new start.
  private static let hopShares: [Float] = [0.2, 0.5, 1]
  /// Ends that hops begin at: the best ones, so many, and no farther below the best in nats.
  private static let hopSources = 4, hopDepth = 12.0
  /// Ends nearer to each other than this, in deviations of the encoder, are one.
  private static let nearness: Float = 1

  /// Where a lane ended.
  struct End {
    var start: Int
    /// log φ(e) + ℓ(e), in nats.
    var logDensity: Double
    var position: [Float]
  }

  private let space: NoiseSpace
  private let lanes = ModeSearch.starts
  private var arithmetic: LaneArithmetic { space.arithmetic }
  private let position, gradient, trial, trialGradient, direction, candidate, difference: LaneMatrix
  private var memory: QuasiNewtonMemory
  private var value, trialValue: [Double]

  init(_ space: NoiseSpace) {
    self.space = space
    func matrix() -> LaneMatrix { LaneMatrix(rows: space.count, lanes: ModeSearch.starts) }
    (position, gradient, trial, trialGradient) = (matrix(), matrix(), matrix(), matrix())
    (direction, candidate, difference) = (matrix(), matrix(), matrix())
    memory = QuasiNewtonMemory(rows: space.count, lanes: lanes, arithmetic: space.arithmetic)
    value = Array(repeating: 0, count: lanes)
    trialValue = value
  }

  /// Searches, and returns the ends whose density is finite, the highest first.
  func run() throws -> [End] {
    placeStarts()
    var found = ModeSearch.sorted(try descend(firstStart: 0))
    for round in 1...ModeSearch.hopRounds {
      let known = ModeSearch.distinct(found)
      guard let best = known.first else { break }
      placeHops(round, from: known)
      let ends = try descend(firstStart: round * lanes)
      found = ModeSearch.sorted(found + ends)
      let isNew = ends.contains { end in
        end.logDensity > best.logDensity - PosteriorModes.depth
          && known.allSatisfy { ModeSearch.distance($0, end) > ModeSearch.nearness }
      }
      if !isNew { break }
    }
    return found
  }

  private static func sorted(_ ends: [End]) -> [End] {
    ends.sorted { ($0.logDensity, $1.start) > ($1.logDensity, $0.start) }
  }

  /// The best ends that are apart from each other.
  private static func distinct(_ ends: [End]) -> [End] {
    var kept: [End] = []
    for end in ends where kept.count < hopSources && end.logDensity > ends[0].logDensity - hopDepth {
      if kept.allSatisfy({ distance($0, end) > nearness }) { kept.append(end) }
    }
    return kept
  }

  private static func distance(_ a: End, _ b: End) -> Float {
    zip(a.position, b.position).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
  }

  /// Goes down from where the lanes stand, and returns the ends whose density is finite.
  private func descend(firstStart: Int) throws -> [End] {
    memory.forget()
    try evaluate(position, &value, gradient)
    var isOver = value.map { !$0.isFinite }
    for lane in 0..<lanes where isOver[lane] {
      // A start that leads nowhere: its lane stays at 0, where it disturbs nobody.
      position.setColumn(lane, nowhere)
      gradient.setColumn(lane, nowhere)
    }
    var step = Array(repeating: Float(1), count: lanes)
    var slope = Array(repeating: 0.0, count: lanes)
    var wantsDirection = isOver.map { !$0 }
    for _ in 1..<ModeSearch.evaluations {
      turn(where: wantsDirection, slope: &slope, isOver: &isOver)
      for lane in 0..<lanes where wantsDirection[lane] { step[lane] = 1 }
      if isOver.allSatisfy(\.self) { break }
      trial.copy(position)
      arithmetic.add(zip(step, isOver).map { $1 ? 0 : $0 }, times: direction, to: trial)
      try evaluate(trial, &trialValue, trialGradient)
      var accepted = Array(repeating: Int32(0), count: lanes)
      for lane in 0..<lanes where !isOver[lane] {
        let promised = Double(step[lane]) * slope[lane]
        // Sums of single-precision terms: a rise of this size means nothing.
        if trialValue[lane] <= value[lane] + 1e-4 * promised + 1e-4 {
          accepted[lane] = 1
        } else {
          let excess = trialValue[lane] - value[lane] - promised
          let minimum = excess > 0 ? -promised / (2 * excess) : 0.1
          step[lane] *= Float(min(0.5, max(0.1, minimum.isFinite ? minimum : 0.1)))
          if step[lane] < 1e-5 { isOver[lane] = true }
        }
        wantsDirection[lane] = accepted[lane] != 0
      }
      move(accepted)
    }
    let constant = Double(space.count) / 2 * log(2 * Double.pi)
    return (0..<lanes).filter { value[$0].isFinite }
      .map { End(start: firstStart + $0, logDensity: -value[$0] - constant, position: position.column($0)) }
  }

  private func placeStarts() {
    arithmetic.normals(space.example.key, firstDraw: 0, .modeStarts, into: position)
    position.setColumn(0, nowhere)
    for start in lanes / 2..<lanes {
      if let noise = priorNoise(start: start) { position.setColumn(start, noise) }
    }
  }

  private func priorNoise(start: Int) -> [Float]? {
    space.priorNoise(start: start)?.map { max(-ModeSearch.farthestStart, min(ModeSearch.farthestStart, $0)) }
  }

  private func placeHops(_ round: Int, from ends: [End]) {
    let uniforms = LaneMatrix(rows: space.count, lanes: lanes)
    arithmetic.uniforms(space.example.key, firstDraw: round * lanes, .modeHops, into: uniforms)
    // Units come from latents of the prior, or from standard normals where the model can't draw them.
    arithmetic.normals(space.example.key, firstDraw: round * lanes, .modeStarts, into: position)
    let donors = (0..<lanes / 2).map { priorNoise(start: round * lanes + $0) ?? position.column($0) }
    for lane in 0..<lanes {
      let share = ModeSearch.hopShares[lane / ends.count % ModeSearch.hopShares.count]
      let donor = donors[lane % donors.count]
      let end = ends[lane % ends.count]
      position.setColumn(
        lane, (0..<space.count).map { uniforms.data[$0 * lanes + lane] < share ? donor[$0] : end.position[$0] })
    }
  }

  /// F and its gradient; a value that is no number is +∞.
  private func evaluate(_ x: LaneMatrix, _ value: inout [Double], _ gradient: LaneMatrix) throws {
    try space.logWeights(at: x, values: &value, gradients: gradient)
    for lane in 0..<lanes { value[lane] = -value[lane] }
    arithmetic.addDot(x, x, factor: 0.5, to: &value)
    for lane in 0..<lanes where value[lane].isNaN { value[lane] = .infinity }
    arithmetic.scale(gradient, by: Array(repeating: -1, count: lanes))
    arithmetic.add(x, to: gradient)
  }

  /// New directions for the lanes that moved, and which lanes have arrived.
  private func turn(where chosen: [Bool], slope: inout [Double], isOver: inout [Bool]) {
    guard chosen.contains(true) else { return }
    memory.direction(at: gradient, into: candidate)
    var slopes = Array(repeating: 0.0, count: lanes)
    arithmetic.addDot(candidate, gradient, factor: 1, to: &slopes)
    for lane in 0..<lanes where chosen[lane] && !isOver[lane] {
      slope[lane] = slopes[lane]
      if !(slopes[lane] < -ModeSearch.tolerance) { isOver[lane] = true }
    }
    arithmetic.replace(direction, by: candidate, where: chosen.map { $0 ? 1 : 0 })
  }

  private func move(_ accepted: [Int32]) {
    guard accepted.contains(1) else { return }
    let backwards = Array(repeating: Float(-1), count: lanes)
    candidate.copy(trial)
    arithmetic.add(backwards, times: position, to: candidate)
    difference.copy(trialGradient)
    arithmetic.add(backwards, times: gradient, to: difference)
    memory.remember(step: candidate, change: difference, where: accepted)
    arithmetic.replace(position, by: trial, where: accepted)
    arithmetic.replace(gradient, by: trialGradient, where: accepted)
    for lane in 0..<lanes where accepted[lane] != 0 { value[lane] = trialValue[lane] }
  }

  private var nowhere: [Float] { Array(repeating: 0, count: space.count) }
}
