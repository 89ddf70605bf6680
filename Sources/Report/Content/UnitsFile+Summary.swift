package import Evidence
import LinearAlgebra

/// Which model and data a page's units are of.
package struct UnitsOrigin: Sendable {
  let model: UnitsFile.Model
  let data: UnitsFile.Data

  package init(
    modelPath: String, modelName: String?, modelSHA256: String, dataPath: String, dataset: String, dataSHA256: String,
    examples: Int
  ) {
    model = UnitsFile.Model(path: modelPath, name: modelName, sha256: modelSHA256)
    data = UnitsFile.Data(path: dataPath, dataset: dataset, sha256: dataSHA256, examples: examples)
  }
}

extension UnitsFile {
  /// Units that were just found, as a page shows them.
  package init(_ summary: UnitsSummary, of origin: UnitsOrigin, warnings: [String]) {
    command = "units"
    (model, data) = (origin.model, origin.data)
    layers = summary.layers.map(Layer.init)
    self.warnings = warnings
  }
}

extension UnitsFile.Layer {
  fileprivate init(_ found: LayerUnits) {
    let directions = found.directions
    self.init(
      layer: found.layer, units: found.units, threshold: found.threshold, active: found.activeUnits.count,
      variance: finite(found.variances), kl: finite(found.divergences),
      pca: UnitsFile.Directions(
        eigenvalues: finite(directions.eigenvalues), active: found.activeDirections,
        participationRatio: finite(directions.participationRatio), explained: finite(directions.cumulativeShares),
        limitedByExamples: directions.isLimitedByExamples),
      varianceStandardError: finite(found.standardErrors), undecidedUnits: found.undecidedUnits, exact: found.isExact,
      examples: found.examples, nonFiniteExamples: found.nonFiniteExamples, divergence: finite(found.divergence),
      divergenceStandardError: finite(found.divergenceStandardError),
      collapse: UnitsFile.Collapse(collapsedUnits: found.collapsedUnits),
      agreement: UnitsFile.Agreement(verdict: found.agreement.verdict.rawValue),
      information: found.information.map {
        UnitsFile.Information(
          mutualInformation: finite($0.mutualInformation), standardError: finite($0.standardError),
          atLimit: $0.isAtLimit)
      },
      scatter: UnitsFile.Scatter(
        index: found.scatter.map(\.index), first: finite(found.scatter.map(\.first)),
        second: finite(found.scatter.map(\.second))))
  }
}

/// Nil for what a page does not draw.
private func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }
private func finite(_ values: [Double]) -> [Double?] { values.map { finite($0) } }
