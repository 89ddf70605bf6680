/// Standard errors of the variances of D units over examples, by a bootstrap that streams.
///
/// Each of R replicates gives each example a Poisson(1) weight, which is what drawing examples with replacement tends to
/// (Hanley, MacGibbon 2006; Chamandy et al. 2012). The variance of a unit in a replicate comes from its weighted sums, so
/// an example is needed once and not kept. The spread over replicates estimates the standard error, with a
/// relative error of its own of about 1/√(2R): 7 % at R = 100.
///
/// For units above the first stochastic layer the statistic is the covariance of two independent chains of draws instead,
/// which is free of the noise that one draw adds to a variance: `add(_:_:example:)`.
///
/// Weights are pure functions of (seed, example, replicate), and examples add up in the order given, in blocks of 32
/// from the first: the result is the same bits in every run. An example with an infinite or NaN value is left out and
/// counted, as in ``RunningCovariance``.
public struct PoissonBootstrap: Sendable {
  /// What a replicate estimates for each unit.
  public enum Statistic: Sendable {
    /// The variance of the unit over examples.
    case variance
    /// The covariance over examples of the unit in two chains.
    case covariance
  }

  private static let blockLength = 32

  /// The number of units, D.
  public let units: Int
  /// The number of replicates, R.
  public let replicates: Int
  /// What is estimated in each replicate.
  public let statistic: Statistic
  /// The number of examples that entered.
  public private(set) var count = 0
  /// The number of examples left out because a value was infinite or NaN.
  public private(set) var nonFiniteCount = 0

  private let weights: PoissonWeights
  /// Values are measured from those of the first example, so that a mean far from zero does not cancel digits.
  private var origin: [Double] = []
  /// For each replicate: Σw, then for each unit Σwa (and Σwb), then Σwab.
  private var sums: [Double]
  private var block: [Double] = []
  private var blockKeys: [UInt64] = []
  private let width: Int

  /// A bootstrap of no examples.
  ///
  /// - Parameters:
  ///   - units: the number of units, at least 1.
  ///   - replicates: the number of replicates, at least 2.
  ///   - seed: what the weights depend on besides example and replicate.
  ///   - statistic: what is estimated in each replicate.
  public init(units: Int, replicates: Int = 100, seed: UInt64, statistic: Statistic = .variance) {
    precondition(units > 0 && replicates > 1, "a bootstrap has one unit and two replicates or more")
    self.units = units
    self.replicates = replicates
    self.statistic = statistic
    weights = PoissonWeights(seed: seed)
    width = 1 + units * (statistic == .variance ? 2 : 3)
    sums = [Double](repeating: 0, count: replicates * width)
    block.reserveCapacity(PoissonBootstrap.blockLength * width)
    blockKeys.reserveCapacity(PoissonBootstrap.blockLength)
  }

  /// Adds the values of an example's units, for the statistic ``Statistic/variance``.
  public mutating func add(_ values: Span<Double>, example: Int) {
    precondition(statistic == .variance, "a covariance is that of two vectors")
    add(values, values, example: example)
  }

  /// Adds the values of an example's units in two chains, for the statistic ``Statistic/covariance``.
  public mutating func add(_ first: Span<Double>, _ second: Span<Double>, example: Int) {
    precondition(first.count == units && second.count == units, "vectors of length \(units) were expected")
    for index in 0..<units where !(first[index].isFinite && second[index].isFinite) {
      nonFiniteCount += 1
      return
    }
    if count == 0 { origin = first.indices.map { first[$0] } }
    count += 1
    blockKeys.append(weights.exampleKey(example))
    block.append(1)
    for index in 0..<units { block.append(first[index] - origin[index]) }
    if statistic == .covariance {
      for index in 0..<units { block.append(second[index] - origin[index]) }
    }
    for index in 0..<units { block.append((first[index] - origin[index]) * (second[index] - origin[index])) }
    if blockKeys.count == PoissonBootstrap.blockLength { settle() }
  }

  /// Adds the examples of another bootstrap of the same units, replicates, seed and statistic.
  ///
  /// The result is that of adding them one by one, but for rounding.
  public mutating func merge(_ other: PoissonBootstrap) {
    precondition(
      units == other.units && replicates == other.replicates && statistic == other.statistic,
      "bootstraps of different units, replicates or statistics do not add up")
    nonFiniteCount += other.nonFiniteCount
    guard other.count > 0 else { return }
    var other = other
    settle()
    other.settle()
    if count == 0 { origin = other.origin }
    other.measure(from: origin)
    count += other.count
    for index in sums.indices { sums[index] += other.sums[index] }
  }

  /// Measures the settled sums from another origin: Σw(a − o') = Σw(a − o) + Σw · d with d = o − o', and so on.
  private mutating func measure(from newOrigin: [Double]) {
    for replicate in 0..<replicates {
      let start = replicate * width
      for unit in 0..<units {
        let distance = origin[unit] - newOrigin[unit]
        let shift = distance * sums[start]
        let first = start + 1 + unit
        let second = statistic == .variance ? first : first + units
        sums[start + width - units + unit] += distance * (sums[first] + sums[second] + shift)
        sums[first] += shift
        if second != first { sums[second] += shift }
      }
    }
    origin = newOrigin
  }

  /// The bootstrap standard error of each unit's population variance (or covariance), D long.
  ///
  /// NaN below two examples, or when fewer than two replicates have any weight.
  public var standardErrors: [Double] {
    let estimates = replicateEstimates
    return (0..<units).map { unit in
      guard count > 1 else { return .nan }
      var moments = RunningMoments()
      for estimate in estimates { moments.add(estimate[unit]) }
      return moments.standardDeviation
    }
  }

  /// The estimates of each replicate, D long each; replicates in which every example has weight zero are left out.
  public var replicateEstimates: [[Double]] {
    var settled = self
    settled.settle()
    return (0..<replicates).compactMap { replicate in
      let row = settled.sums[replicate * width..<(replicate + 1) * width]
      let start = row.startIndex
      guard row[start] > 0 else { return nil }
      return (0..<units).map { unit in
        let firstMean = row[start + 1 + unit] / row[start]
        let secondMean = statistic == .variance ? firstMean : row[start + 1 + units + unit] / row[start]
        let product = row[start + width - units + unit] / row[start]
        let estimate = product - firstMean * secondMean
        return statistic == .variance ? max(0, estimate) : estimate
      }
    }
  }

  private mutating func settle() {
    guard !blockKeys.isEmpty else { return }
    var factors: [Double] = []
    factors.reserveCapacity(replicates * blockKeys.count)
    for replicate in 0..<replicates {
      for key in blockKeys { factors.append(PoissonWeights.weight(key: key, replicate: replicate)) }
    }
    addWeightedRows(block, factors: factors, to: &sums, width: width)
    block.removeAll(keepingCapacity: true)
    blockKeys.removeAll(keepingCapacity: true)
  }
}
