import Evidence
import Foundation
import Statistics
import Wording

extension NLLOutcome {
  /// The report for people, within 80 columns.
  package func text(in words: any RunWords) -> String {
    var sections = [headerLines, [headline] + figures]
    if !summary.curve.isEmpty { sections.append(curveLines) }
    sections.append(distributionLines(words))
    if let replicates { sections.append(lines(replicates)) }
    sections.append(verdict.lines(in: words))
    if cites { sections.append(Text.wrapped(citation, width: 80)) }
    sections.append([timing])
    return sections.map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
  }

  private var headerLines: [String] { lines(of: inputs.header) }

  /// The header without the model.
  var headerOfData: [String] { lines(of: Array(inputs.header.drop { $0.label != "data" })) }

  private func lines(of header: [(label: String, words: String)]) -> [String] {
    var table = TextTable([.left, .left], indentation: "")
    for line in header { table.add([line.label, line.words]) }
    table.add([
      "estimator", "\(entry.name), \(entry.hasWeights || !entry.hasChains ? "K" : "chains") = \(samples), seed \(seed)",
    ])
    if let tuned { table.add(["annealing", words(tuned)]) }
    return table.lines
  }

  /// `log p(x) = −84.78 ± 0.21 (data) ± 0.002 (Monte Carlo)`.
  private var headline: String {
    let decimals = Text.decimals(forError: summary.dataStandardError)
    let symbol = isCrossEntropy ? "−cross-entropy" : self.symbol
    var line = "\(symbol) = \(Text.fixed(summary.mean, decimals))"
    if summary.dataStandardError.isFinite { line += " ± \(Text.significant(summary.dataStandardError, 2)) (data)" }
    if let error = verdict.drawError {
      let source = error.source == .replicates ? ", by \(error.runs) seeds" : ""
      line += " ± \(Text.significant(error.value, 2)) (Monte Carlo\(source))"
    } else if hasUnreliableError {
      line += " ± ? (Monte Carlo: k̂ too high)"
    }
    return line + "  nats"
  }

  /// `log p(x)`, or `log p(x | label)`.
  private var symbol: String { entry.symbol.replacing("p(x)", with: density) }
  private var density: String { inputs.model.description.modelledDensity }

  private var figures: [String] {
    var table = TextTable([.left, .right, .left])
    table.add([
      isCrossEntropy ? "cross-entropy" : entry.isBound ? "NLL, at most" : "NLL", Text.fixed(summary.nll, 2), "nats",
    ])
    table.add(["bits/dim", Text.fixed(bitsPerDimension, 4)])
    if let bound = lowerConfidenceBound {
      table.add(["log \(density), at least", Text.fixed(bound, 2), "nats, with probability 0.95 whatever k̂ says"])
    }
    if !entry.isBound { table.add(["ELBO", Text.fixed(summary.elbo, 2), "nats"]) }
    if entry.hasWeights, entry.hasBias {
      let words =
        biasEstimate.map { [Text.significant($0, 2), "nats, what K draws take off, to first order"] }
        ?? ["?", hasUnreliableError ? "what K draws take off: k̂ too high" : "not defined for these draws"]
      table.add(["bias"] + words)
    }
    return table.lines
  }

  private var curveLines: [String] {
    var table = TextTable([.left] + summary.curve.map { _ in .right })
    table.add(["K"] + summary.curve.map { String($0.samples) })
    table.add(["L_K"] + summary.curve.map { Text.fixed($0.mean, 2) })
    return table.lines
  }

  /// How values are distributed over examples.
  private func distributionLines(_ words: any RunWords) -> [String] {
    var table = TextTable([.left, .right, .right, .right, .right])
    table.add(["over \(Text.counted(summary.examples, "example"))", "least", "median", "mean", "most"])
    func add(_ name: String, _ values: LogLikelihoodSummary.Quantiles, _ format: (Double) -> String) {
      table.add([name] + [values.minimum, values.median, values.mean, values.maximum].map(format))
    }
    add(isCrossEntropy ? "−cross-entropy" : symbol, summary.logLikelihood) { Text.fixed($0, 2) }
    if entry.hasWeights {
      add("effective sample size", summary.effectiveSampleSize) { Text.fixed($0, $0 < 100 ? 1 : 0) }
      add("largest weight share", summary.largestWeightShare) { Text.fixed($0, 3) }
      add("Pareto k̂", summary.paretoK) { Text.fixed($0, 2) }
    }
    if let annealed = summary.rungs[Rung.annealed.rawValue] {
      add("effective chains", summary.chainEffectiveSampleSize) { Text.fixed($0, 1) }
      add("spread of chains", summary.chainDeviation) { Text.fixed($0, 2) }
      add("acceptance, least", summary.acceptance) { Text.fixed($0, 2) }
      if entry.hasWeights { table.add(["  (the three of \(Text.counted(annealed, "annealed example")))"]) }
    }
    var lines = table.lines
    if entry.hasWeights, entry.hasChains { lines.append("  rungs: " + rungs) }
    if entry.hasWeights, summary.paretoThreshold.isFinite {
      let threshold = Text.fixed(summary.paretoThreshold, 2)
      let help =
        monteCarloStandardError == nil && hasUnreliableError ? " (\(words.words(.allErrors)))" : ""
      lines.append("  k̂ > \(threshold): \(Text.counted(summary.unreliableExamples, "example"))\(help)")
    }
    return lines
  }

  /// How many examples stood on each rung.
  private var rungs: String {
    zip(["importance sampling", "Laplace", "annealed"], Rung.allCases)
      .map { "\($0) \(summary.rungs[$1.rawValue] ?? 0)" }.joined(separator: ", ")
  }

  private func words(_ tuned: TunedAnnealing) -> String {
    let steps = tuned.schedule.steps
    let gap = tuned.gap.map { ", gap \(Text.significant($0, 2)) nat on simulated data" } ?? ""
    return "T = \(tuned.schedule.temperatures), \(Text.counted(tuned.schedule.leapfrogs, "leapfrog")) of "
      + "\(Text.fixed(steps.min() ?? 0, 2)) to \(Text.fixed(steps.max() ?? 0, 2))" + gap
  }

  private func lines(_ replicates: Replicates) -> [String] {
    let decimals = Text.decimals(forError: replicates.standardDeviation)
    let seeds = "seeds \(replicates.seeds.first ?? 0) to \(replicates.seeds.last ?? 0)"
    return [
      "\(replicates.means.count) replicates (\(seeds), the same data): mean \(Text.fixed(replicates.mean, decimals))",
      "  spread of the mean \(Text.significant(replicates.standardDeviation, 2)), "
        + "analytic Monte Carlo error \(Text.significant(summary.monteCarloStandardError, 2))",
    ]
  }

  private var timing: String {
    let rate = Double(evaluated) * Double(samples) / seconds
    return "\(Text.duration(seconds)), \(Text.count(Int(rate.isFinite ? rate : 0))) draws/s, "
      + Text.counted(inputs.events.threads ?? threads, "thread")
  }
}
