import LinearAlgebra
import Models
import Networks
import Statistics

/// What is kept of a layer while examples stream by: memory depends on its units, not on the examples.
struct LayerAccumulator {
  private let units: Int
  private let condition: LayerPosterior.Condition
  /// Of the exact means; with chains a and b, of (a + b)/2.
  private var covariance: RunningCovariance
  /// With chains, of (a − b)/2: the symmetric part of Cov(a, b) is the one less the other.
  private var difference: RunningCovariance?
  /// With chains, of the mean by the first draw.
  private var oneDraw: [RunningMoments]
  private var bootstrap: PoissonBootstrap
  private var divergences: [RunningMoments]
  private var total = RunningMoments()
  private var collapsed: [Int]
  private var information: InformationAccumulator?
  private var scatter: EvenSample<(index: Int, means: [Double])>
  private var isSampled = false
  private var nonFinite: [Int] = []

  init(_ posterior: LayerPosterior, settings: ActiveUnits, probes: LatentProbes.Layer?) {
    units = posterior.units
    condition = posterior.condition
    let hasChains = !posterior.hasExactMeans
    covariance = RunningCovariance(dimension: units)
    difference = hasChains ? RunningCovariance(dimension: units) : nil
    oneDraw = Array(repeating: RunningMoments(), count: hasChains ? units : 0)
    bootstrap = PoissonBootstrap(
      units: units, replicates: settings.replicates, seed: settings.bootstrapSeed,
      statistic: hasChains ? .covariance : .variance)
    divergences = Array(repeating: RunningMoments(), count: units)
    collapsed = Array(repeating: 0, count: units)
    information = probes.map(InformationAccumulator.init)
    scatter = EvenSample(limit: settings.scatterLimit)
  }

  /// Adds one example; returns the divergence of the layer, in nats. An example with a mean that is not finite is left out
  /// of everything else, and counted.
  mutating func add(_ measurement: UnitsMeasurement, layer: Int) -> Double {
    let posterior = measurement.layers[layer]
    guard posterior.means.allSatisfy(\.isFinite) else {
      // The covariances count them; a few are remembered by number.
      if nonFinite.count < 10 { nonFinite.append(measurement.index) }
      covariance.add([Double](repeating: .nan, count: units))
      return .nan
    }
    if difference == nil {
      covariance.add(posterior.means.span)
      bootstrap.add(posterior.means.span, example: measurement.index)
      scatter.add((measurement.index, posterior.means))
    } else {
      addChains(posterior, measurement.index)
    }
    if let densities = measurement.probeDensities[layer] { information?.add(densities, example: measurement.index) }
    return addDivergences(posterior)
  }

  private mutating func addChains(_ posterior: LayerPosterior, _ index: Int) {
    let half = posterior.draws / 2
    let first = posterior.meanOfMeans(0..<half)
    let second = posterior.meanOfMeans(half..<2 * half)
    let middle = zip(first, second).map { ($0 + $1) / 2 }
    covariance.add(middle)
    difference?.add(zip(first, second).map { ($0 - $1) / 2 })
    bootstrap.add(first.span, second.span, example: index)
    for unit in 0..<units { oneDraw[unit].add(posterior.means[unit]) }
    scatter.add((index, middle))
  }

  private mutating func addDivergences(_ posterior: LayerPosterior) -> Double {
    let closed = posterior.divergences.rowMeans(units)
    for unit in 0..<units where closed[unit] < DiagnosticThresholds.collapseDivergence { collapsed[unit] += 1 }
    isSampled = isSampled || posterior.isDivergenceSampled
    var values = closed
    if let ratios = posterior.logRatios {
      values = ratios.rowMeans(units)
    }
    var sum = 0.0
    for unit in 0..<units {
      divergences[unit].add(values[unit])
      sum += values[unit]
    }
    if let joint = posterior.jointDivergences { sum = joint.rowMeans(1)[0] }
    total.add(sum)
    return sum
  }

  /// Adds later examples of the same layer.
  mutating func merge(_ other: LayerAccumulator) {
    covariance.merge(other.covariance)
    if let noise = other.difference { difference?.merge(noise) }
    for unit in oneDraw.indices { oneDraw[unit].merge(other.oneDraw[unit]) }
    bootstrap.merge(other.bootstrap)
    for unit in 0..<units {
      divergences[unit].merge(other.divergences[unit])
      collapsed[unit] += other.collapsed[unit]
    }
    total.merge(other.total)
    if let densities = other.information { information?.merge(densities) }
    scatter.merge(other.scatter)
    isSampled = isSampled || other.isSampled
    nonFinite += other.nonFinite.prefix(10 - nonFinite.count)
  }

  /// The layer's summary.
  ///
  /// - Throws: `EvidenceError` where fewer than two examples have finite means.
  func summary(layer: Int, of examples: Int, settings: ActiveUnits) throws -> LayerUnits {
    let count = covariance.count
    guard count > 1 else {
      throw EvidenceError(
        .invalidModel,
        "/encoder/\(layer): the posterior means of \(count) of \(examples) examples are finite; two or more are needed")
    }
    var matrix = covariance.covariance
    if let noise = difference?.covariance { for index in matrix.indices { matrix[index] -= noise[index] } }
    // With chains the matrix is the symmetric part of the covariance of two of them: unbiased, but noisy.
    let directions = try PrincipalComponents(
      covariance: matrix, dimension: units, exampleCount: count, isNoisy: difference != nil)
    let mean = covariance.mean
    return LayerUnits(
      layer: layer, units: units, threshold: settings.threshold, examples: count, condition: condition,
      isExact: difference == nil, variances: (0..<units).map { matrix[$0 * (units + 1)] },
      standardErrors: bootstrap.standardErrors,
      oneDrawVariances: difference == nil ? nil : oneDraw.map(\.populationVariance), means: mean,
      divergences: divergences.map(\.mean), divergence: total.mean, divergenceStandardError: total.standardError,
      isDivergenceSampled: isSampled, collapseShares: collapseShares(count), directions: directions,
      scatter: scatter.elements.map { example in
        func coordinate(_ index: Int) -> Double { directions.coordinate(of: example.means, along: index, from: mean) }
        return ScatterPoint(index: example.index, first: coordinate(0), second: coordinate(1))
      },
      nonFiniteExamples: covariance.nonFiniteCount, firstNonFiniteExamples: nonFinite,
      information: information?.information)
  }

  /// NaN for units whose divergence has no closed form.
  private func collapseShares(_ count: Int) -> [Double] {
    zip(collapsed, divergences).map { $1.mean.isNaN ? .nan : Double($0) / Double(count) }
  }
}

extension LayerPosterior {
  /// The mean over some draws of the units' means.
  fileprivate func meanOfMeans(_ rows: Range<Int>) -> [Double] {
    if rows.count == 1 { return Array(means[rows.lowerBound * units..<rows.upperBound * units]) }
    return Array(means[rows.lowerBound * units..<rows.upperBound * units]).rowMeans(units)
  }
}

extension [Double] {
  /// The mean over rows of `width` elements.
  func rowMeans(_ width: Int) -> [Double] {
    guard count > width else { return self }
    var sums = [Double](repeating: 0, count: width)
    for start in Swift.stride(from: 0, to: count, by: width) {
      for column in 0..<width { sums[column] += self[start + column] }
    }
    let rows = Double(count / width)
    return sums.map { $0 / rows }
  }
}
