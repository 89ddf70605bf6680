import Evidence
import LinearAlgebra
import Runs

extension UnitsFile {
  /// Units that were just found, as a page shows them.
  init(_ outcome: UnitsOutcome, in words: any RunWords) throws {
    command = "units"
    model = Model(path: outcome.modelPath, name: outcome.modelName, sha256: try outcome.modelSHA256)
    data = Data(
      path: outcome.dataPath, dataset: outcome.dataset, sha256: try outcome.dataSHA256, examples: outcome.examples)
    layers = outcome.units.layers.map(Layer.init)
    warnings = outcome.warnings.map { words.words($0) }
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
