import Foundation
import LinearAlgebra
import Networks
import Statistics

/// The proposal of Laplace importance sampling for one example, a mixture whose components get fixed numbers of draws:
/// N(0, I), which is the encoder (of a hierarchy, the encoder at the anchor), and a multivariate Student t at each mode of
/// the posterior in noise, or a normal where a pilot finds that this fits.
///
/// The weight of a draw is taken against the whole mixture's density, whichever component it came from (the deterministic
/// mixture of Hesterberg 1995; Owen, Zhou 2000). So no weight is more than 1 / encoderShare times what it would be under the
/// encoder alone, and the estimate is unbiased wherever the modes are.
struct LaplaceProposal {
  /// The share of the draws that come from the encoder.
  static let encoderShare = 0.1
  /// Draws of the pilot that decides on the tails, and where their numbers begin.
  private static let pilotSamples = 256, firstPilotDraw = 3 << 30
  /// The effective share of a pilot's draws from which on a normal fits: those of the encoder count for nothing where it is
  /// wrong.
  private static let normalShare = 0.9 * (1 - encoderShare)

  let modes: PosteriorModes
  /// Degrees of freedom of the t: an even number, for its scale is made from freedom / 2 uniforms. Nil for a normal.
  let freedom: Int?
  /// Draws of each component; the encoder's first.
  let counts: [Int]
  private let logShares: [Double]
  private let logConstants: [Double]
  private let size: Int

  /// The proposal whose tails a pilot chose: normal where the weights of normals at the modes hardly differ, as where the
  /// posterior is normal and the t's tails would be a price for nothing.
  static func piloted(_ modes: PosteriorModes, samples: Int, in space: NoiseSpace) throws -> LaplaceProposal {
    let pilot = LaplaceProposal(modes, samples: pilotSamples, size: space.count, freedom: nil)
    var moments = LogWeightMoments()
    try LaplaceDraws(pilot, samples: pilotSamples, offset: firstPilotDraw, in: space).forEach { moments.add($1) }
    let isNormal = moments.effectiveSampleSize >= normalShare * Double(pilotSamples)
    return LaplaceProposal(
      modes, samples: samples, size: space.count, freedom: isNormal ? nil : freedom(dimensions: space.count))
  }

  /// Degrees of freedom of a t in so many dimensions. The squared radius of a normal has a relative spread of √(2/D), and the
  /// t's scale of about √(2/ν): with a ν that does not grow with D, most draws are too near or too far.
  private static func freedom(dimensions: Int) -> Int { max(8, dimensions / 10 * 2) }

  init(_ modes: PosteriorModes, samples: Int, size: Int, freedom: Int?) {
    self.modes = modes
    self.size = size
    self.freedom = freedom
    let encoder = LaplaceProposal.encoderDraws(samples)
    let counts = [encoder] + modes.split(samples - encoder, atLeast: 0)
    self.counts = counts
    logShares = counts.map { log(Double($0) / Double(samples)) }
    let dimensions = Double(size)
    var constant = -dimensions / 2 * log(2 * Double.pi)
    if let freedom = freedom.map(Double.init) {
      constant = lgamma((freedom + dimensions) / 2) - lgamma(freedom / 2) - dimensions / 2 * log(freedom * Double.pi)
    }
    logConstants = modes.modes.map { constant - $0.whitening.logDeterminant }
  }

  /// How many of so many draws come from the encoder.
  static func encoderDraws(_ samples: Int) -> Int {
    min(samples, max(1, Int((encoderShare * Double(samples)).rounded())))
  }

  /// The component of every draw in turn: spread evenly, so that any stretch of draws has about the mixture's shares.
  func components(samples: Int) -> [UInt8] {
    var used = Array(repeating: 0, count: counts.count)
    return (0..<samples).map { draw in
      var best = 0
      var mostBehind = -Double.infinity
      for (component, count) in counts.enumerated() where used[component] < count {
        let behind = Double(count) * Double(draw + 1) / Double(samples) - Double(used[component])
        if behind > mostBehind { (best, mostBehind) = (component, behind) }
      }
      used[best] += 1
      return UInt8(best)
    }
  }

  /// The components' densities in lanes.
  func mixture(lanes: Int) -> LaneMixture { LaneMixture(logWeights: logShares, lanes: lanes) }

  /// The log-density of the encoder, N(0, I), at its centre, or of the component at a mode.
  func logDensityAtCentre(of component: Int) -> Double {
    component == 0 ? -(Double(size) / 2 * log(2 * Double.pi)) : logConstants[component - 1]
  }
}
