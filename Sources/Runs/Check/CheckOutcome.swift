import Evidence
package import JSON

/// What a check of an estimator has to report.
package struct CheckOutcome: RunOutcome {
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
  /// Where rows were kept.
  let output: String?
  /// What came up while it ran, such as threads that could not start.
  let eventWarnings: [RunWarning]
  let seconds: Double

  /// Real data are called harder than simulated ones where the median effective sample size is below half of theirs, or
  /// the median divergence from posterior to encoder is half a nat larger.
  var isRealHarder: Bool {
    guard let real else { return false }
    let simulated = plain.estimates
    return real.effectiveSampleSize.median < simulated.effectiveSampleSize.median / 2
      || real.posteriorDivergence.median > simulated.posteriorDivergence.median + 0.5
  }

  package var warnings: [RunWarning] {
    var warnings: [RunWarning] = []
    if checked.gap.mean.isNaN || checked.estimates.nonFiniteExamples > 0 {
      warnings.append(.nonFiniteEstimates(checked.estimates.nonFiniteExamples, of: checked.examples))
    }
    if checked.gap.mean > TunedAnnealing.gapTarget {
      warnings.append(.gapAboveTarget(estimator: entry.name, wide: checked.wide, of: checked.examples))
    }
    if isRealHarder { warnings.append(.realDataHarder) }
    return warnings + eventWarnings
  }
}

extension CheckOutcome {
  /// The JSON of `evidence check`: the keys of docs/command-line.md, in its order.
  package func json(in words: any RunWords) -> JSONValue {
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
      "warnings": words.json(warnings),
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
      "wide": JSONValue(bracket.wide),
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
}
