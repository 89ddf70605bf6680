import Foundation
import LinearAlgebra
import Networks

/// The modes of an example's posterior that a search found, the one with the most Laplace evidence first, and the shares
/// that a proposal gives them.
///
/// They depend on the example and on random numbers of the search alone. What is built on them may be unbiased wherever
/// they are, and is the better, the more of the posterior they stand for.
struct PosteriorModes {
  /// At least one.
  let modes: [PosteriorMode]
  /// α: the share of each, summing to 1; by Laplace evidence, none below `leastShare` before they are made to sum to 1.
  let shares: [Double]
  /// Whether the search found no place where the model can be evaluated, or no curvature: the only mode is then the
  /// encoder's, m = 0 and A = I.
  let isFallback: Bool

  /// Modes this near each other, by the Mahalanobis distance of either, are one.
  static let separation = 3.0
  /// Modes this many nats of evidence below the best are left out.
  static let depth = 8.0
  /// Modes kept, at most.
  static let limit = 8
  static let leastShare = 0.05
  /// Curvatures below this are not believed: a posterior more than three times as wide as the encoder's.
  static let leastCurvature = 0.1
  /// Ends so far below the best are not looked at more closely: no curvature makes up for it.
  private static let hopeless = 40.0

  /// How many were found.
  var count: Int { isFallback ? 0 : modes.count }

  /// Searches.
  static func find(in space: NoiseSpace) throws -> PosteriorModes {
    let ends = try ModeSearch(space).run()
    var found: [PosteriorMode] = []
    for end in ends where end.logDensity > ends[0].logDensity - hopeless && found.count < limit {
      guard found.allSatisfy({ $0.distance(to: end.position.map(Double.init)) > separation }) else { continue }
      guard let curvature = try Curvature.at(end.position, in: space),
        let whitening = try? Whitening(of: curvature, dimension: space.count, floor: leastCurvature)
      else { continue }
      let settled = try NewtonStep(whitening, in: space).from(end)
      let mode = PosteriorMode(
        position: settled.position.map(Double.init), whitening: whitening, logDensity: settled.logDensity)
      if found.allSatisfy({ mode.distance(to: $0.position) > separation }) { found.append(mode) }
    }
    guard !found.isEmpty else { return encoder(in: space) }
    found.sort { $0.evidence > $1.evidence }
    return PosteriorModes(found.filter { $0.evidence > found[0].evidence - depth })
  }

  /// What is known without a search: the encoder's own N(0, I).
  private static func encoder(in space: NoiseSpace) -> PosteriorModes {
    let mode = PosteriorMode(
      position: Array(repeating: 0, count: space.count), whitening: Whitening(identity: space.count), logDensity: 0)
    return PosteriorModes([mode], isFallback: true)
  }

  private init(_ modes: [PosteriorMode], isFallback: Bool = false) {
    self.modes = modes
    self.isFallback = isFallback
    let most = modes.map(\.evidence).max() ?? 0
    let weights = modes.map { exp($0.evidence - most) }
    let total = weights.reduce(0, +)
    let raised = weights.map { max($0 / total, PosteriorModes.leastShare) }
    let sum = raised.reduce(0, +)
    shares = raised.map { $0 / sum }
  }

  /// The first modes, at most `count`, with their shares.
  func prefix(_ count: Int) -> PosteriorModes {
    count >= modes.count ? self : PosteriorModes(Array(modes.prefix(max(1, count))), isFallback: isFallback)
  }

  /// `total` split by the shares, at least `least` for each (as far as they go round), by the largest remainder.
  func split(_ total: Int, atLeast least: Int) -> [Int] {
    let spare = max(0, total - least * modes.count)
    var counts = shares.map { min(least, total / modes.count) + Int(Double(spare) * $0) }
    let order = shares.indices.sorted {
      let (a, b) = (Double(spare) * shares[$0], Double(spare) * shares[$1])
      return (a - a.rounded(.down), $1) > (b - b.rounded(.down), $0)
    }
    for index in order.prefix(max(0, total - counts.reduce(0, +))) { counts[index] += 1 }
    return counts
  }
}
