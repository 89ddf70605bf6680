import Testing

@testable import Evidence

/// Results of the same examples: the order, the paired differences, and whether their errors can be trusted.
@Suite struct ModelComparisonTests {
  /// Estimates of four examples, of which the last has this k̂.
  private func scores(_ values: [Double], error: Double = 0.1, k: Double = 0.1) -> ExampleScores {
    var scores = ExampleScores(samples: 5000)
    for (index, value) in values.enumerated() {
      var row = LogLikelihoodMeasurement(
        index: index, logLikelihood: value, elbo: value, monteCarloStandardError: error)
      row.paretoK = index == values.count - 1 ? k : 0.1
      scores.add(row)
    }
    return scores
  }

  @Test func theBestIsFirstAndWhatIsNoNumberLast() throws {
    let comparison = try ModelComparison([scores([-9, -9]), scores([-8, -8]), scores([-1, .nan])])
    #expect(comparison.ranking.map(\.position) == [1, 0, 2])
    #expect(comparison.ranking.map(\.standing) == [.best, .clear, .within])
    #expect(comparison.ranking[1].difference?.mean == -1)
  }

  /// Differences 1, −1, 1, −1.0001 are within the data's error; so they are whatever k̂ says, which is a matter of its own.
  @Test(arguments: [0.1, 0.9]) func errorsOfDrawsAreDoubtfulWhereKIsTooHigh(k: Double) throws {
    let best = scores([-8, -8, -8, -8])
    for pair in [
      [best, scores([-9, -7, -9, -7.0001], k: k)], [scores([-8, -8, -8, -8], k: k), scores([-9, -9, -9, -9])],
    ] {
      let second = try ModelComparison(pair).ranking[1]
      #expect(second.isDoubtful == (k > 0.7))
    }
    let within = try ModelComparison([best, scores([-9, -7, -9, -7.0001], k: k)]).ranking[1]
    #expect(within.standing == .within)
    let apart = try ModelComparison([best, scores([-9, -9, -9, -9], k: k)]).ranking[1]
    #expect(apart.standing == (k > 0.7 ? .unsure : .clear))
  }
}
