import Glibc
import Models

/// The mean log-likelihood of a model without latents, fitted to the very examples that are evaluated: what a model that
/// is fed as in training is hardly ever far below.
///
/// Each element is independent: coins with their means; classes with their frequencies; Poisson counts with their means;
/// normals with their means and variances for every density, and for the discretised ones times the width of a bin.
public struct ConstantModel: Sendable, Equatable {
  /// In nats, for an example.
  public let meanLogLikelihood: Double
  /// Elements of an example, where the likelihood is a density; nil where it is a probability.
  public let densityElements: Int?

  /// Fewer examples have no mean and variance to speak of.
  public static let fewestExamples = 20

  /// Whether a mean log-likelihood is so far below that something is wrong with how the model is fed: by a quarter and
  /// by 5 nats; of densities, whose zero means nothing, by half a nat for each element and by 5 nats.
  public func isFarAbove(_ mean: Double) -> Bool {
    let margin = densityElements.map { 0.5 * Double($0) } ?? 0.25 * abs(meanLogLikelihood)
    return mean < meanLogLikelihood - max(5, margin)
  }
}

/// Fits a constant model to examples as they come.
public struct ConstantModelFit: Sendable {
  private let likelihood: ElementLikelihood
  private var moments: ElementMoments?

  /// A fit to no examples.
  public init(_ likelihood: ElementLikelihood) { self.likelihood = likelihood }

  /// Adds an example.
  public mutating func add(_ values: ArraySlice<Float>) {
    if moments == nil {
      moments = ElementMoments(
        count: values.count, keepsClasses: likelihood.distribution == .categorical && !likelihood.isOneHot)
    }
    moments?.add(values)
  }

  /// Adds the examples of another fit of the same likelihood.
  public mutating func merge(_ other: ConstantModelFit) {
    guard let others = other.moments else { return }
    if moments == nil { moments = others } else { moments?.merge(others) }
  }

  /// The fitted model; nil where there are too few examples, or where it is not finite.
  public var model: ConstantModel? {
    guard let moments, moments.count >= ConstantModel.fewestExamples else { return nil }
    var mean: Double
    var densityElements: Int?
    switch likelihood.distribution {
    case .bernoulli: mean = moments.coins
    case .categorical: mean = likelihood.isOneHot ? moments.oneHot : moments.classes
    case .poisson, .negativeBinomial, .zeroInflatedNegativeBinomial: mean = moments.counts
    case .discretizedLogistic, .logisticMixture:
      // One bin is 1 / (bins − 1) wide.
      let width = 1 / Double(max(1, likelihood.bins - 1))
      mean = moments.normals(leastVariance: width * width / 12) + Double(moments.elements) * log(width)
    case .normal, .fullNormal, .laplace, .continuousBernoulli, .beta:
      mean = moments.normals(leastVariance: 0)
      densityElements = moments.elements
    }
    return mean.isFinite ? ConstantModel(meanLogLikelihood: mean, densityElements: densityElements) : nil
  }
}

/// Sums over examples, for each element.
private struct ElementMoments: Sendable {
  private(set) var count = 0
  private var means: [Double]
  /// Sums of squared deviations (Welford 1962).
  private var deviations: [Double]
  /// Σ log x! over all elements.
  private var logFactorials = 0.0
  private var classCounts: [[Float: Int]]

  init(count: Int, keepsClasses: Bool) {
    means = Array(repeating: 0, count: count)
    deviations = means
    classCounts = keepsClasses ? Array(repeating: [:], count: count) : []
  }

  mutating func add(_ values: ArraySlice<Float>) {
    count += 1
    for (element, value) in values.enumerated() {
      let value = Double(value)
      let difference = value - means[element]
      means[element] += difference / Double(count)
      deviations[element] += difference * (value - means[element])
      if value > 1 { logFactorials += lgamma(value + 1) }
      if !classCounts.isEmpty { classCounts[element][Float(value), default: 0] += 1 }
    }
  }

  /// Elements of an example.
  var elements: Int { means.count }

  /// Adds the examples of others, by the formula of Chan, Golub and LeVeque (1979).
  mutating func merge(_ other: ElementMoments) {
    let total = count + other.count
    let share = Double(other.count) / Double(total)
    for element in means.indices {
      let distance = other.means[element] - means[element]
      means[element] += distance * share
      deviations[element] += other.deviations[element] + distance * distance * Double(count) * share
    }
    for element in classCounts.indices { classCounts[element].merge(other.classCounts[element], uniquingKeysWith: +) }
    logFactorials += other.logFactorials
    count = total
  }

  var coins: Double {
    means.reduce(0) { total, mean in
      // Half an example of each kind is added, as a pixel may be black in all.
      let estimate = (mean * Double(count) + 0.5) / Double(count + 1)
      return total + mean * log(estimate) + (1 - mean) * log(1 - estimate)
    }
  }

  var classes: Double {
    classCounts.reduce(0) { total, counts in
      total + counts.values.reduce(0) { $0 + Double($1) / Double(count) * log(Double($1) / Double(count)) }
    }
  }

  /// The mean of an element of one-hot data is the frequency of its class.
  var oneHot: Double { means.reduce(0) { $1 > 0 ? $0 + $1 * log($1) : $0 } }

  var counts: Double {
    means.reduce(-logFactorials / Double(count)) { total, mean in
      let rate = (mean * Double(count) + 0.5) / Double(count + 1)
      return total + mean * log(rate) - rate
    }
  }

  /// An element that is the same in all examples counts as one that varies a hundredth as much as the others.
  func normals(leastVariance: Double) -> Double {
    let variances = deviations.map { $0 / Double(count) }
    let pooled = variances.reduce(0, +) / Double(max(1, variances.count))
    let least = max(leastVariance, 1e-4 * pooled)
    return variances.reduce(0) { total, variance in
      let used = max(variance, least)
      return total - 0.5 * (log(2 * Double.pi * used) + variance / used)
    }
  }
}
