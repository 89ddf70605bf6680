import Evidence
import Wording

extension NLLOutcome {
  /// The number with everything that it depends on, in a sentence to cite.
  package var citation: String {
    let decimals = Text.decimals(forError: summary.dataStandardError)
    let name = isCrossEntropy ? "Cross-entropy" : entry.isBound ? "Bound on the test NLL" : "Test NLL"
    var value = "\(name) \(Text.fixed(summary.nll, decimals)) nats"
    if summary.dataStandardError.isFinite {
      value += " (standard error \(Text.significant(summary.dataStandardError, 2)) over examples"
      value += verdict.drawError.map { ", \(Text.significant($0.value, 2)) over draws)" } ?? ", over draws not known)"
    }
    return "\(value), by \(method); \(dataWords); \(modelWords); \(PackageVersion.cited)."
  }

  private var method: String {
    var words = "\(entry.name), \(entry.hasWeights || !entry.hasChains ? "k" : "chains") = \(samples), seed \(seed)"
    if let tuned { words += ", T = \(tuned.schedule.temperatures)" }
    return words
  }

  private var dataWords: String {
    let preprocessing = inputs.data.preprocessing
    var steps = ["examples \(inputs.examples.lowerBound)..\(inputs.examples.upperBound)"]
    if preprocessing.dequantize { steps.append("dequantized") }
    if preprocessing.divideBy != 1 { steps.append("divided by \(Text.plain(preprocessing.divideBy))") }
    switch preprocessing.binarize {
    case .none: break
    case .threshold: steps.append("binarized by threshold")
    case .bernoulli: steps.append("binarized at random, seed \(seed)")
    }
    return "data \(Text.fileName(inputs.source.file)):\(inputs.source.path) (\(steps.joined(separator: ", ")), "
      + "SHA-256 \(Self.short(inputs.dataDigest.known)))"
  }

  private var modelWords: String {
    let name = inputs.model.description.about.name.map { " “\($0)”" } ?? ""
    return "model \(Text.fileName(inputs.modelPath))\(name) (SHA-256 \(Self.short(inputs.modelDigest.known)))"
  }

  /// As many digits of a digest as tell files apart.
  private static func short(_ digest: String?) -> String { digest.map { $0.prefix(16) + "…" } ?? "not known" }
}
