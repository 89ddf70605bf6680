import Statistics
import Testing

@Suite struct RunningCovarianceTests {
  /// Vectors with correlated components, scaled and shifted differently.
  static func vectors(_ count: Int, dimension: Int, shift: Double = 0) -> [[Double]] {
    (0..<count).map { vector in
      let common = Stream(21).normal(vector)
      return (0..<dimension).map { index in
        shift + Double(index) + common * 0.5 + Stream(22 + index).normal(vector) * (1 + 0.1 * Double(index))
      }
    }
  }

  /// The population covariance by two passes.
  static func twoPass(_ vectors: [[Double]]) -> [Double] {
    let (count, dimension) = (Double(vectors.count), vectors[0].count)
    let means = (0..<dimension).map { index in TwoPass.sum(vectors.map { $0[index] }) / count }
    return (0..<dimension * dimension).map { element in
      let (row, column) = (element / dimension, element % dimension)
      return TwoPass.sum(vectors.map { ($0[row] - means[row]) * ($0[column] - means[column]) }) / count
    }
  }

  @Test(arguments: [(1, 3), (2, 3), (63, 3), (64, 3), (65, 3), (1000, 3), (300, 1), (5, 20)], [0, 1e4, -1e6])
  func isTwoPass(_ size: (count: Int, dimension: Int), _ shift: Double) {
    let vectors = Self.vectors(size.count, dimension: size.dimension, shift: shift)
    var covariance = RunningCovariance(dimension: size.dimension)
    for vector in vectors { covariance.add(vector) }
    // Rounding of the vectors' own means, squared, and of the mean.
    let tolerance = 1e-12 + abs(shift) * 1e-15
    #expect(covariance.count == size.count)
    for (found, expected) in zip(covariance.covariance, Self.twoPass(vectors)) {
      #expect(agree(found, expected, to: tolerance))
    }
    for (index, mean) in covariance.mean.enumerated() {
      #expect(agree(mean, TwoPass.sum(vectors.map { $0[index] }) / Double(size.count), to: 1e-13))
    }
    for (index, variance) in covariance.variances.enumerated() {
      #expect(variance == covariance.covariance[index * (size.dimension + 1)])
    }
  }

  @Test(arguments: [[1], [63, 1, 100], [400]])
  func mergesInAnyOrder(_ lengths: [Int]) {
    let vectors = Self.vectors(500, dimension: 4, shift: 100)
    var parts: [RunningCovariance] = []
    var start = 0
    while start < vectors.count {
      let end = min(vectors.count, start + lengths[parts.count % lengths.count])
      var part = RunningCovariance(dimension: 4)
      for vector in vectors[start..<end] { part.add(vector) }
      parts.append(part)
      start = end
    }
    var merged = RunningCovariance(dimension: 4)
    for part in parts.reversed() { merged.merge(part) }
    #expect(merged.count == 500)
    for (found, expected) in zip(merged.covariance, Self.twoPass(vectors)) {
      #expect(agree(found, expected, to: 1e-12))
    }
  }

  @Test func readingDoesNotDisturb() {
    var (read, unread) = (RunningCovariance(dimension: 2), RunningCovariance(dimension: 2))
    for vector in Self.vectors(150, dimension: 2) {
      read.add(vector)
      _ = read.covariance
      unread.add(vector)
    }
    #expect(read.covariance == unread.covariance)
  }

  @Test func nonFiniteVectorsAreCounted() {
    var covariance = RunningCovariance(dimension: 2)
    let vectors: [[Double]] = [[1, 2], [.nan, 0], [3, 6], [0, .infinity]]
    for vector in vectors { covariance.add(vector) }
    #expect(covariance.count == 2)
    #expect(covariance.nonFiniteCount == 2)
    #expect(covariance.mean == [2, 4])
    #expect(covariance.covariance == [1, 2, 2, 4])
    var merged = RunningCovariance(dimension: 2)
    merged.merge(covariance)
    #expect(merged.nonFiniteCount == 2)
  }

  @Test func withoutVectors() {
    let covariance = RunningCovariance(dimension: 2)
    #expect(covariance.mean.filter { !$0.isNaN }.isEmpty)
    #expect(covariance.covariance.filter { !$0.isNaN }.isEmpty)
    #expect(covariance.variances.filter { !$0.isNaN }.isEmpty)
  }

  /// Unit vectors: the mean is 1/D, the covariance I/D − 1/D².
  @Test func dimension512() {
    let dimension = 512
    var covariance = RunningCovariance(dimension: dimension)
    var vector = [Double](repeating: 0, count: dimension)
    for index in 0..<16 {
      vector[index * 32] = 1
      covariance.add(vector)
      vector[index * 32] = 0
    }
    let matrix = covariance.covariance
    #expect(agree(matrix[0], 1.0 / 16 - 1.0 / 256, to: 1e-15))
    #expect(agree(matrix[32], -1.0 / 256, to: 1e-15))
    #expect(matrix[1] == 0)
  }
}
