import Evidence
package import JSON
import Wording

/// What evaluations of the same data under several models have to report.
package struct NLLSeriesOutcome: RunOutcome, TabularOutcome {
  package let outcomes: [NLLOutcome]
  package let comparison: ComparisonOutcome

  /// Compares them.
  init(_ outcomes: [NLLOutcome]) throws {
    self.outcomes = outcomes
    comparison = try NLLSeriesOutcome.compare(outcomes)
  }

  static func compare(_ outcomes: [NLLOutcome]) throws -> ComparisonOutcome {
    var comparison = try ComparisonOutcome(
      outcomes.compactMap(\.compared), data: outcomes.first?.verdict.subject.data ?? "",
      isCrossEntropy: outcomes.contains(where: \.isCrossEntropy),
      reportsAllErrors: outcomes.first?.reportsAllErrors ?? false)
    let steps = outcomes.map(\.verdict).filter { $0.nextStep == .estimator(EstimatorCatalog.ladder.name) }
    let seconds = steps.compactMap(\.nextSeconds)
    comparison.ladderSeconds = seconds.isEmpty ? nil : seconds.reduce(0, +)
    return comparison
  }

  package var warnings: [RunWarning] {
    comparison.warnings
      + zip(comparison.results, outcomes).flatMap { result, outcome in
        outcome.warnings.map { .ofModel(result.name, $0) }
      }
  }

  package func json(in words: any RunWords) -> JSONValue {
    [
      "command": "nll",
      "models": .array(outcomes.map { $0.json(in: words) }),
      "comparison": comparison.json(in: words),
      "warnings": words.json(warnings),
    ]
  }

  package func table(as format: TableFormat, in words: any RunWords) -> String {
    comparison.table(as: format, in: words)
  }

  package func text(in words: any RunWords) -> String {
    var sections: [[String]] = []
    if let first = outcomes.first { sections.append(first.headerOfData) }
    sections.append(comparison.textLines())
    sections.append(comparison.sentences(in: words).flatMap { Text.wrapped($0, width: 80) })
    if outcomes.contains(where: \.cites) {
      sections.append(outcomes.flatMap { Text.wrapped($0.citation, width: 80) })
    }
    var last: [String] = []
    let files = outcomes.compactMap(\.output)
    if !files.isEmpty { last.append("results in " + files.joined(separator: ", ")) }
    last.append(Text.duration(outcomes.reduce(0) { $0 + $1.seconds }))
    sections.append(last)
    return sections.map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
  }
}

extension NLLOutcome: TabularOutcome {
  /// What a comparison needs of it; nil where examples were not kept.
  var compared: ComparedResult? {
    scores.map { ComparedResult(settings, scores: $0, results: output) }
  }

  /// A table of one line.
  package func table(as format: TableFormat, in words: any RunWords) throws -> String {
    try NLLSeriesOutcome.compare([self]).table(as: format, in: words)
  }
}
