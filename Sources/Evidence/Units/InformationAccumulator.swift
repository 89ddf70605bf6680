import Foundation
import Statistics

/// Σ_n q(z_m | x_n) at every probe of a layer, as examples stream by.
struct InformationAccumulator {
  private let probes: LatentProbes.Layer
  /// Over the examples that the probe was not drawn from.
  private var others: [LogSumExp]
  private var hasOwn: [Bool]
  private var examples = 0

  init(_ probes: LatentProbes.Layer) {
    self.probes = probes
    others = Array(repeating: LogSumExp(), count: probes.count)
    hasOwn = Array(repeating: false, count: probes.count)
  }

  /// Adds the densities of one example's posterior at the probes.
  mutating func add(_ densities: [Double], example: Int) {
    examples += 1
    for probe in densities.indices {
      if probes.examples[probe] == example {
        hasOwn[probe] = true
      } else {
        // What is 50 nats below the sum so far changes none of its digits.
        guard densities[probe] > others[probe].maximum - 50 || densities[probe].isNaN else { continue }
        others[probe].add(densities[probe])
      }
    }
  }

  /// Adds the densities of later examples at the same probes.
  mutating func merge(_ other: InformationAccumulator) {
    examples += other.examples
    for probe in others.indices {
      others[probe].merge(other.others[probe])
      hasOwn[probe] = hasOwn[probe] || other.hasOwn[probe]
    }
  }

  /// The estimate, where every probe has met the example that it was drawn from.
  var information: LatentInformation? {
    var lower = RunningMoments()
    var upper = RunningMoments()
    for probe in 0..<probes.count where hasOwn[probe] {
      let own = probes.ownDensities[probe]
      var all = others[probe]
      all.add(own)
      lower.add(own - all.value + log(Double(examples)))
      if examples > 1 { upper.add(own - others[probe].value + log(Double(examples - 1))) }
    }
    guard lower.count > 0 else { return nil }
    return LatentInformation(
      probes: lower.count, mutualInformation: lower.mean, standardError: lower.standardError,
      upperEstimate: upper.mean, upperStandardError: upper.standardError, limit: log(Double(examples)))
  }
}

/// How much a layer says about which example it came from, and how far its aggregate posterior is from the prior
/// (Hoffman, Johnson 2016: mean KL = mutual information + marginal KL). In nats.
public struct LatentInformation: Sendable, Equatable {
  /// Draws z_m ~ q(z) that the expectations are over.
  public let probes: Int
  /// I_q(n; z) = E[log q(z | x_n) − log q(z)], q(z) = 1/N Σ q(z | x_n) over all examples, that of the draw included.
  ///
  /// For the dataset at hand without bias, and at most log N. For the distribution that the examples came from it is on
  /// average too low (Poole et al. 2019).
  public let mutualInformation: Double
  /// Over other probes.
  public let standardError: Double
  /// The same with the draw's own example left out of q(z): on average too high for that distribution, so that the two
  /// bracket it.
  public let upperEstimate: Double
  /// Over other probes.
  public let upperStandardError: Double
  /// log N, which `mutualInformation` can't exceed.
  public let limit: Double
  /// KL(q(z) ‖ p(z)), the mean KL less the mutual information; nil where p(z) of the layer has no closed form.
  public internal(set) var marginalDivergence: Double?
  /// Of the marginal divergence.
  public internal(set) var marginalStandardError: Double?
  /// Whether the marginal divergence is that of all layers together, KL(q(z₁, …, z_L) ‖ p(z₁, …, z_L)): where the layers
  /// above are given this one alone, they add nothing to its mutual information.
  public internal(set) var isMarginalOfAllLayers = false

  /// Whether the estimate lies within log 2 of log N, so that it says no more than that a draw tells its example.
  public var isAtLimit: Bool { mutualInformation > limit - log(2.0) }

  init(
    probes: Int, mutualInformation: Double, standardError: Double, upperEstimate: Double, upperStandardError: Double,
    limit: Double
  ) {
    self.probes = probes
    self.mutualInformation = mutualInformation
    self.standardError = standardError
    self.upperEstimate = upperEstimate
    self.upperStandardError = upperStandardError
    self.limit = limit
  }
}
