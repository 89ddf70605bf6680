import Foundation
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
  private let noise, gradient, mapped, local: LaneMatrix
  private var values: [Double]
  /// log N_i of every lane without −D/2 log 2π, and then r_i.
  private var responsibilities: [[Double]]
  private let logShares: [Double]
  private var factor: [Float]
  private let backwards = Array(repeating: Float(-1), count: AnnealedTarget.lanes)
  private let isOf: [[Int32]]
  private var arithmetic: LaneArithmetic { space.arithmetic }

  init(_ modes: PosteriorModes, parts: [Int], in space: NoiseSpace) {
    self.space = space
    self.modes = modes
    self.parts = parts
    func matrix() -> LaneMatrix { LaneMatrix(rows: space.count, lanes: AnnealedTarget.lanes) }
    (noise, gradient, mapped, local) = (matrix(), matrix(), matrix(), matrix())
    values = Array(repeating: 0, count: AnnealedTarget.lanes)
    responsibilities = Array(repeating: values, count: modes.modes.count)
    logShares = modes.shares.map { log($0) }
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
      for lane in 0..<AnnealedTarget.lanes {
        responsibilities[index][lane] = logShares[index] - mode.whitening.logDeterminant
      }
      arithmetic.apply(mode.inward, to: noise, into: local)
      arithmetic.addDot(local, local, factor: -0.5, to: &responsibilities[index])
    }
    for lane in 0..<AnnealedTarget.lanes {
      var most = -Double.infinity
      for index in responsibilities.indices { most = max(most, responsibilities[index][lane]) }
      var sum = 0.0
      for index in responsibilities.indices { sum += exp(responsibilities[index][lane] - most) }
      let total = most + log(sum)
      difference[lane] += responsibilities[parts[lane]][lane] - total
      for index in responsibilities.indices {
        responsibilities[index][lane] = exp(responsibilities[index][lane] - total)
      }
    }
    // ∇ log r_j = Σ_i (δ_ij − r_i) ∇ log N_i with ∇ log N_i = −A_i⁻ᵀ A_i⁻¹ (e − m_i).
    for (index, mode) in modes.modes.enumerated() {
      for lane in 0..<AnnealedTarget.lanes {
        factor[lane] = Float(responsibilities[index][lane] - (parts[lane] == index ? 1 : 0))
      }
      arithmetic.apply(mode.inward, to: noise, into: local)
      arithmetic.apply(mode.inwardTransposed, to: local, into: mapped)
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
