import Evidence
import Foundation

/// What a run of `evidence units` has to report, before it is text or JSON.
struct UnitsOutcome {
  let inputs: Inputs
  let seed: UInt64
  let units: UnitsSummary
  let ablation: AblationSummary?
  /// By example, of those in the scatters.
  let labels: [Int: ExampleLabels.Label]
  let labelsPath: String?
  /// Where posterior means were written.
  let latents: String?
  /// Of the pass over the data.
  let seconds: Double
  let threads: Int
  let showsAllUnits: Bool

  /// Layers of more units show the bars of the first only.
  static let mostBars = 64

  /// What the numbers should be read with.
  var warnings: [String] { Warnings.of(self) }
}

extension Warnings {
  /// The warnings of `evidence units`, the gravest first.
  static func of(_ outcome: UnitsOutcome) -> [String] {
    var warnings = (outcome.ablation?.isCrossEntropy == true ? [crossEntropy] : []) + outcome.inputs.events.warnings
    for layer in outcome.units.layers {
      if layer.nonFiniteExamples > 0 { warnings.append(nonFiniteMeans(layer, of: outcome.units.examples)) }
      if layer.directions.isLimitedByExamples { warnings.append(rankDeficient(layer)) }
      if layer.directions.isNoisy, layer.directions.floor > layer.threshold { warnings.append(noisy(layer)) }
    }
    return warnings
  }

  static func nonFiniteMeans(_ layer: LayerUnits, of count: Int) -> String {
    let list = layer.firstNonFiniteExamples.map(String.init).joined(separator: ", ")
    let more = layer.nonFiniteExamples > layer.firstNonFiniteExamples.count ? ", …" : ""
    let verb = layer.nonFiniteExamples == 1 ? "has" : "have"
    return
      "z\(layer.layer): \(layer.nonFiniteExamples) of \(count) examples \(verb) a posterior mean that is not finite "
      + "(example \(list)\(more)); they are left out of everything about the layer"
  }

  static func rankDeficient(_ layer: LayerUnits) -> String {
    "z\(layer.layer): \(layer.examples) examples vary along \(layer.examples - 1) directions at most, and there are "
      + "\(layer.units) units: the remaining eigenvalues are 0 for lack of examples; take more"
  }

  static func noisy(_ layer: LayerUnits) -> String {
    "z\(layer.layer): the draws leave noise of about \(Text.significant(layer.directions.floor, 2)) in the eigenvalues, "
      + "more than the threshold: the count of directions is rough; try more --draws or more examples"
  }
}
