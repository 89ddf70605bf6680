package import Evidence
import Foundation
import JSON

/// What a comparison of several results has to report: one table, the best first, each with its difference to the best.
package struct ComparisonOutcome: Sendable {
  /// One line of the table.
  struct Line: Sendable {
    let result: ComparedResult
    let candidate: ModelComparison.Candidate
    /// Whether the errors of draws are reported even where they can't be trusted.
    let reportsAllErrors: Bool

    var nll: Double { -candidate.mean }
    /// NLL is at most this with probability 0.95 over the draws; nil for what is not unbiased. Of a line that was chosen among
    /// several by its NLL that holds only where it holds for all of them at once.
    func atMost(of examples: Int, chosenAmong lines: Int = 1) -> Double? {
      guard result.entry?.isUnbiased == true, nll.isFinite else { return nil }
      return nll - log((1 - NLLOutcome.level) / Double(lines)) / Double(examples)
    }
    /// Nil where k̂ withholds it.
    var drawError: Double? {
      trusted(candidate.monteCarloStandardError, candidate.unreliable == 0 || result.entry?.hasWeights == false)
    }
    /// How many nats this is worse than the best.
    var worseBy: Double? { candidate.difference.map { -$0.mean } }
    /// Nil where k̂ withholds it.
    var differenceDrawError: Double? {
      candidate.difference.flatMap { trusted($0.monteCarloStandardError, !candidate.isDoubtful) }
    }

    private func trusted(_ error: Double, _ isTrusted: Bool) -> Double? {
      error.isFinite && (isTrusted || reportsAllErrors) ? error : nil
    }
  }

  package let results: [ComparedResult]
  package let comparison: ModelComparison
  /// The data that all are of, in words.
  let data: String
  let isCrossEntropy: Bool
  let lines: [Line]
  /// About how long it takes to settle what k̂ leaves open; nil where that isn't known.
  var ladderSeconds: Double?

  /// Compares results of the same data.
  package init(
    _ results: [ComparedResult], data: String, isCrossEntropy: Bool, reportsAllErrors: Bool
  ) throws {
    let results = ComparedResult.named(results)
    let comparison = try ModelComparison(results.map(\.scores))
    self.results = results
    self.comparison = comparison
    (self.data, self.isCrossEntropy) = (data, isCrossEntropy)
    lines = comparison.ranking.map {
      Line(result: results[$0.position], candidate: $0, reportsAllErrors: reportsAllErrors)
    }
  }

  /// What the figures should be read with.
  var warnings: [RunWarning] {
    var warnings: [RunWarning] = []
    if Set(results.map(\.estimator)).count > 1 {
      warnings.append(.estimatorsDiffer)
    } else if let least = results.map(\.samples).min(), let most = results.map(\.samples).max(), least != most {
      warnings.append(.samplesDiffer(least, most))
    }
    if Set(results.map(\.likelihood)).count > 1 { warnings.append(.likelihoodsDiffer(results.map(\.likelihood))) }
    if let most = results.map(\.scores.indices.count).max(), most > comparison.examples {
      warnings.append(.examplesNotInAll(common: comparison.examples, most: most))
    }
    return warnings
  }

  /// The `comparison` of the JSON.
  func json(in words: any RunWords) -> JSONValue {
    [
      "data": .string(data),
      "examples": .integer(comparison.examples),
      "table": .array(lines.enumerated().map { json($1, rank: $0 + 1) }),
      "verdict": .array(sentences(in: words).map { .string($0) }),
    ]
  }

  private func json(_ line: Line, rank: Int) -> JSONValue {
    let (result, candidate) = (line.result, line.candidate)
    return [
      "rank": .integer(rank), "name": .string(result.name),
      "model": ["path": .string(result.modelPath), "sha256": .string(result.modelSHA256)],
      "results": JSONValue(result.results), "estimator": .string(result.estimator), "samples": .integer(result.samples),
      "seed": JSONValue(result.seed), "nll": .number(line.nll),
      "nllAtMost": JSONValue(line.atMost(of: comparison.examples)),
      "dataStandardError": .number(candidate.dataStandardError), "monteCarloStandardError": JSONValue(line.drawError),
      "unreliable": .integer(candidate.unreliable),
      "difference": candidate.difference.map { difference in
        [
          "mean": JSONValue(line.worseBy), "standardError": .number(difference.standardError),
          "monteCarloStandardError": JSONValue(line.differenceDrawError),
        ]
      } ?? .null,
      "standing": .string(candidate.standing.rawValue),
    ]
  }
}
