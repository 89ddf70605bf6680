import Evidence
package import JSON

extension NLLOutcome {
  /// The JSON of `evidence nll`: the keys of docs/command-line.md, in its order.
  package func json(in words: any RunWords) -> JSONValue {
    let value: JSONValue = [
      "command": "nll",
      "model": inputs.modelJSON,
      "data": inputs.dataJSON,
      "estimator": .string(entry.name),
      "samples": .integer(samples),
      "seed": JSONValue(seed),
      "quantity": .string(isCrossEntropy ? "cross-entropy" : "log-likelihood"),
      "logLikelihood": [
        "mean": .number(summary.mean),
        "dataStandardError": .number(summary.dataStandardError),
        "monteCarloStandardError": JSONValue(monteCarloStandardError),
        "biasEstimate": JSONValue(biasEstimate),
        "lowerConfidenceBound": lowerConfidenceBound.map {
          ["level": .number(NLLOutcome.level), "value": .number($0)]
        } ?? .null,
      ],
      "nll": .number(summary.nll),
      "bitsPerDimension": .number(bitsPerDimension),
      "elbo": .number(summary.elbo),
      "curve": .array(
        summary.curve.map { ["samples": .integer($0.samples), "mean": .number($0.mean)] }),
      "diagnostics": diagnosticsJSON,
      "verdict": verdict.json(in: words),
      "citation": .string(citation),
      "warnings": words.json(warnings),
      "timing": [
        "seconds": .number(seconds),
        "samplesPerSecond": .number(Double(evaluated) * Double(samples) / seconds),
      ],
    ]
    return value.appending(annealingMembers).appending(replicatesMembers)
  }

  private var replicatesMembers: KeyValuePairs<String, JSONValue> {
    guard let replicates else { return [:] }
    return [
      "replicates": [
        "seeds": .array(replicates.seeds.map { JSONValue($0) }),
        "means": JSONValue(replicates.means),
        "mean": .number(replicates.mean),
        "standardDeviation": .number(replicates.standardDeviation),
        "monteCarloStandardError": .number(summary.monteCarloStandardError),
      ]
    ]
  }

  /// What annealing was tuned to.
  private var annealingMembers: KeyValuePairs<String, JSONValue> {
    guard let tuned else { return [:] }
    return [
      "annealing": [
        "temperatures": .integer(tuned.schedule.temperatures), "leapfrogs": .integer(tuned.schedule.leapfrogs),
        "steps": JSONValue(tuned.schedule.steps), "gap": JSONValue(tuned.gap),
        "simulatedExamples": .integer(tuned.examples),
      ]
    ]
  }

  private var diagnosticsJSON: JSONValue {
    let hasWeights = entry.hasWeights
    let value: JSONValue = [
      "effectiveSampleSize": [
        "min": .number(summary.effectiveSampleSize.minimum),
        "median": .number(summary.effectiveSampleSize.median),
        "mean": .number(summary.effectiveSampleSize.mean),
      ],
      "largestWeightShare": [
        "median": .number(summary.largestWeightShare.median),
        "max": .number(summary.largestWeightShare.maximum),
      ],
      "paretoK": [
        "median": .number(summary.paretoK.median),
        "max": .number(summary.paretoK.maximum),
        "threshold": hasWeights ? .number(summary.paretoThreshold) : .null,
        "unreliable": hasWeights ? .integer(summary.unreliableExamples) : .null,
      ],
      "nonFiniteWeights": .integer(summary.nonFiniteWeights),
      "nonFiniteExamples": .integer(summary.nonFiniteExamples),
    ]
    guard entry.hasChains else { return value }
    func count(_ rung: Rung) -> JSONValue { .integer(summary.rungs[rung.rawValue] ?? 0) }
    return value.appending([
      "rungs": [
        "importanceSampling": count(.importanceSampling), "laplace": count(.laplace), "annealed": count(.annealed),
      ],
      "chains": [
        "effectiveSampleSize": [
          "min": .number(summary.chainEffectiveSampleSize.minimum),
          "median": .number(summary.chainEffectiveSampleSize.median),
        ],
        "logWeightDeviation": [
          "median": .number(summary.chainDeviation.median), "max": .number(summary.chainDeviation.maximum),
        ],
        "acceptance": ["min": .number(summary.acceptance.minimum)], "low": .integer(summary.lowChainExamples),
      ],
    ])
  }
}

extension JSONValue {
  /// A seed may be past what `Int` holds.
  init(_ seed: UInt64) { self = Int(exactly: seed).map(JSONValue.integer) ?? .number(Double(seed)) }
}
