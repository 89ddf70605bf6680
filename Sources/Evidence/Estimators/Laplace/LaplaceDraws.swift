import Networks

/// Makes the draws of a Laplace proposal, and their log-weights, a chunk at a time.
final class LaplaceDraws {
  private let space: NoiseSpace
  private let proposal: LaplaceProposal
  private let samples: Int
  /// What is added to a draw's number: pilot draws are others than those reported.
  private let offset: Int
  private let normals, noise, mapped, uniforms: LaneMatrix
  private let components: [UInt8]
  private var values: [Double]
  private var mixture: LaneMixture
  private var arithmetic: LaneArithmetic { space.arithmetic }

  init(_ proposal: LaplaceProposal, samples: Int, offset: Int = 0, in space: NoiseSpace) {
    self.space = space
    self.proposal = proposal
    self.samples = samples
    self.offset = offset
    let lanes = min(space.lanesAtOnce, LaneArithmetic.padded(samples))
    func matrix(_ rows: Int) -> LaneMatrix { LaneMatrix(rows: rows, lanes: lanes) }
    (normals, noise, mapped) = (matrix(space.count), matrix(space.count), matrix(space.count))
    uniforms = matrix((proposal.freedom ?? 0) / 2)
    components = proposal.components(samples: samples)
    values = Array(repeating: 0, count: lanes)
    mixture = proposal.mixture(lanes: lanes)
  }

  /// Hands the draws to `body` in order: a draw's component, and its log-weight log φ + ℓ − log g.
  func forEach(_ body: (_ component: Int, _ logWeight: Double) -> Void) throws {
    for first in stride(from: 0, to: samples, by: noise.lanes) {
      let count = min(noise.lanes, samples - first)
      place(first, count)
      try space.logWeights(at: noise, values: &values, gradients: nil)
      measureDensities()
      for draw in 0..<count { body(Int(components[first + draw]), logWeight(draw)) }
    }
  }

  /// The log-weight at one given place, and the probability that each component was what made it.
  func evaluate(at place: [Float]) throws -> (logWeight: Double, responsibilities: [Double]) {
    noise.setColumns(place)
    try space.logWeights(at: noise, values: &values, gradients: nil)
    measureDensities()
    let weight = logWeight(0)
    mixture.takeShares()
    return (weight, proposal.counts.indices.map { mixture[$0, 0] })
  }

  private func logWeight(_ lane: Int) -> Double { values[lane] + mixture[0, lane] - mixture.total[lane] }

  /// Draws first ..< first + count; the lanes behind repeat what is harmless, the encoder's mean.
  private func place(_ first: Int, _ count: Int) {
    let lanes = noise.lanes
    let key = space.example.key
    arithmetic.normals(key, firstDraw: offset + first, .laplaceNormals, into: normals)
    noise.clear()
    let own = (0..<lanes).map { $0 < count ? Int(components[first + $0]) : -1 }
    arithmetic.replace(noise, by: normals, where: own.map { $0 == 0 ? 1 : 0 })
    if let freedom = proposal.freedom {
      arithmetic.uniforms(key, firstDraw: offset + first, .laplaceScales, into: uniforms)
      arithmetic.makeStudent(normals, freedom: freedom, uniforms: uniforms)
    }
    for (index, mode) in proposal.modes.modes.enumerated() where own.contains(index + 1) {
      arithmetic.apply(mode.outward, to: normals, into: mapped)
      arithmetic.replace(noise, by: mapped, where: own.map { $0 == index + 1 ? 1 : 0 })
    }
  }

  private func measureDensities() {
    mixture.measure(0, at: noise, constant: proposal.logDensityAtCentre(of: 0), with: arithmetic)
    for (index, mode) in proposal.modes.modes.enumerated() where proposal.counts[index + 1] > 0 {
      arithmetic.apply(mode.inward, to: noise, into: mapped)
      mixture.measure(
        index + 1, at: mapped, constant: proposal.logDensityAtCentre(of: index + 1), freedom: proposal.freedom,
        with: arithmetic)
    }
    mixture.measureTotal()
  }
}
