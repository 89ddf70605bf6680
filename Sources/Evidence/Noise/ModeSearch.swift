import Foundation
import Networks

/// Looks for modes of the posterior in noise, φ(e) exp ℓ(e), from sixteen starts at once, a lane each: one evaluation of the
/// networks serves all of them, which is why this is not GSL's minimiser, whose callback takes one point at a time.
///
/// Limited-memory BFGS (Nocedal 1980) on F(e) = ½ |e|² − ℓ(e), with steps halved until F falls enough (Armijo). A lane ends
/// where its quasi-Newton model promises less than `ModeSearch.tolerance`, or where no step helps; its place is then good
/// enough, for whatever is built on a mode is unbiased wherever the mode is.
final class ModeSearch {
  /// Starts: e = 0, standard normals, and latents drawn from the prior.
  static let starts = LaneArithmetic.multiple
  /// Evaluations of all lanes, at most.
  static let evaluations = 60
  /// Nats.
  static let tolerance = 0.01
  /// Noise of prior latents is cut here: an encoder's scale may be tiny.
  static let farthestStart: Float = 60

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
    return ends
  }

  private func placeStarts() {
    arithmetic.normals(space.example.key, firstDraw: 0, .modeStarts, into: position)
    position.setColumn(0, nowhere)
    for start in lanes / 2..<lanes {
      guard let noise = space.priorNoise(start: start) else { continue }
      position.setColumn(start, noise.map { max(-ModeSearch.farthestStart, min(ModeSearch.farthestStart, $0)) })
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

  private var ends: [End] {
    let constant = Double(space.count) / 2 * log(2 * Double.pi)
    return (0..<lanes).filter { value[$0].isFinite }
      .map { End(start: $0, logDensity: -value[$0] - constant, position: position.column($0)) }
      .sorted { ($0.logDensity, $1.start) > ($1.logDensity, $0.start) }
  }
}
