import Evidence
import Wording

extension CheckOutcome {
  /// The report for people, within 80 columns.
  package func text(in words: any RunWords) -> String {
    var header = TextTable([.left, .left], indentation: "")
    header.add(["model", Text.path(modelPath)])
    header.add(["estimator", "\(entry.name), \(samples) draws, seed \(seed)"])
    if let tuned { header.add(["annealing", "T = \(tuned.schedule.temperatures)"]) }
    header.add(["simulated", Text.counted(checked.examples, "example")])
    let kept = output.map { ["brackets of every example: \($0)"] } ?? []
    return [header.lines, bracketLines, difficultyLines, kept, [Text.duration(seconds)]].filter { !$0.isEmpty }
      .map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
  }

  private var bracketLines: [String] {
    let level = Text.plain(BracketSummary.level)
    var table = TextTable([.left, .right, .right])
    table.add(["mean log p(x), simulated data, nats", entry.name, "importance sampling"])
    func add(_ name: String, _ value: (BracketSummary) -> String) { table.add([name, value(checked), value(plain)]) }
    add("at least, on average") { Text.fixed($0.lower, 3) }
    add("at most, on average") { Text.fixed($0.upper, 3) }
    add("interval of probability \(level), from") { Text.fixed($0.interval.lower, 3) }
    add("  to") { Text.fixed($0.interval.upper, 3) }
    add("gap, mean") { Text.fixed($0.gap.mean, 3) }
    add("gap, median") { Text.fixed($0.gap.median, 3) }
    add("gap, most") { Text.fixed($0.gap.maximum, 3) }
    add("gaps above \(Text.plain(BracketSummary.wideGap)) nat") { Text.count($0.wide.count) }
    add("ends within 1.96 errors") { $0.covered.isNaN ? "?" : Text.fixed(100 * $0.covered, 0) + " %" }
    return table.lines
  }

  private var difficultyLines: [String] {
    var table = TextTable([.left, .right, .right])
    table.add(["importance sampling, medians", "simulated", real == nil ? "" : "real"])
    func add(_ name: String, _ path: KeyPath<LogLikelihoodSummary, LogLikelihoodSummary.Quantiles>, _ decimals: Int) {
      let simulated = Text.fixed(plain.estimates[keyPath: path].median, decimals)
      table.add([name, simulated, real.map { Text.fixed($0[keyPath: path].median, decimals) } ?? ""])
    }
    add("effective sample size", \.effectiveSampleSize, 1)
    add("Pareto k̂", \.paretoK, 2)
    add("KL(posterior ‖ encoder), nats", \.posteriorDivergence, 2)
    return table.lines
  }
}
