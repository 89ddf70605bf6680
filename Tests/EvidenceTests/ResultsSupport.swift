import Foundation
import Testing

@testable import Evidence

typealias Writer = ResultsWriter<LogLikelihoodMeasurement>
typealias Journal = ResultsJournal<LogLikelihoodMeasurement>

/// A path in a directory of its own, which is removed afterwards.
func withResultsPath<Result>(_ body: (String) throws -> Result) throws -> Result {
  let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
  try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: directory) }
  return try body(directory.appending(path: "results.h5").path)
}

func resultsSettings(examples: Range<Int> = 3..<203, curve: [Int] = [1, 5, 50]) -> ResultsSettings {
  ResultsSettings(
    estimator: "importance-sampling", options: ["alpha": "0.5"], samples: 50, curveSamples: curve, seed: 7,
    modelSHA256: String(repeating: "a", count: 64), dataSHA256: String(repeating: "b", count: 64), dataset: "/images",
    preprocessing: Preprocessing(divideBy: 255, binarize: .threshold), examples: examples, evidenceVersion: "0.1.0",
    modelPath: "model.h5", dataPath: "test.h5")
}

/// A row whose every value is another, with numbers that are easily lost.
func resultsRow(_ index: Int, curve points: Int = 3) -> LogLikelihoodMeasurement {
  let odd: [Double] = [
    -.infinity, .infinity, .nan, Double(nan: 0x1234, signaling: false), -0.0, .leastNonzeroMagnitude, 0.1,
  ]
  var row = LogLikelihoodMeasurement(
    index: index, logLikelihood: -80 - Double(index) / 7, elbo: -90 - Double(index) / 3,
    monteCarloStandardError: odd[index % odd.count])
  row.effectiveSampleSize = Double(index) * 1.5
  row.largestWeightShare = 1 / Double(index + 2)
  row.paretoK = odd[(index + 2) % odd.count]
  row.posteriorDivergence = Double(index).squareRoot()
  row.zeroWeights = index * 2
  row.nonFiniteWeights = index * 3
  row.curve = (0..<points).map { -100 + Double($0 * index) / 9 }
  return row
}

/// The bits of rows, so that NaN equals itself.
func bits(_ rows: [LogLikelihoodMeasurement]) -> [UInt64] {
  var words: [UInt64] = []
  for var row in rows {
    // The one column that is no function of the run's settings.
    row.seconds = .nan
    row.encode(into: &words)
  }
  return words
}

/// Every row that an earlier run had made.
func all(_ restored: RestoredMeasurements<LogLikelihoodMeasurement>) throws -> [LogLikelihoodMeasurement] {
  try (0..<restored.count).map { _ in try restored.next() }
}

/// The bits of every row in a results file.
func bits(ofFile path: String) throws -> [UInt64] {
  let file = try ResultsFile(reading: path)
  return bits(try file.rows(0..<file.count, of: LogLikelihoodMeasurement.self))
}

/// What an `EvidenceError` says.
func refusal(_ body: () throws -> Void) throws -> EvidenceError {
  try #require(throws: EvidenceError.self) { try body() }
}
