import Evidence
import Foundation
import Wording

/// How a table is written, where it is not for reading at once.
package enum TableFormat: String, Sendable, CaseIterable {
  case csv, latex, markdown
}

/// An outcome that is a table, too.
package protocol TabularOutcome: RunOutcome {
  /// The table.
  func table(as format: TableFormat, in words: any RunWords) throws -> String
}

extension ComparisonOutcome {
  /// The table for a spreadsheet, a paper or a page of notes.
  func table(as format: TableFormat, in words: any RunWords) -> String {
    switch format {
    case .csv: data(of: lines).csv
    case .latex: typeset(in: words).latex
    case .markdown: typeset(in: words).markdown
    }
  }

  /// Every figure with all its digits.
  private func data(of lines: [Line]) -> DataTable {
    var table = DataTable([
      "name", "model", "model_sha256", "results", "estimator", "samples", "seed", "examples", "nll", "nll_at_most",
      "data_standard_error", "monte_carlo_standard_error", "unreliable", "worse_by", "worse_by_standard_error",
      "worse_by_monte_carlo_standard_error", "standing",
    ])
    for line in lines {
      let (result, candidate) = (line.result, line.candidate)
      table.add([
        .text(result.name), .text(result.modelPath), .text(result.modelSHA256), .text(result.results ?? ""),
        .text(result.estimator), .count(result.samples), .text("\(result.seed)"), .count(comparison.examples),
        .number(line.nll), .number(line.atMost(of: comparison.examples) ?? .nan),
        .number(candidate.dataStandardError), .number(line.drawError ?? .nan), .count(candidate.unreliable),
        .number(line.worseBy ?? .nan), .number(candidate.difference?.standardError ?? .nan),
        .number(line.differenceDrawError ?? .nan), .text(candidate.standing.rawValue),
      ])
    }
    return table
  }

  /// As a paper has it. An NLL whose draws' error is not known is set as the bound that it is.
  private func typeset(in words: any RunWords) -> TypesetTable {
    let ofEach = Set(results.map { "\($0.estimator), K = \($0.samples)" }).sorted()
    var notes = sentences(in: words)
    notes.append(
      "\(isCrossEntropy ? "Cross-entropy" : "NLL") in nats ± standard error over examples; "
        + "differences are paired, ± standard error over examples; \(ofEach.joined(separator: "; ")).")
    var table = TypesetTable(
      [.text("Model"), .text(isCrossEntropy ? "Cross-entropy" : "NLL"), .text("Worse by")], notes: notes)
    for line in lines {
      var cells: [TypesetTable.Cell] = [.text(line.result.name)]
      let isBound = line.drawError == nil || line.result.entry?.isBound == true
      cells.append(Self.measured(line.nll, line.candidate.dataStandardError, decimals, isBound: isBound))
      if let worseBy = line.worseBy, let difference = line.candidate.difference {
        cells.append(Self.measured(worseBy, difference.standardError, decimals, isBound: false))
      } else {
        cells.append(.text("–"))
      }
      table.add(cells)
    }
    return table
  }

  private static func measured(_ value: Double, _ error: Double, _ decimals: Int, isBound: Bool) -> TypesetTable.Cell {
    let number = Text.fixed(value, decimals)
    let errorWords = error.isFinite ? Text.significant(error, 2) : nil
    let latex =
      (isBound ? "\\leq " : "") + number.replacingOccurrences(of: "−", with: "-")
      + (errorWords.map { " \\pm \($0)" } ?? "")
    return .math(latex: latex, plain: (isBound ? "≤ " : "") + number + (errorWords.map { " ± \($0)" } ?? ""))
  }
}
