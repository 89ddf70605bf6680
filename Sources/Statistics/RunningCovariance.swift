/// Mean and covariance of a stream of vectors, in memory that depends on their dimension D alone.
///
/// Vectors are gathered in blocks of 64; each block's scatter about its own mean is added to the total by the formula of
/// Chan, Golub and LeVeque (1979), so there is no cancellation however far the mean lies from zero. Blocks begin at
/// multiples of 64 vectors from the first, so the result depends on the order of the vectors alone, to the last bit;
/// merging in another order changes it by rounding only. Reading a result does not disturb the blocks.
///
/// A vector with an infinite or NaN component is left out whole, and counted in ``nonFiniteCount``, which whoever reports
/// the result must report, too.
public struct RunningCovariance: Sendable {
  private static let blockLength = 64

  /// The length D of the vectors.
  public let dimension: Int
  /// The number of vectors left out because a component was infinite or NaN.
  public private(set) var nonFiniteCount = 0
  private var settledCount = 0
  private var settledMean: [Double]
  /// Σ (x − mean)(x − mean)ᵀ over the settled vectors, D × D by rows; only the part on and above the diagonal is used.
  private var scatter: [Double]
  /// Vectors that wait for their block to fill.
  private var block: [Double] = []

  /// An accumulator of no vectors of length `dimension`, at least 1.
  public init(dimension: Int) {
    precondition(dimension > 0, "a vector has one component or more")
    self.dimension = dimension
    settledMean = [Double](repeating: 0, count: dimension)
    scatter = [Double](repeating: 0, count: dimension * dimension)
    block.reserveCapacity(RunningCovariance.blockLength * dimension)
  }

  /// The number of vectors in the mean and covariance.
  public var count: Int { settledCount + block.count / dimension }

  /// The mean vector, D long; NaN without vectors.
  public var mean: [Double] {
    let settled = settled()
    return settled.count > 0 ? settled.settledMean : [Double](repeating: .nan, count: dimension)
  }

  /// The population covariance (divided by n), D × D by rows, symmetric; NaN without vectors.
  public var covariance: [Double] {
    let settled = settled()
    let count = Double(settled.settledCount)
    var matrix = [Double](repeating: .nan, count: dimension * dimension)
    guard count > 0 else { return matrix }
    for row in 0..<dimension {
      for column in row..<dimension {
        let value = settled.scatter[row * dimension + column] / count
        matrix[row * dimension + column] = value
        matrix[column * dimension + row] = value
      }
    }
    return matrix
  }

  /// The population variance of each component, D long: the diagonal of ``covariance``.
  public var variances: [Double] {
    let settled = settled()
    guard settled.count > 0 else { return [Double](repeating: .nan, count: dimension) }
    return (0..<dimension).map { settled.scatter[$0 * (dimension + 1)] / Double(settled.count) }
  }

  /// Adds one vector of length D.
  public mutating func add(_ vector: Span<Double>) {
    precondition(vector.count == dimension, "a vector of length \(vector.count) where \(dimension) was expected")
    for index in vector.indices where !vector[index].isFinite {
      nonFiniteCount += 1
      return
    }
    for index in vector.indices { block.append(vector[index]) }
    if block.count == RunningCovariance.blockLength * dimension { settle() }
  }

  /// Adds one vector of length D.
  public mutating func add(_ vector: [Double]) {
    add(vector.span)
  }

  /// Adds the vectors of another accumulator of the same dimension.
  public mutating func merge(_ other: RunningCovariance) {
    precondition(dimension == other.dimension, "covariances of different dimensions do not add up")
    settle()
    let other = other.settled()
    nonFiniteCount += other.nonFiniteCount
    combine(other.scatter, mean: other.settledMean, count: other.settledCount)
  }

  private func settled() -> RunningCovariance {
    var copy = self
    copy.settle()
    return copy
  }

  /// Takes the waiting vectors into the total.
  private mutating func settle() {
    let length = block.count / dimension
    guard length > 0 else { return }
    var blockMean = [Double](repeating: 0, count: dimension)
    for vector in 0..<length {
      for index in 0..<dimension { blockMean[index] += block[vector * dimension + index] }
    }
    for index in 0..<dimension { blockMean[index] /= Double(length) }
    for vector in 0..<length {
      for index in 0..<dimension { block[vector * dimension + index] -= blockMean[index] }
    }
    addOuterProducts(of: block, to: &scatter, dimension: dimension)
    block.removeAll(keepingCapacity: true)
    combine(nil, mean: blockMean, count: length)
  }

  /// Combines with a mean over `count` vectors, and their scatter unless it has been added already.
  private mutating func combine(_ otherScatter: [Double]?, mean: [Double], count: Int) {
    guard count > 0 else { return }
    let total = Double(settledCount + count)
    let share = Double(count) / total
    let deviation = zip(mean, settledMean).map { $0 - $1 }
    if let otherScatter {
      for index in scatter.indices { scatter[index] += otherScatter[index] }
    }
    if settledCount > 0 {
      let factor = Double(settledCount) * share
      for row in 0..<dimension {
        for column in row..<dimension {
          scatter[row * dimension + column] += factor * deviation[row] * deviation[column]
        }
      }
    }
    // From nothing, the mean is taken as it is: 0 + (mean − 0) · 1 is the same but for a negative zero.
    for index in 0..<dimension { settledMean[index] += deviation[index] * share }
    settledCount += count
  }
}
