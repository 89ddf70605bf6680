import Evidence
package import JSON
import Wording

/// What a comparison of three results or more has to report.
package struct CompareManyOutcome: TabularOutcome {
  let comparison: ComparisonOutcome

  /// Reads the files.
  ///
  /// - Throws: `EvidenceError` (`invalidResults`) where they are of different data or have no example in common.
  package init(_ paths: [String], reportsAllErrors: Bool) throws {
    comparison = try ComparisonOutcome(reading: paths, reportsAllErrors: reportsAllErrors)
  }

  package var warnings: [RunWarning] { comparison.warnings }

  package func json(in words: any RunWords) -> JSONValue {
    [
      "command": "compare", "comparison": comparison.json(in: words), "warnings": words.json(warnings),
    ]
  }

  package func table(as format: TableFormat, in words: any RunWords) -> String {
    comparison.table(as: format, in: words)
  }

  package func text(in words: any RunWords) -> String {
    [comparison.textLines(), comparison.sentences(in: words).flatMap { Text.wrapped($0, width: 80) }]
      .map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
  }
}

extension ComparisonOutcome {
  /// Compares results files.
  ///
  /// - Throws: `EvidenceError` (`invalidResults`) where they are of different data or have no example in common.
  package init(reading paths: [String], reportsAllErrors: Bool) throws {
    for path in paths { try FileRole.results.check(path) }
    let files = try paths.map { try ResultsFile(reading: $0) }
    guard let first = files.first else { throw EvidenceError(.invalidResults, "no results to compare") }
    for other in files.dropFirst() {
      let differences = other.settings.dataDifferences(from: first.settings)
      guard differences.isEmpty else {
        throw EvidenceError(
          .invalidResults,
          "\(first.path) and \(other.path) are results on different data, so a difference would mean nothing\n"
            + differences.joined(separator: "; "))
      }
    }
    try self.init(
      files.map { try ComparedResult(reading: $0) },
      data: "\(Text.fileName(first.settings.dataPath)):\(first.settings.dataset)",
      isCrossEntropy: files.contains { $0.settings.facts.isCrossEntropy == true }, reportsAllErrors: reportsAllErrors)
  }
}
