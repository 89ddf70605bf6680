import Foundation
import Networks

/// Sixteen annealed chains of one example, a lane each (Neal 2001).
///
/// Path: π_β(u) ∝ N(u; 0, I) exp(β Δ(u)) with Δ the target over the start (`AnnealedTarget`). A move is Hamiltonian Monte
/// Carlo with fresh momenta, which leaves π_β invariant and is its own reverse. The Hamiltonian is split
/// (Shahbaba, Lan, Johnson, Neal 2014): the normal part, ½ |u|² + ½ |p|², turns (u, p) by an exact rotation, and only β Δ
/// is left for the leapfrog's kicks.
///
/// A proposal at which anything is infinite or NaN is refused, which is one more rejection.
final class Chains {
  static let lanes = AnnealedTarget.lanes
  /// A move's number is the upper half of a draw's word.
  static let largestTemperatureCount = 1 << 16
  /// A chain's number is the lower half, but for the bit that tells a chain that runs backwards.
  static let largestChainCount = 1 << 15
  private static let backwards = 1 << 15
  /// A step's length varies by this share of itself on either side, so that no move comes back to where it began.
  private static let jitter = 0.2

  private let target: AnnealedTarget
  private let schedule: AnnealingSchedule
  private let firstChain: Int
  private let place, slope, trial, trialSlope, momentum, uniforms: LaneMatrix
  private var difference, trialDifference, energy, trialEnergy: [Double]
  private var step: [Double]
  private var cosine, sine, kick: [Float]
  private var accepted: [Int32]
  private var arithmetic: LaneArithmetic { target.space.arithmetic }
  private var key: DrawKey { target.space.example.key }
  /// Sums of acceptance probabilities, and how many, by part of the path and lane.
  private(set) var acceptance: [[Double]]
  private(set) var moves: [Int]

  init(_ target: AnnealedTarget, schedule: AnnealingSchedule, firstChain: Int) {
    self.target = target
    self.schedule = schedule
    self.firstChain = firstChain
    func matrix(_ rows: Int) -> LaneMatrix { LaneMatrix(rows: rows, lanes: Chains.lanes) }
    let size = target.space.count
    (place, slope, trial, trialSlope) = (matrix(size), matrix(size), matrix(size), matrix(size))
    (momentum, uniforms) = (matrix(size), matrix(2))
    difference = Array(repeating: 0, count: Chains.lanes)
    (trialDifference, energy, trialEnergy, step) = (difference, difference, difference, difference)
    cosine = Array(repeating: 0, count: Chains.lanes)
    (sine, kick) = (cosine, cosine)
    accepted = Array(repeating: 0, count: Chains.lanes)
    acceptance = Array(repeating: difference, count: schedule.steps.count)
    moves = Array(repeating: 0, count: schedule.steps.count)
  }

  /// Anneals from N(0, I) to the target, and returns the log-weights.
  func runForwards() throws -> [Double] {
    arithmetic.normals(key, firstDraw: firstChain, .chainStarts, into: place)
    try target.evaluate(at: place, into: &difference, gradient: slope)
    var logWeights = Array(repeating: 0.0, count: Chains.lanes)
    for temperature in 1...schedule.temperatures {
      for lane in 0..<Chains.lanes { logWeights[lane] += difference[lane] / Double(schedule.temperatures) }
      if temperature < schedule.temperatures { try move(temperature, chain: firstChain) }
    }
    return logWeights
  }

  /// Anneals all chains from one place of the target, in the coordinates of their part, back to N(0, I), and returns the
  /// log-weights of the same paths run forwards.
  func runBackwards(from start: [Float]) throws -> [Double] {
    place.setColumns(start)
    try target.evaluate(at: place, into: &difference, gradient: slope)
    var logWeights = Array(repeating: 0.0, count: Chains.lanes)
    for temperature in (1...schedule.temperatures).reversed() {
      for lane in 0..<Chains.lanes { logWeights[lane] += difference[lane] / Double(schedule.temperatures) }
      if temperature > 1 { try move(temperature - 1, chain: Chains.backwards | firstChain) }
    }
    return logWeights
  }

  /// One move that leaves π_β invariant.
  private func move(_ temperature: Int, chain: Int) throws {
    let beta = schedule.beta(temperature)
    let number = temperature << 16 | chain
    arithmetic.normals(key, firstDraw: number, .chainMomenta, into: momentum)
    arithmetic.uniforms(key, firstDraw: number, .chainDecisions, into: uniforms)
    let length = schedule.step(beta)
    for lane in 0..<Chains.lanes {
      let spread = 2 * Double(uniforms.data[Chains.lanes + lane]) - 1
      step[lane] = length * (1 + Chains.jitter * spread)
      (cosine[lane], sine[lane]) = (Float(cos(step[lane])), Float(sin(step[lane])))
    }
    measureEnergy(place, difference, beta, &energy)
    trial.copy(place)
    for lane in 0..<Chains.lanes { kick[lane] = Float(step[lane] / 2 * beta) }
    arithmetic.add(kick, times: slope, to: momentum)
    for leapfrog in 1...schedule.leapfrogs {
      arithmetic.rotate(trial, momentum, cosine: cosine, sine: sine)
      try target.evaluate(at: trial, into: &trialDifference, gradient: trialSlope)
      let share = leapfrog < schedule.leapfrogs ? 1.0 : 0.5
      for lane in 0..<Chains.lanes { kick[lane] = Float(share * step[lane] * beta) }
      arithmetic.add(kick, times: trialSlope, to: momentum)
    }
    measureEnergy(trial, trialDifference, beta, &trialEnergy)
    decide(part: schedule.part(beta))
  }

  /// ½ |u|² + ½ |p|² − β Δ(u).
  private func measureEnergy(_ position: LaneMatrix, _ value: [Double], _ beta: Double, _ energy: inout [Double]) {
    for lane in 0..<Chains.lanes { energy[lane] = -beta * value[lane] }
    arithmetic.addDot(position, position, factor: 0.5, to: &energy)
    arithmetic.addDot(momentum, momentum, factor: 0.5, to: &energy)
  }

  private func decide(part: Int) {
    moves[part] += 1
    for lane in 0..<Chains.lanes {
      // From a place of no density any place is an improvement; to one, or to none at all, there is no way.
      let isValid = trialEnergy[lane].isFinite && trialDifference[lane].isFinite
      let probability = isValid ? min(1, exp(energy[lane] - trialEnergy[lane])) : 0
      let certain = probability.isNaN ? 0 : probability
      acceptance[part][lane] += certain
      accepted[lane] = Double(uniforms.data[lane]) < certain ? 1 : 0
      if accepted[lane] != 0 { difference[lane] = trialDifference[lane] }
    }
    arithmetic.replace(place, by: trial, where: accepted)
    arithmetic.replace(slope, by: trialSlope, where: accepted)
  }
}
