public import LinearAlgebra
import Models
public import Networks
import Statistics

/// Which units of a model carry information, layer by layer.
public struct UnitsSummary: Sendable, Equatable {
  /// Examples measured.
  public let examples: Int
  /// The threshold of activity.
  public let threshold: Double
  /// Draws in each of the two chains.
  public let draws: Int
  /// Mean over examples of KL(q(z₁, …, z_L | x) ‖ p(z₁, …, z_L)), in nats; not finite where any example's isn't.
  public let divergence: Double
  /// Its standard error over other examples and draws.
  public let divergenceStandardError: Double
  /// The stochastic layers, z₁ (next to the data) first.
  public let layers: [LayerUnits]
}

/// The units of one stochastic layer. Arrays have one element a unit.
public struct LayerUnits: Sendable, Equatable {
  /// l of z_l.
  public let layer: Int
  /// How many units.
  public let units: Int
  /// The threshold of activity.
  public let threshold: Double
  /// Examples with finite means, over which everything here is.
  public let examples: Int
  /// What the posterior is given.
  public let condition: LayerPosterior.Condition
  /// Whether posterior means are exact: given the data alone, without a flow. Otherwise they are means over draws, and A_u
  /// comes from two chains.
  public let isExact: Bool
  /// A_u = Cov_x(E_q[u]), population covariance. Of two chains it may come out slightly below zero.
  public let variances: [Double]
  /// Bootstrap standard errors of A_u over examples (and over draws, where there are chains).
  public let standardErrors: [Double]
  /// A_u as the paper's code has it, by one draw of the layers below, which adds the draw's variance; nil where means are
  /// exact.
  public let oneDrawVariances: [Double]?
  /// The mean of the aggregate posterior, E_x E_q[u].
  public let means: [Double]
  /// What each unit adds to the mean of KL(q(z₁, …, z_L | x) ‖ p(z₁, …, z_L)), in nats: in closed form where it has one,
  /// otherwise from log q − log p at the draws. NaN where it has no share of its own.
  public let divergences: [Double]
  /// The same for the layer.
  public let divergence: Double
  /// Standard error of `divergence` over other examples and draws.
  public let divergenceStandardError: Double
  /// Whether divergences come from draws.
  public let isDivergenceSampled: Bool
  /// The share of examples on which KL(q(u | …) ‖ p(u | …)) stays below `DiagnosticThresholds.collapseDivergence`; NaN where
  /// that has no closed form.
  public let collapseShares: [Double]
  /// Principal directions of the posterior means.
  public let directions: PrincipalComponents
  /// Some examples, evenly spaced, along the first two directions.
  public let scatter: [ScatterPoint]
  /// Examples left out because a posterior mean was infinite or NaN.
  public let nonFiniteExamples: Int
  /// The first of those.
  public let firstNonFiniteExamples: [Int]
  /// Mutual information with the data; nil without probes, and where the posterior is not one of independent normals given
  /// the data alone.
  public internal(set) var information: LatentInformation?

  /// Units with A_u above (not at) the threshold, from 0.
  public var activeUnits: [Int] { (0..<units).filter { variances[$0] > threshold } }
  /// Units whose A_u is within 1.96 standard errors of the threshold.
  public var undecidedUnits: [Int] {
    (0..<units).filter {
      (variances[$0] - threshold).magnitude < DiagnosticThresholds.undecidedStandardErrors * standardErrors[$0]
    }
  }
  /// Units that are (ε, δ)-collapsed.
  public var collapsedUnits: [Int] {
    (0..<units).filter { collapseShares[$0] >= 1 - DiagnosticThresholds.collapseShare }
  }
  /// Units by descending A_u.
  public var unitsByVariance: [Int] {
    (0..<units).sorted { variances[$0] != variances[$1] ? variances[$0] > variances[$1] : $0 < $1 }
  }
  /// Principal directions above the threshold.
  public var activeDirections: Int { directions.activeCount(threshold: threshold) }
  /// Whether units and directions tell the same.
  public var agreement: Agreement { Agreement(self) }

  /// Whether counting units and counting principal directions come to the same.
  public struct Agreement: Sendable, Equatable {
    /// How the two counts compare.
    public enum Verdict: String, Sendable {
      /// Nothing is active by either count.
      case collapsed
      /// Equal counts, and the active directions lie in the active units.
      case agree
      /// The counts differ by no more than the undecided units.
      case undecided
      /// More units than directions: units share directions, as in a rotated latent space.
      case unitsShareDirections = "units-share-directions"
      /// More directions than units: small variances of many units add up along one direction.
      case directionsAcrossUnits = "directions-across-units"
      /// Examples are too few for as many directions as there are active units.
      case tooFewExamples = "too-few-examples"
      /// Equal counts, but the active directions lie outside of the active units for a good part.
      case differentSubspace = "different-subspace"
    }

    /// Active units and active directions.
    public let units: Int, directions: Int
    /// The share of the active directions that lies in the active units, 0 to 1; NaN without any.
    public let overlap: Double
    /// The comparison.
    public let verdict: Verdict

    /// Overlap from which the active directions count as lying in the active units.
    public static let overlapThreshold = 0.9

    init(_ layer: LayerUnits) {
      units = layer.activeUnits.count
      directions = layer.activeDirections
      overlap = layer.directions.share(ofFirst: directions, along: layer.activeUnits)
      let distance = (units - directions).magnitude
      if units == 0 && directions == 0 {
        verdict = .collapsed
      } else if distance == 0 {
        verdict = overlap >= Self.overlapThreshold ? .agree : .differentSubspace
      } else if distance <= layer.undecidedUnits.count {
        verdict = .undecided
      } else if units > directions && directions >= layer.examples - 1 {
        verdict = .tooFewExamples
      } else {
        verdict = units > directions ? .unitsShareDirections : .directionsAcrossUnits
      }
    }
  }
}

/// An example along the first two principal directions.
public struct ScatterPoint: Sendable, Equatable {
  /// The example's number in the dataset.
  public let index: Int
  /// Along the first direction, from the mean.
  public let first: Double
  /// Along the second; 0 where there is a single unit.
  public let second: Double
}

extension [LayerUnits] {
  /// The layers with KL(q(z) ‖ p(z)) wherever mean KL and mutual information determine it.
  func withMarginals(total: RunningMoments) -> [LayerUnits] {
    enumerated().map { index, layer in
      var layer = layer
      guard let information = layer.information else { return layer }
      let isTop = index == count - 1
      // Above z₁, layers that are given latents alone know no more of x than z₁ does.
      let carriesAll = index == 0 && dropFirst().allSatisfy { $0.condition == .latents }
      guard isTop || carriesAll else { return layer }
      let divergence = isTop ? layer.divergence : total.mean
      let error = isTop ? layer.divergenceStandardError : total.standardError
      layer.information?.marginalDivergence = divergence - information.mutualInformation
      layer.information?.marginalStandardError =
        (error * error + information.standardError * information.standardError).squareRoot()
      layer.information?.isMarginalOfAllLayers = !isTop
      return layer
    }
  }
}
