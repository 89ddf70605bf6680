import Evidence
import Foundation
import JSON

/// What a run of `evidence check` has to report.
struct CheckOutcome {
  let modelPath: String
  let model: NetworkModel
  let digest: String
  /// The real data, where there are some.
  let inputs: Inputs?
  let entry: EstimatorCatalog.Entry
  let samples: Int
  let seed: UInt64
  let tuned: TunedAnnealing?
  /// The estimator on simulated data.
  let checked: BracketSummary
  /// Importance sampling from the encoder on the same data.
  let plain: BracketSummary
  /// Importance sampling from the encoder on real data.
  let real: LogLikelihoodSummary?
  /// What came up while it ran, such as threads that could not start.
  let eventWarnings: [String]
  let seconds: Double

  /// Real data are called harder than simulated ones where the median effective sample size is below half of theirs, or
  /// the median divergence from posterior to encoder is half a nat larger.
  var isRealHarder: Bool {
    guard let real else { return false }
    let simulated = plain.estimates
    return real.effectiveSampleSize.median < simulated.effectiveSampleSize.median / 2
      || real.posteriorDivergence.median > simulated.posteriorDivergence.median + 0.5
  }

  /// What the numbers should be read with.
  var warnings: [String] {
    var warnings: [String] = []
    if checked.gap.mean.isNaN || checked.estimates.nonFiniteExamples > 0 {
      warnings.append("\(checked.estimates.nonFiniteExamples) of \(checked.examples) estimates are not finite")
    }
    if checked.gap.mean > TunedAnnealing.gapTarget {
      warnings.append(
        "the gap is above \(Text.plain(TunedAnnealing.gapTarget)) nat: \(entry.name) is that far from the truth at most, "
          + "and may be; try --estimator annealed with more --temperatures")
    }
    if isRealHarder {
      warnings.append(
        "real data are harder for the encoder than simulated ones: the gap on simulated data says little about them")
    }
    return warnings + eventWarnings
  }
}

extension CheckOutcome {
  /// The JSON of `evidence check`: the keys of docs/command-line.md, in its order.
  var json: JSONValue {
    let value: JSONValue = [
      "command": "check",
      "model": [
        "path": .string(modelPath), "name": JSONValue(model.description.about.name), "sha256": .string(digest),
        "latents": JSONValue(model.latentCounts), "likelihood": .string(model.likelihood.rawValue),
      ],
      "data": inputs.map(\.dataJSON) ?? .null,
      "estimator": .string(entry.name),
      "samples": .integer(samples),
      "seed": JSONValue(seed),
      "simulated": .integer(checked.examples),
    ]
    return value.appending(bracketMembers(checked)).appending([
      "plain": JSONValue.object([]).appending(bracketMembers(plain)),
      "simulatedData": difficultyJSON(plain.estimates),
      "realData": real.map(difficultyJSON) ?? .null,
      "annealing": tuned.map {
        [
          "temperatures": .integer($0.schedule.temperatures), "steps": JSONValue($0.schedule.steps),
          "gap": JSONValue($0.gap),
        ]
      } ?? .null,
      "warnings": JSONValue(warnings),
      "timing": ["seconds": .number(seconds)],
    ])
  }

  private func bracketMembers(_ bracket: BracketSummary) -> KeyValuePairs<String, JSONValue> {
    [
      "lower": ["mean": .number(bracket.lower), "confidence": .number(bracket.interval.lower)],
      "upper": ["mean": .number(bracket.upper), "confidence": .number(bracket.interval.upper)],
      "gap": [
        "mean": .number(bracket.gap.mean), "median": .number(bracket.gap.median), "max": .number(bracket.gap.maximum),
      ],
      "errorsCover": .number(bracket.covered),
    ]
  }

  private func difficultyJSON(_ summary: LogLikelihoodSummary) -> JSONValue {
    func quantiles(_ values: LogLikelihoodSummary.Quantiles) -> JSONValue {
      ["median": .number(values.median), "fifth": .number(values.fifth), "ninetyFifth": .number(values.ninetyFifth)]
    }
    return [
      "examples": .integer(summary.examples), "mean": .number(summary.mean),
      "effectiveSampleSize": quantiles(summary.effectiveSampleSize), "paretoK": quantiles(summary.paretoK),
      "posteriorDivergence": quantiles(summary.posteriorDivergence),
    ]
  }

  /// The report for people, within 80 columns.
  var text: String {
    var header = TextTable([.left, .left], indentation: "")
    header.add(["model", Text.path(modelPath)])
    header.add(["estimator", "\(entry.name), \(samples) draws, seed \(seed)"])
    if let tuned { header.add(["annealing", "T = \(tuned.schedule.temperatures)"]) }
    header.add(["simulated", Text.counted(checked.examples, "example")])
    return [header.lines, bracketLines, difficultyLines, [Text.duration(seconds)]]
      .map { $0.joined(separator: "\n") }.joined(separator: "\n\n")
  }

  private var bracketLines: [String] {
    let level = Text.plain(BracketSummary.level)
    var table = TextTable([.left, .right, .right])
    table.add(["mean log p(x) of simulated data, nats", entry.name, "importance sampling"])
    func add(_ name: String, _ value: (BracketSummary) -> String) { table.add([name, value(checked), value(plain)]) }
    add("at least, on average") { Text.fixed($0.lower, 3) }
    add("at most, on average") { Text.fixed($0.upper, 3) }
    add("interval of probability \(level), from") { Text.fixed($0.interval.lower, 3) }
    add("  to") { Text.fixed($0.interval.upper, 3) }
    add("gap, mean") { Text.fixed($0.gap.mean, 3) }
    add("gap, median") { Text.fixed($0.gap.median, 3) }
    add("gap, most") { Text.fixed($0.gap.maximum, 3) }
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
