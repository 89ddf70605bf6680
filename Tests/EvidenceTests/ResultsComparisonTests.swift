import Foundation
import Testing

@testable import Evidence

@Suite struct ResultsComparisonTests {
  private func row(_ index: Int, _ value: Double, error: Double = 0, k: Double = 0) -> LogLikelihoodMeasurement {
    var row = LogLikelihoodMeasurement(
      index: index, logLikelihood: value, elbo: value, monteCarloStandardError: error)
    row.paretoK = k
    return row
  }

  /// By hand: differences 1, −2, 0, 5 have mean 1 and Σ(d − 1)² = 0 + 9 + 1 + 16 = 26, so sd² = 26 / 3.
  @Test func statisticsByHand() {
    var pairs = PairedDifference(largest: 2)
    for (index, values) in [(-90.0, -89.0), (-80, -82), (-85, -85), (-100, -95)].enumerated() {
      pairs.add(row(index, values.0, error: 0.3), row(index, values.1, error: 0.4))
    }
    #expect(pairs.count == 4 && pairs.mean == 1)
    #expect(abs(pairs.standardError - (26.0 / 3 / 4).squareRoot()) < 1e-15)
    // √(4 · (0.09 + 0.16)) / 4 = 1/4.
    #expect(abs(pairs.monteCarloStandardError - 0.25) < 1e-15)
    #expect(pairs.firstMean == -88.75 && pairs.secondMean == -87.75)
    #expect(pairs.improved == 2 && pairs.worsened == 1 && pairs.unchanged == 1 && pairs.nonFinite == 0)
    #expect(pairs.largestChanges.map(\.index) == [3, 1])
  }

  /// A constant shift has no error, however the examples vary.
  @Test func pairingTakesOutWhatIsShared() {
    var pairs = PairedDifference()
    for index in 0..<100 { pairs.add(row(index, Double(index)), row(index, Double(index) + 0.5)) }
    #expect(pairs.mean == 0.5 && pairs.standardError == 0)
    #expect(pairs.largestChanges.map(\.index) == Array(0..<10))
  }

  @Test func nothingThatIsNotFiniteIsDropped() {
    var pairs = PairedDifference(largest: 3)
    pairs.add(row(0, 1), row(0, 9))
    pairs.add(row(1, 1), row(1, .nan))
    pairs.add(row(2, -.infinity), row(2, 1))
    #expect(pairs.mean.isNaN && pairs.nonFinite == 2 && pairs.count == 3)
    #expect(pairs.improved == 2 && pairs.worsened == 0 && pairs.unchanged == 0)
    #expect(pairs.largestChanges.map(\.index) == [1, 2, 0])
  }

  @Test func singleExample() {
    var pairs = PairedDifference()
    pairs.add(row(0, 1), row(0, 2))
    #expect(pairs.mean == 1 && pairs.standardError.isNaN)
  }

  private func file(
    _ path: String, _ examples: Range<Int>, change: (inout ResultsSettings) -> Void = { _ in },
    value: (Int) -> Double
  ) throws -> ResultsFile {
    var settings = resultsSettings(examples: examples, curve: [])
    change(&settings)
    let writer = try Writer(creating: path, settings: settings)
    for index in examples { try writer.append(row(index, value(index), k: index == 7 ? 0.9 : 0.1)) }
    try writer.finish()
    return try ResultsFile(reading: path)
  }

  @Test func matchedByIndex() throws {
    try withResultsPath { path in
      let first = try file(path, 0..<2000) { Double($0) }
      let second = try file(path + "2", 5..<2010, change: { $0.samples = 99 }, value: { Double($0) + 2 })
      let comparison = try ResultsComparison(first, second, largest: 1)
      #expect(comparison.difference.count == 1995 && comparison.difference.mean == 2)
      #expect(comparison.onlyInFirst == 5 && comparison.onlyInSecond == 10)
      #expect(comparison.difference.largestChanges == [.init(index: 5, first: 5, second: 7)])
      #expect(comparison.unreliable == 1)
      let apart = try file(path + "3", 5000..<5001) { Double($0) }
      #expect(try refusal { _ = try ResultsComparison(first, apart) }.description.contains("no example in common"))
    }
  }

  @Test func otherDataAreRefusedByName() throws {
    try withResultsPath { path in
      let first = try file(path, 0..<1) { Double($0) }
      let changes: [(String, (inout ResultsSettings) -> Void)] = [
        ("data_sha256: bbbbbbbbbbbb… and dddddddddddd…", { $0.dataSHA256 = String(repeating: "d", count: 64) }),
        ("dataset: /images and /y", { $0.dataset = "/y" }),
        ("binarize: threshold and none", { $0.preprocessing.binarize = .none }),
        ("divide_by: 255.0 and 1.0", { $0.preprocessing.divideBy = 1 }),
        ("dequantize: false and true", { $0.preprocessing.dequantize = true }),
        ("axes: none and 0,2,1", { $0.options[ResultsSettings.axesOption] = "0,2,1" }),
        ("covariate_label: none and /y", { $0.options[ResultsSettings.covariateOption + "label"] = "/y" }),
        ("quantity: log p(x) and log p(x | label)", { $0.facts.condition = "label" }),
      ]
      for (number, (words, change)) in changes.enumerated() {
        let other = try file(path + "\(number)", 0..<1, change: change) { Double($0) }
        let refusal = try refusal { _ = try ResultsComparison(first, other) }
        #expect(refusal.code == .invalidResults && refusal.description.contains(words), "\(refusal)")
      }
      let random = try file(path + "r7", 0..<1, change: { $0.preprocessing.binarize = .bernoulli }) { Double($0) }
      let again = try file(
        path + "r8", 0..<1,
        change: {
          $0.preprocessing.binarize = .bernoulli
          $0.dataSeed = 8
        }, value: { Double($0) })
      #expect(try refusal { _ = try ResultsComparison(random, again) }.description.contains("data_seed: 7 and 8"))
    }
  }
}
