import Testing

@testable import Statistics

@Suite struct PoissonBootstrapTests {
  /// Pearson's χ² of the weights' frequencies against e⁻¹/n!, classes 0 … 5 and above: 6 degrees of freedom, and 30 has a
  /// probability of 4·10⁻⁵.
  @Test func weightsArePoisson() {
    let weights = PoissonWeights(seed: 7)
    var counts = [Double](repeating: 0, count: 7)
    for example in 0..<400 {
      for replicate in 0..<100 { counts[min(6, Int(weights.weight(example: example, replicate: replicate)))] += 1 }
    }
    var (probability, rest, statistic) = (exp(-1.0), 1.0, 0.0)
    for (weight, count) in counts.enumerated() {
      let expected = 40_000 * (weight < 6 ? probability : rest)
      statistic += (count - expected) * (count - expected) / expected
      rest -= probability
      probability /= Double(weight + 1)
    }
    #expect(statistic < 30)
  }

  @Test func weightsDependOnTheirKeyAlone() {
    let weights = PoissonWeights(seed: 1)
    let same = (0..<200).map { weights.weight(example: $0, replicate: 3) }
    #expect(same == (0..<200).map { PoissonWeights(seed: 1).weight(example: $0, replicate: 3) })
    #expect(same != (0..<200).map { weights.weight(example: $0, replicate: 4) })
    #expect(same != (0..<200).map { PoissonWeights(seed: 2).weight(example: $0, replicate: 3) })
  }

  /// The variance of n normal numbers of variance σ² has the standard error σ²·√(2/n), which the bootstrap meets to
  /// within 1/√(2R) of itself; the tolerance is five of those, R = 100, and something for n.
  @Test(arguments: [0, 1e4])
  func standardErrorsOfNormalVariances(_ shift: Double) {
    let count = 2000
    var bootstrap = PoissonBootstrap(units: 3, seed: 5)
    for example in 0..<count {
      let values = (0..<3).map { shift + Double($0 + 1) * Stream(50 + $0).normal(example) }
      bootstrap.add(values.span, example: example)
    }
    for (unit, error) in bootstrap.standardErrors.enumerated() {
      let variance = Double((unit + 1) * (unit + 1))
      #expect(abs(error / (variance * (2 / Double(count)).squareRoot()) - 1) < 0.35)
    }
    #expect(bootstrap.count == count)
  }

  /// The covariance of two equal vectors is their variance.
  @Test func covarianceOfAVectorWithItself() {
    var variance = PoissonBootstrap(units: 2, replicates: 20, seed: 9)
    var covariance = PoissonBootstrap(units: 2, replicates: 20, seed: 9, statistic: .covariance)
    for example in 0..<100 {
      let values = Stream(60).normals(2, mean: Double(example % 7))
      variance.add(values.span, example: example)
      covariance.add(values.span, values.span, example: example)
    }
    for (first, second) in zip(variance.standardErrors, covariance.standardErrors) {
      #expect(agree(first, second, to: 1e-12))
    }
  }

  /// Each replicate is the weighted variance, by definition.
  @Test func replicatesAreWeightedVariances() {
    let values = Stream(61).normals(75, mean: 3)
    var bootstrap = PoissonBootstrap(units: 1, replicates: 5, seed: 11)
    for (example, value) in values.enumerated() { bootstrap.add([value].span, example: example) }
    for (replicate, estimate) in bootstrap.replicateEstimates.enumerated() {
      let weights = values.indices.map { PoissonWeights(seed: 11).weight(example: $0, replicate: replicate) }
      let total = TwoPass.sum(weights)
      let mean = TwoPass.sum(zip(weights, values).map { $0 * $1 }) / total
      let variance = TwoPass.sum(zip(weights, values).map { $0 * ($1 - mean) * ($1 - mean) }) / total
      #expect(agree(estimate[0], variance, to: 1e-13))
    }
  }

  /// Parts merged are the whole but for rounding, also with means far from zero and a part without examples.
  @Test(arguments: [PoissonBootstrap.Statistic.variance, .covariance], [0, 1e4])
  func merging(_ statistic: PoissonBootstrap.Statistic, _ shift: Double) {
    func empty() -> PoissonBootstrap { PoissonBootstrap(units: 2, replicates: 10, seed: 3, statistic: statistic) }
    var (whole, merged) = (empty(), empty())
    for part in [0..<0, 0..<40, 40..<41, 41..<41, 41..<117] {
      var bootstrap = empty()
      for example in part {
        let values = Stream(70).normals(2, mean: shift + Stream(71).normal(example))
        let others = Stream(72).normals(2, mean: shift + Stream(71).normal(example))
        switch statistic {
        case .variance:
          whole.add(values.span, example: example)
          bootstrap.add(values.span, example: example)
        case .covariance:
          whole.add(values.span, others.span, example: example)
          bootstrap.add(values.span, others.span, example: example)
        }
      }
      merged.merge(bootstrap)
    }
    #expect(merged.count == 117)
    for (first, second) in zip(merged.replicateEstimates.joined(), whole.replicateEstimates.joined()) {
      #expect(agree(first, second, to: 1e-12))
    }
  }

  @Test func tooFewExamples() {
    var bootstrap = PoissonBootstrap(units: 1, seed: 1)
    #expect(bootstrap.standardErrors[0].isNaN)
    bootstrap.add([1].span, example: 0)
    #expect(bootstrap.standardErrors[0].isNaN)
    bootstrap.add([.nan].span, example: 1)
    #expect(bootstrap.count == 1 && bootstrap.nonFiniteCount == 1)
  }

  @Test func constantUnitsHaveNoError() {
    var bootstrap = PoissonBootstrap(units: 1, seed: 1)
    for example in 0..<50 { bootstrap.add([0.25].span, example: example) }
    #expect(bootstrap.standardErrors == [0])
  }
}
