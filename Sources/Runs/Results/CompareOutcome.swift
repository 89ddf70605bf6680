import Evidence
package import JSON
import Wording

/// What a comparison of two results has to report: the second minus the first, example by example.
package struct CompareOutcome: TabularOutcome {
  let first, second: ResultsFile
  let comparison: ResultsComparison
  /// The same as a table.
  let table: ComparisonOutcome
  /// Whether the Monte Carlo error is reported even where it can't be trusted.
  let reportsAllErrors: Bool

  /// Reads both files.
  ///
  /// - Parameter largest: How many of the largest changes are listed.
  package init(_ first: String, _ second: String, largest: Int, reportsAllErrors: Bool) throws {
    for file in [first, second] { try FileRole.results.check(file) }
    self.first = try ResultsFile(reading: first)
    self.second = try ResultsFile(reading: second)
    comparison = try ResultsComparison(self.first, self.second, largest: largest)
    table = try ComparisonOutcome(reading: [first, second], reportsAllErrors: reportsAllErrors)
    self.reportsAllErrors = reportsAllErrors
  }

  private var difference: PairedDifference { comparison.difference }

  /// The Monte Carlo error of the difference; nil where it can't be trusted and was not asked for all the same.
  private var monteCarloStandardError: Double? {
    let error = difference.monteCarloStandardError
    guard error.isFinite, reportsAllErrors || comparison.unreliable == 0 else { return nil }
    return error
  }

  package var warnings: [RunWarning] {
    var warnings: [RunWarning] = []
    if difference.nonFinite > 0 { warnings.append(.nonFiniteDifferences(difference.nonFinite, of: difference.count)) }
    if comparison.unreliable > 0 {
      warnings.append(.unreliableDifferences(comparison.unreliable, of: difference.count))
    }
    let settings = (first.settings, second.settings)
    if settings.0.estimator != settings.1.estimator || settings.0.options != settings.1.options {
      warnings.append(.estimatorsDiffer)
    } else if settings.0.samples != settings.1.samples {
      warnings.append(.samplesDiffer(settings.0.samples, settings.1.samples))
    }
    if comparison.onlyInFirst + comparison.onlyInSecond > 0 {
      warnings.append(
        .examplesInOneFile(
          common: difference.count, first: (comparison.onlyInFirst, first.path),
          second: (comparison.onlyInSecond, second.path)))
    }
    return warnings
  }

  /// For people, within 80 columns where paths allow.
  package func text(in words: any RunWords) -> String {
    var head = TextTable([.left, .left], indentation: "")
    head.add(["A", summary(first)])
    head.add(["B", summary(second)])
    head.add(["data", "\(first.settings.dataset), \(Text.counted(difference.count, "example")) in both"])
    var sections = [head.lines, headline, table.sentences(in: words).flatMap { Text.wrapped($0, width: 80) }]
    if !difference.largestChanges.isEmpty { sections.append(largest) }
    return sections.map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
  }

  package func table(as format: TableFormat, in words: any RunWords) -> String { table.table(as: format, in: words) }

  private func summary(_ file: ResultsFile) -> String {
    let settings = file.settings
    var line = "\(file.path)  \(settings.estimator), K = \(settings.samples), seed \(settings.seed)"
    if file.finished == nil { line += ", \(file.count) of \(settings.examples.count) examples so far" }
    return line
  }

  private var headline: [String] {
    let decimals = Text.decimals(forError: difference.standardError)
    let sign = difference.mean > 0 ? "+" : ""
    var line = "B − A = \(sign)\(Text.fixed(difference.mean, decimals))"
    if difference.standardError.isFinite { line += " ± \(Text.significant(difference.standardError, 2)) (data)" }
    if let error = monteCarloStandardError {
      line += " ± \(Text.significant(error, 2)) (Monte Carlo)"
    } else if comparison.unreliable > 0 {
      line += " ± ? (Monte Carlo: k̂ too high)"
    }
    var table = TextTable([.left, .right, .left])
    table.add(["mean of A", Text.fixed(difference.firstMean, decimals), "nats"])
    table.add(["mean of B", Text.fixed(difference.secondMean, decimals), "nats"])
    let share = Text.fixed(100 * Double(difference.improved) / Double(difference.count), 1)
    table.add(["higher in B", Text.count(difference.improved), "examples (\(share) %)"])
    table.add(["lower in B", Text.count(difference.worsened), "examples"])
    table.add(["the same", Text.count(difference.unchanged), "examples"])
    return [line + "  nats"] + table.lines
  }

  private var largest: [String] {
    var table = TextTable([.right, .right, .right, .right])
    table.add(["example", "A", "B", "B − A"])
    for change in difference.largestChanges {
      let sign = change.difference > 0 ? "+" : ""
      table.add([
        String(change.index), Text.fixed(change.first, 3), Text.fixed(change.second, 3),
        sign + Text.fixed(change.difference, 3),
      ])
    }
    return ["largest changes"] + table.lines
  }

  /// The same for programs.
  package func json(in words: any RunWords) -> JSONValue {
    [
      "command": "compare",
      "a": CompareOutcome.json(first),
      "b": CompareOutcome.json(second),
      "examples": .integer(difference.count),
      "onlyInA": .integer(comparison.onlyInFirst),
      "onlyInB": .integer(comparison.onlyInSecond),
      "meanA": .number(difference.firstMean),
      "meanB": .number(difference.secondMean),
      "difference": [
        "mean": .number(difference.mean),
        "standardError": .number(difference.standardError),
        "monteCarloStandardError": JSONValue(monteCarloStandardError),
      ],
      "improved": .integer(difference.improved),
      "worsened": .integer(difference.worsened),
      "unchanged": .integer(difference.unchanged),
      "nonFinite": .integer(difference.nonFinite),
      "unreliable": .integer(comparison.unreliable),
      "largestChanges": .array(
        difference.largestChanges.map { change -> JSONValue in
          [
            "index": .integer(change.index), "a": .number(change.first), "b": .number(change.second),
            "difference": .number(change.difference),
          ]
        }),
      "comparison": table.json(in: words),
      "warnings": words.json(warnings),
    ]
  }

  private static func json(_ file: ResultsFile) -> JSONValue {
    let settings = file.settings
    return [
      "path": .string(file.path),
      "model": ["path": .string(settings.modelPath), "sha256": .string(settings.modelSHA256)],
      "data": [
        "path": .string(settings.dataPath), "dataset": .string(settings.dataset),
        "sha256": .string(settings.dataSHA256),
        "range": JSONValue([settings.examples.lowerBound, settings.examples.upperBound]),
        "binarize": .string(settings.preprocessing.binarize.rawValue),
        "divideBy": .number(settings.preprocessing.divideBy),
        "dequantize": .bool(settings.preprocessing.dequantize),
      ],
      "estimator": .string(settings.estimator),
      "samples": .integer(settings.samples),
      "seed": JSONValue(settings.seed),
      "examples": .integer(file.count),
      "finished": .bool(file.finished != nil),
    ]
  }
}
