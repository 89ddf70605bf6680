import Foundation
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
  /// Of each component, its log-density in every lane.
  private var densities: [[Double]]
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
    densities = Array(repeating: values, count: proposal.counts.count)
  }

  /// Hands the draws to `body` in order: a draw's component, and its log-weight log φ + ℓ − log g.
  func forEach(_ body: (_ component: Int, _ logWeight: Double) -> Void) throws {
    for first in stride(from: 0, to: samples, by: noise.lanes) {
      let count = min(noise.lanes, samples - first)
      place(first, count)
      try space.logWeights(at: noise, values: &values, gradients: nil)
      measureDensities()
      for lane in 0..<count { body(Int(components[first + lane]), logWeight(lane)) }
    }
  }

  /// The log-weight at one given place, and the probability that each component was what made it.
  func evaluate(at place: [Float]) throws -> (logWeight: Double, responsibilities: [Double]) {
    for lane in 0..<noise.lanes { noise.setColumn(lane, place) }
    try space.logWeights(at: noise, values: &values, gradients: nil)
    measureDensities()
    return (logWeight(0), proposal.responsibilities(densities, lane: 0))
  }

  private func logWeight(_ lane: Int) -> Double {
    values[lane] + densities[0][lane] - proposal.logDensity(densities, lane: lane)
  }

  /// Draws first ..< first + count; the lanes behind repeat what is harmless, the encoder's mean.
  private func place(_ first: Int, _ count: Int) {
    let lanes = noise.lanes
    let key = space.example.key
    arithmetic.normals(key, firstDraw: offset + first, .laplaceNormals, into: normals)
    noise.clear()
    let own = (0..<lanes).map { $0 < count ? Int(components[first + $0]) : -1 }
    arithmetic.replace(noise, by: normals, where: own.map { $0 == 0 ? 1 : 0 })
    if let freedom = proposal.freedom { makeStudent(freedom, first) }
    for (index, mode) in proposal.modes.modes.enumerated() where own.contains(index + 1) {
      arithmetic.apply(mode.outward, to: normals, into: mapped)
      arithmetic.replace(noise, by: mapped, where: own.map { $0 == index + 1 ? 1 : 0 })
    }
  }

  /// A normal over √(χ²/ν) is a Student t; χ² of ν degrees is −2 log of the product of ν/2 uniforms.
  private func makeStudent(_ freedom: Int, _ first: Int) {
    let lanes = normals.lanes
    arithmetic.uniforms(space.example.key, firstDraw: offset + first, .laplaceScales, into: uniforms)
    arithmetic.scale(
      normals,
      by: (0..<lanes).map { lane in
        let logs = (0..<uniforms.rows).reduce(0) { $0 + log(Double(uniforms.data[$1 * lanes + lane])) }
        return Float((Double(freedom) / (-2 * logs)).squareRoot())
      })
  }

  private func measureDensities() {
    for component in densities.indices where proposal.counts[component] > 0 || component == 0 {
      for lane in 0..<noise.lanes { densities[component][lane] = 0 }
      if component == 0 {
        arithmetic.addDot(noise, noise, factor: 1, to: &densities[0])
      } else {
        arithmetic.apply(proposal.modes.modes[component - 1].inward, to: noise, into: mapped)
        arithmetic.addDot(mapped, mapped, factor: 1, to: &densities[component])
      }
      for lane in 0..<noise.lanes {
        densities[component][lane] = proposal.logDensity(of: component, square: densities[component][lane])
      }
    }
  }
}
