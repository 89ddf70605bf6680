import Evidence
import JSON

extension NLLOutcome {
  /// The JSON of `evidence nll`: the keys of docs/command-line.md, in its order.
  var json: JSONValue {
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
      ],
      "nll": .number(summary.nll),
      "bitsPerDimension": .number(bitsPerDimension),
      "elbo": .number(summary.elbo),
      "curve": .array(
        summary.curve.map { ["samples": .integer($0.samples), "mean": .number($0.mean)] }),
      "diagnostics": diagnosticsJSON,
      "warnings": JSONValue(warnings),
      "timing": [
        "seconds": .number(seconds),
        "samplesPerSecond": .number(Double(evaluated) * Double(samples) / seconds),
      ],
    ]
    guard let replicates else { return value }
    return value.appending([
      "replicates": [
        "seeds": .array(replicates.seeds.map { JSONValue($0) }),
        "means": JSONValue(replicates.means),
        "mean": .number(replicates.mean),
        "standardDeviation": .number(replicates.standardDeviation),
        "monteCarloStandardError": .number(summary.monteCarloStandardError),
      ]
    ])
  }

  private var diagnosticsJSON: JSONValue {
    let hasWeights = entry.hasWeights
    return [
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
  }
}

extension JSONValue {
  /// A seed may be past what `Int` holds.
  init(_ seed: UInt64) { self = Int(exactly: seed).map(JSONValue.integer) ?? .number(Double(seed)) }
}
