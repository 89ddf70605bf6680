import Evidence
import Foundation
package import JSON
import LinearAlgebra
import Statistics

extension UnitsOutcome {
  /// The JSON of `evidence units`: the keys of docs/command-line.md, and all that a report needs.
  package func json(in words: any RunWords) -> JSONValue {
    var value: JSONValue = [
      "command": "units",
      "model": inputs.modelJSON,
      "data": inputs.dataJSON,
      "seed": JSONValue(seed),
      "draws": .integer(units.draws),
      "divergence": .number(units.divergence),
      "divergenceStandardError": .number(units.divergenceStandardError),
      "layers": .array(units.layers.map(json)),
    ]
    if let ablation { value = value.appending(["ablation": json(ablation)]) }
    return value.appending([
      "labels": JSONValue(labelsPath), "latents": JSONValue(latents), "warnings": words.json(warnings),
      "timing": [
        "seconds": .number(seconds), "examplesPerSecond": .number(Double(units.examples) / seconds),
        "ablationSeconds": JSONValue(ablationSeconds),
      ],
    ])
  }

  private func json(_ layer: LayerUnits) -> JSONValue {
    [
      "layer": .integer(layer.layer),
      "units": .integer(layer.units),
      "threshold": .number(layer.threshold),
      "active": .integer(layer.activeUnits.count),
      "variance": JSONValue(layer.variances),
      "kl": JSONValue(layer.divergences),
      "pca": [
        "eigenvalues": JSONValue(layer.directions.eigenvalues),
        "active": .integer(layer.activeDirections),
        "participationRatio": .number(layer.directions.participationRatio),
        "explained": JSONValue(layer.directions.cumulativeShares),
        "trace": .number(layer.directions.trace),
        "rank": .integer(layer.directions.rank),
        "floor": .number(layer.directions.floor),
        "limitedByExamples": .bool(layer.directions.isLimitedByExamples),
        "eigenvectors": .array(leadingDirections(layer)),
      ],
      "exact": .bool(layer.isExact),
      "examples": .integer(layer.examples),
      "nonFiniteExamples": .integer(layer.nonFiniteExamples),
      "activeUnits": JSONValue(layer.activeUnits),
      "varianceStandardError": JSONValue(layer.standardErrors),
      "undecidedUnits": JSONValue(layer.undecidedUnits),
      "oneDrawVariance": layer.oneDrawVariances.map { JSONValue($0) } ?? .null,
      "mean": JSONValue(layer.means),
      "divergence": .number(layer.divergence),
      "divergenceStandardError": .number(layer.divergenceStandardError),
      "divergenceSampled": .bool(layer.isDivergenceSampled),
      "collapse": [
        "epsilon": .number(DiagnosticThresholds.collapseDivergence),
        "delta": .number(DiagnosticThresholds.collapseShare),
        "share": JSONValue(layer.collapseShares),
        "collapsedUnits": JSONValue(layer.collapsedUnits),
      ],
      "agreement": [
        "verdict": .string(layer.agreement.verdict.rawValue),
        "units": .integer(layer.agreement.units),
        "directions": .integer(layer.agreement.directions),
        "overlap": .number(layer.agreement.overlap),
      ],
      "information": layer.information.map { json($0, layer) } ?? .null,
      "scatter": scatter(layer),
    ]
  }

  /// The active directions' eigenvectors, and at least two.
  private func leadingDirections(_ layer: LayerUnits) -> [JSONValue] {
    (0..<min(layer.units, max(2, layer.activeDirections))).map { JSONValue(Array(layer.directions.direction($0))) }
  }

  private func json(_ information: LatentInformation, _ layer: LayerUnits) -> JSONValue {
    [
      "probes": .integer(information.probes),
      "mutualInformation": .number(information.mutualInformation),
      "standardError": .number(information.standardError),
      "upperEstimate": .number(information.upperEstimate),
      "upperStandardError": .number(information.upperStandardError),
      "limit": .number(information.limit),
      "atLimit": .bool(information.isAtLimit),
      "marginalDivergence": JSONValue(information.marginalDivergence),
      "marginalStandardError": JSONValue(information.marginalStandardError),
      "marginalOf": information.marginalDivergence == nil
        ? .null : .string(information.isMarginalOfAllLayers ? "all layers" : "z\(layer.layer)"),
    ]
  }

  private func scatter(_ layer: LayerUnits) -> JSONValue {
    [
      "index": JSONValue(layer.scatter.map(\.index)),
      "first": JSONValue(layer.scatter.map(\.first)),
      "second": JSONValue(layer.scatter.map(\.second)),
      "label": labels.isEmpty ? .null : .array(layer.scatter.map { JSONValue(labels[$0.index]) }),
    ]
  }

  private func json(_ ablation: AblationSummary) -> JSONValue {
    [
      "removed": .integer(ablation.removed),
      "nll": .number(ablation.nll),
      "nllAblated": .number(ablation.change.nll),
      "difference": .number(ablation.change.difference),
      "differenceStandardError": .number(ablation.change.standardError),
      "samples": .integer(ablation.samples),
      "examples": .integer(ablation.examples),
      "monteCarloStandardError": .number(ablation.monteCarloStandardError),
      "sweep": [
        "examples": .integer(ablation.sweepExamples),
        "kept": JSONValue(ablation.sweep.map(\.kept)),
        "nll": JSONValue(ablation.sweep.map(\.change.nll)),
        "difference": JSONValue(ablation.sweep.map(\.change.difference)),
        "differenceStandardError": JSONValue(ablation.sweep.map(\.change.standardError)),
      ],
      "singles": .array(
        ablation.singles.map {
          [
            "layer": .integer($0.unit.layer), "unit": .integer($0.unit.unit), "variance": .number($0.unit.variance),
            "nll": .number($0.change.nll), "difference": .number($0.change.difference),
            "differenceStandardError": .number($0.change.standardError),
          ]
        }),
    ]
  }
}

extension JSONValue {
  fileprivate init(_ label: ExampleLabels.Label?) {
    switch label {
    case .integer(let value): self = .integer(value)
    case .number(let value): self = .number(value)
    case .text(let value): self = .string(value)
    case nil: self = .null
    }
  }
}
