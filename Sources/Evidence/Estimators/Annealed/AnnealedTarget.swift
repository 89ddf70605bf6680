import Foundation
import LinearAlgebra
import Networks

/// The target of sixteen chains, a lane each, and how far it is from where they start.
///
/// The posterior in noise is parted among its modes: with normal approximations N_j and responsibilities
/// r_j(e) = α_j N_j(e) / Σ_i α_i N_i(e), which sum to 1 everywhere, p(x) = Σ_j ∫ φ(e) exp ℓ(e) r_j(e) de. A chain belongs to
/// one part and lives in that part's coordinates u, e = m_j + A_j u, where N_j is N(0, I). Every part has one mode.
final class AnnealedTarget {
  static let lanes = LaneArithmetic.multiple

  let space: NoiseSpace
  let modes: PosteriorModes
  /// The part of each lane.
  private let parts: [Int]
  private let noise, gradient, mapped: LaneMatrix
  /// A_i⁻¹ (e − m_i) of every part.
  private let local: [LaneMatrix]
  private var values: [Double]
  /// log α_i N_i of every part without −D/2 log 2π, and then r_i.
  private var mixture: LaneMixture
  /// log α_i − log |det A_i|.
  private let constants: [Double]
  private var factor: [Float]
  private let backwards = Array(repeating: Float(-1), count: AnnealedTarget.lanes)
  private let isOf: [[Int32]]
  private var arithmetic: LaneArithmetic { space.arithmetic }

  init(_ modes: PosteriorModes, parts: [Int], in space: NoiseSpace) {
    self.space = space
    self.modes = modes
    self.parts = parts
    func matrix() -> LaneMatrix { LaneMatrix(rows: space.count, lanes: AnnealedTarget.lanes) }
    (noise, gradient, mapped) = (matrix(), matrix(), matrix())
    local = modes.modes.map { _ in matrix() }
    values = Array(repeating: 0, count: AnnealedTarget.lanes)
    // The shares are in the constants.
    mixture = LaneMixture(logWeights: modes.modes.map { _ in 0 }, lanes: AnnealedTarget.lanes)
    constants = zip(modes.modes, modes.shares).map { log($1) - $0.whitening.logDeterminant }
    factor = backwards
    isOf = modes.modes.indices.map { part in parts.map { $0 == part ? 1 : 0 } }
  }

  /// Writes Δ(u) = log [φ(e) exp ℓ(e) r_j(e) |det A_j|] − log N(u; 0, I), the logarithm of target over start, and its
  /// gradient by u.
  func evaluate(at place: LaneMatrix, into difference: inout [Double], gradient slope: LaneMatrix) throws {
    map(place, by: \.outward, into: noise)
    try space.logWeights(at: noise, values: &values, gradients: gradient)
    for lane in 0..<AnnealedTarget.lanes {
      difference[lane] = values[lane] + modes.modes[parts[lane]].whitening.logDeterminant
    }
    arithmetic.addDot(noise, noise, factor: -0.5, to: &difference)
    arithmetic.addDot(place, place, factor: 0.5, to: &difference)
    arithmetic.add(backwards, times: noise, to: gradient)
    if modes.modes.count > 1 { include(&difference) }
    map(gradient, by: \.outwardTransposed, into: slope)
    arithmetic.add(place, to: slope)
  }

  /// Adds log r_j and its gradient.
  private func include(_ difference: inout [Double]) {
    for (index, mode) in modes.modes.enumerated() {
      arithmetic.apply(mode.inward, to: noise, into: local[index])
      mixture.measure(index, at: local[index], constant: constants[index], with: arithmetic)
    }
    mixture.measureTotal()
    for lane in 0..<AnnealedTarget.lanes { difference[lane] += mixture[parts[lane], lane] - mixture.total[lane] }
    mixture.takeShares()
    // ∇ log r_j = Σ_i (δ_ij − r_i) ∇ log N_i with ∇ log N_i = −A_i⁻ᵀ A_i⁻¹ (e − m_i).
    for (index, mode) in modes.modes.enumerated() {
      for lane in 0..<AnnealedTarget.lanes {
        factor[lane] = Float(mixture[index, lane] - (parts[lane] == index ? 1 : 0))
      }
      arithmetic.apply(mode.inwardTransposed, to: local[index], into: mapped)
      arithmetic.add(factor, times: mapped, to: gradient)
    }
  }

  private func map(_ x: LaneMatrix, by map: KeyPath<PosteriorMode, PackedMap>, into out: LaneMatrix) {
    guard modes.modes.count > 1 else { return arithmetic.apply(modes.modes[0][keyPath: map], to: x, into: out) }
    for (index, mode) in modes.modes.enumerated() where parts.contains(index) {
      arithmetic.apply(mode[keyPath: map], to: x, into: mapped)
      arithmetic.replace(out, by: mapped, where: isOf[index])
    }
  }

  /// r_j at a given place, for every part.
  static func responsibilities(_ modes: PosteriorModes, at place: [Double]) -> [Double] {
    let logs = zip(modes.modes, modes.shares).map { mode, share in
      let distance = mode.distance(to: place)
      return log(share) - mode.whitening.logDeterminant - distance * distance / 2
    }
    let most = logs.max() ?? 0
    let weights = logs.map { exp($0 - most) }
    let sum = weights.reduce(0, +)
    return weights.map { $0 / sum }
  }
}
