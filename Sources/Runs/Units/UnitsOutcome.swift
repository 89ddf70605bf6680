package import Evidence
import LinearAlgebra

/// What a look at the latent units has to report.
package struct UnitsOutcome: RunOutcome {
  let inputs: Inputs
  let seed: UInt64
  package let units: UnitsSummary
  var ablation: AblationSummary?
  /// By example, of those in the scatters.
  let labels: [Int: ExampleLabels.Label]
  let labelsPath: String?
  /// Where posterior means were written.
  let latents: String?
  /// Where the posteriors of every example are kept as rows.
  let output: String?
  /// Of the pass over the data.
  let seconds: Double
  /// Of the ablation; nil without.
  var ablationSeconds: Double?
  /// Whether all up to the ablation has been shown already.
  var isShown = false
  let threads: Int
  let showsAllUnits: Bool

  /// Where the ablation's rows are kept, beside those of the units.
  package static func ablationPath(_ output: String) -> String {
    (output.hasSuffix(".h5") ? String(output.dropLast(3)) : output) + "-ablation.h5"
  }

  /// Layers of more units show the bars of the first only.
  package static let mostBars = 64

  package var modelPath: String { inputs.modelPath }
  package var modelName: String? { inputs.model.description.about.name }
  package var dataPath: String { inputs.source.file }
  package var dataset: String { inputs.source.path }
  package var examples: Int { inputs.examples.count }
  /// SHA-256 of the model's file.
  package var modelSHA256: String { get throws { try inputs.modelDigest.hex() } }
  /// SHA-256 of the data's file.
  package var dataSHA256: String { get throws { try inputs.dataDigest.hex() } }

  package var warnings: [RunWarning] {
    var warnings = inputs.events.warnings
    if ablation?.isCrossEntropy == true {
      warnings.insert(.concern(.crossEntropy, samples: 0, output: nil), at: 0)
    }
    for layer in units.layers {
      if layer.nonFiniteExamples > 0 { warnings.append(.nonFiniteMeans(layer, of: units.examples)) }
      if layer.directions.isLimitedByExamples { warnings.append(.fewerExamplesThanUnits(layer)) }
      if layer.directions.isNoisy, layer.directions.floor > layer.threshold { warnings.append(.noisyDirections(layer)) }
    }
    return warnings
  }
}
