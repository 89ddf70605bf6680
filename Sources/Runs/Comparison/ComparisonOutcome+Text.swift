import Evidence
import Wording

extension ComparisonOutcome {
  /// What the columns are.
  package var head: [String] {
    ["model", isCrossEntropy ? "cross-entropy" : "NLL", "± data", "± draws", "worse by", "± data", "± draws"]
  }

  /// A row a result, the best first.
  package var rows: [[String]] {
    lines.map { line in
      var cells = [
        line.result.name, Text.fixed(line.nll, decimals), Self.error(line.candidate.dataStandardError),
        Self.error(line.drawError),
      ]
      if let worseBy = line.worseBy, let difference = line.candidate.difference {
        cells += [
          Text.fixed(worseBy, decimals), Self.error(difference.standardError), Self.error(line.differenceDrawError),
        ]
      } else {
        cells += ["–", "", ""]
      }
      return cells
    }
  }

  /// The table for people, within 80 columns.
  func textLines() -> [String] {
    var table = TextTable([.left] + Array(repeating: .right, count: 6))
    table.add(head)
    for row in rows {
      table.add([row[0].count > 26 ? "…" + row[0].suffix(25) : row[0]] + row.dropFirst())
    }
    return table.lines
  }

  /// Decimals that show every figure to the first digits of the smallest error over examples.
  var decimals: Int {
    let errors = lines.compactMap { $0.candidate.difference?.standardError } + lines.map(\.candidate.dataStandardError)
    return Text.decimals(forError: errors.filter { $0.isFinite && $0 > 0 }.min() ?? .nan)
  }

  private static func error(_ value: Double?) -> String { value.map { Text.significant($0, 2) } ?? "?" }

  /// Which model is best, which differences are larger than both errors, and what would settle the others.
  package func sentences(in words: any RunWords) -> [String] {
    guard let best = lines.first else { return [] }
    let of = "on \(Text.counted(comparison.examples, "example")) of \(data)"
    guard best.nll.isFinite else { return ["No result is finite \(of)."] }
    let nll = Text.fixed(best.nll, decimals)
    var bound = ""
    if best.drawError == nil, let most = best.atMost(of: comparison.examples, chosenAmong: lines.count) {
      bound = ", at most \(Text.fixed(most, decimals)) (95 %)"
    }
    let name = isCrossEntropy ? "cross-entropy" : "NLL"
    var sentences = ["\(lines.count > 1 ? "Best: " : "")\(best.result.name), \(name) \(nll) nats\(bound), \(of)."]
    func list(_ standing: ModelComparison.Standing) -> String? {
      let members = lines.filter { $0.candidate.standing == standing }
      guard !members.isEmpty else { return nil }
      return members.map { line in
        standing == .within ? line.result.name : "\(line.result.name) by \(Text.fixed(line.worseBy ?? .nan, decimals))"
      }.joined(separator: ", ")
    }
    if let clear = list(.clear) { sentences.append("Worse by more than 1.96 of both errors: \(clear).") }
    if let unsure = list(.unsure) {
      sentences.append(
        "Worse by more than 1.96 of the data's error, that of the draws not being known (k̂ too high): \(unsure).")
    }
    if let within = list(.within) {
      sentences.append("Not told apart from the best by these examples and draws: \(within).")
    }
    if !isCrossEntropy, lines.contains(where: { $0.drawError == nil && $0.result.entry?.hasWeights == true }) {
      let time = ladderSeconds.map { " in about \(Text.roughDuration($0))" } ?? ""
      let ladder = words.words(.next(.estimator(EstimatorCatalog.ladder.name)))
      sentences.append("\(ladder) would settle how much too high they are\(time).")
    }
    return sentences
  }
}
